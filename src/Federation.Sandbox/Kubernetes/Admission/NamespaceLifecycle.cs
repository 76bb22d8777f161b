using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Admission;

/// <summary>Refuses new objects in a namespace that does not exist or is being deleted.</summary>
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
