using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Resources;

namespace Federation.Sandbox.Kubernetes.Admission;

/// <summary>Gives every pod its priority, and the tolerations of a node that is not ready or unreachable.</summary>
internal sealed class PodScheduling : AdmissionPlugin
{
    private static readonly string[] Taints = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

    public override void Mutate(AdmissionRequest request)
    {
        if (!request.IsCreate || request.Type != ResourceTable.Pods)
        {
            return;
        }

        var spec = request.Value.Child("spec");
        spec["priority"] = 0;
        spec.Default("preemptionPolicy", "PreemptLowerPriority");
        var tolerations = spec.List("tolerations");
        foreach (var taint in Taints.Where(taint => !spec.Items("tolerations").Any(toleration => Tolerates(toleration, taint))))
        {
            tolerations.Add(
                new JsonObject
                {
                    ["key"] = taint,
                    ["operator"] = "Exists",
                    ["effect"] = "NoExecute",
                    ["tolerationSeconds"] = 300,
                }
            );
        }
    }

    private static bool Tolerates(JsonObject toleration, string key) =>
        toleration.Text("key") is var tolerated
        && (tolerated == key || tolerated.Length == 0)
        && toleration.Text("effect") is "NoExecute" or "";
}
