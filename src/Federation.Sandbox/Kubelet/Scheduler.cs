using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes;
using k8s.Models;

namespace Federation.Sandbox.Kubelet;

/// <summary>The scheduler of a cluster with one node: binds a pod to it, or reports why it cannot.</summary>
internal sealed class Scheduler(IKubeletCluster cluster, KubeletOptions options, TimeProvider time)
{
    private const string Unschedulable =
        "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, "
        + "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";

    public void Schedule(JsonObject source, V1Pod pod)
    {
        var (name, @namespace, uid) = (pod.Metadata.Name, pod.Metadata.NamespaceProperty, pod.Metadata.Uid);
        if (Fits(pod.Spec))
        {
            cluster.UpdatePod(
                @namespace,
                name,
                uid,
                stored =>
                {
                    stored["spec"]!["nodeName"] = options.NodeName;
                    SetCondition(stored, PodStatus.NewCondition("PodScheduled", "True", time.GetUtcNow()));
                }
            );
            cluster.RecordEvent(source, "Normal", "Scheduled", $"Successfully assigned {@namespace}/{name} to {options.NodeName}");
            return;
        }

        if (source["status"]?["conditions"] is JsonArray { Count: > 0 })
        {
            return;
        }

        cluster.UpdatePod(
            @namespace,
            name,
            uid,
            stored =>
            {
                var condition = PodStatus.NewCondition("PodScheduled", "False", time.GetUtcNow());
                condition.Insert(1, "observedGeneration", stored["metadata"]!["generation"]?.DeepClone());
                PodStatus.Explain(condition, "Unschedulable", Unschedulable);
                SetCondition(stored, condition);
            }
        );
        cluster.RecordEvent(source, "Warning", "FailedScheduling", Unschedulable);
    }

    /// <summary>Whether the node satisfies a pod's node selector and required node affinity.</summary>
    internal bool Fits(V1PodSpec spec) =>
        (spec.NodeSelector ?? new Dictionary<string, string>(StringComparer.Ordinal)).All(wanted =>
            options.NodeLabels.TryGetValue(wanted.Key, out var value) && value == wanted.Value
        )
        && (
            spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution?.NodeSelectorTerms is not { } terms
            || terms.Any(term =>
                (term.MatchExpressions ?? []).All(expression => Matches(expression, options.NodeLabels.GetValueOrDefault(expression.Key)))
                && (term.MatchFields ?? []).All(expression => expression.Key == "metadata.name" && Matches(expression, options.NodeName))
            )
        );

    private static bool Matches(V1NodeSelectorRequirement requirement, string? value) =>
        requirement.OperatorProperty switch
        {
            "In" => value is not null && requirement.Values.Contains(value),
            "NotIn" => value is null || !requirement.Values.Contains(value),
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            "Gt" => Compare(value, requirement.Values) > 0,
            "Lt" => Compare(value, requirement.Values) < 0,
            _ => false,
        };

    private static int Compare(string? value, IList<string> bounds) =>
        long.TryParse(value, CultureInfo.InvariantCulture, out var number)
        && bounds is [var bound]
        && long.TryParse(bound, CultureInfo.InvariantCulture, out var limit)
            ? number.CompareTo(limit)
            : 0;

    private static void SetCondition(JsonObject pod, JsonObject condition)
    {
        var status = (JsonObject)(pod["status"] ??= new JsonObject());
        var qosClass = status.Text("qosClass");
        status.Remove("qosClass");
        status["conditions"] = new JsonArray(condition);
        status.SetText("qosClass", qosClass);
    }
}
