using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Admission;

/// <summary>
/// Gives a new pod its service account, the account's pull secrets, and the volume with the token for the API server.
/// See <see href="https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/"/>.
/// </summary>
internal sealed class ServiceAccountAdmission(ObjectStore store) : AdmissionPlugin
{
    private const string MountPath = "/var/run/secrets/kubernetes.io/serviceaccount";

    private const string TokenVolume = """
        {
          "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}}
          ],
          "defaultMode": 420
        }
        """;

    public override void Mutate(AdmissionRequest request)
    {
        if (!request.IsCreate || request.Type != ResourceTable.Pods)
        {
            return;
        }

        var spec = request.Value.Child("spec");
        spec.Default("serviceAccountName", "default");
        spec["serviceAccount"] = spec["serviceAccountName"]!.DeepClone();
        var name = spec.Text("serviceAccountName");
        var account =
            store.Find(ResourceTable.ServiceAccounts, request.Namespace, name)
            ?? throw request.Refuse($"error looking up service account {request.Namespace}/{name}: serviceaccount \"{name}\" not found");

        if (spec["imagePullSecrets"] is null && account["imagePullSecrets"] is { } secrets)
        {
            spec["imagePullSecrets"] = secrets.DeepClone();
        }

        if (spec.Flag("automountServiceAccountToken") ?? account.Flag("automountServiceAccountToken") ?? true)
        {
            MountToken(spec);
        }
    }

    private static void MountToken(JsonObject spec)
    {
        JsonObject[] containers =
        [
            .. spec.Items("initContainers")
                .Concat(spec.Items("containers"))
                .Where(static container => container.Items("volumeMounts").All(static mount => mount.Text("mountPath") != MountPath)),
        ];
        if (containers.Length == 0)
        {
            return;
        }

        var volume = "kube-api-access-" + RandomNames.Suffix();
        foreach (var container in containers)
        {
            container
                .List("volumeMounts")
                .Add(
                    new JsonObject
                    {
                        ["name"] = volume,
                        ["readOnly"] = true,
                        ["mountPath"] = MountPath,
                    }
                );
        }

        spec.List("volumes").Add(new JsonObject { ["name"] = volume, ["projected"] = JsonNode.Parse(TokenVolume) });
    }
}
