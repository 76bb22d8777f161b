using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Admission;

/// <summary>Nothing new in a namespace that is missing or on its way out.</summary>
internal sealed class NamespaceLifecycle(ObjectStore store) : AdmissionPlugin
{
    public override void Mutate(AdmissionRequest request)
    {
        if (!request.IsCreate || !request.Type.Namespaced)
        {
            return;
        }

        var @namespace =
            store.Find(ResourceTable.Namespaces, "", request.Namespace)
            ?? throw ApiException.NotFound(ResourceTable.Namespaces, request.Namespace);
        if (@namespace.IsTerminating)
        {
            throw request.Refuse(
                $"unable to create new content in namespace {request.Namespace} because it is being terminated",
                [
                    new JsonObject
                    {
                        ["reason"] = "NamespaceTerminating",
                        ["message"] = $"namespace {request.Namespace} is being terminated",
                        ["field"] = "metadata.namespace",
                    },
                ]
            );
        }
    }
}
