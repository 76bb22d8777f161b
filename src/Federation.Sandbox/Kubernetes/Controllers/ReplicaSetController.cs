using System.Text.Json.Nodes;
using Federation.Sandbox.Hosting;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Controllers;

/// <summary>
/// Keeps the number of pods that a ReplicaSet asks for.
/// See <see href="https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/"/>.
/// </summary>
internal sealed class ReplicaSetController(ObjectStore store, PodControl pods, TimeProvider time) : IController
{
    public IEnumerable<ObjectKey> Concerns(Change change)
    {
        if (change.Type == ResourceTable.ReplicaSets)
        {
            yield return change.Object.KeyIn(change.Type);
        }
        else if (change.Type == ResourceTable.Pods && change.Object.ControllerOf(ResourceTable.ReplicaSets) is { } owner)
        {
            yield return owner;
        }
    }

    public TimeSpan? Reconcile(ObjectKey key)
    {
        if (store.Find(key.Type, key.Namespace, key.Name) is not { } set || set.Uid != key.Uid)
        {
            return null;
        }

        // The status is of the pods before this call: those created now cause the next one.
        JsonObject[] active = [.. pods.PodsOf(set).Where(PodControl.IsActive)];
        var minReady = set["spec"].Number("minReadySeconds") ?? 0;
        TimeSpan?[] waits = [.. active.Select(pod => PodControl.UntilAvailable(pod, minReady, time.GetUtcNow()))];
        ApiException? refusal = null;
        try
        {
            if (!set.IsTerminating)
            {
                Scale(set, active);
            }
        }
        catch (ApiException error)
        {
            refusal = error;
        }

        pods.WriteStatus(
            key.Type,
            set,
            copy => copy["status"] = Status(copy, active, waits.Count(static wait => wait == TimeSpan.Zero), refusal)
        );
        return refusal is not null ? TimeSpan.FromSeconds(1) : waits.Where(static wait => wait > TimeSpan.Zero).Min();
    }

    private void Scale(JsonObject set, JsonObject[] active)
    {
        var missing = (set["spec"].Number("replicas") ?? 1) - active.Length;
        for (; missing > 0; missing--)
        {
            pods.Create(ResourceTable.ReplicaSets, set);
        }

        // Deletes first pods without a node, then those that do not run or are not ready, then the newest.
        foreach (
            var pod in active
                .OrderBy(static pod => pod["spec"].Text("nodeName").Length > 0)
                .ThenBy(static pod => pod["status"].Text("phase") == "Running")
                .ThenBy(PodControl.IsReady)
                .ThenByDescending(static pod => pod["metadata"].Text("creationTimestamp"), StringComparer.Ordinal)
                .Take((int)Math.Max(0, -missing))
        )
        {
            pods.Delete(set, pod);
        }
    }

    private JsonObject Status(JsonObject set, JsonObject[] active, int available, ApiException? refusal)
    {
        var labels = set["spec"]?["template"]?["metadata"]?["labels"] as JsonObject ?? [];
        var status = new JsonObject { ["replicas"] = active.Length };
        status.SetCount(
            "fullyLabeledReplicas",
            active.Count(pod => labels.All(label => pod["metadata"]?["labels"].Text(label.Key) == label.Value?.ToString()))
        );
        status.SetCount("readyReplicas", active.Count(PodControl.IsReady));
        status.SetCount("availableReplicas", available);
        status["observedGeneration"] = set["metadata"].Number("generation") ?? 0;
        if (refusal is not null)
        {
            var before = set.Condition("ReplicaFailure");
            status["conditions"] = new JsonArray(
                new JsonObject
                {
                    ["type"] = "ReplicaFailure",
                    ["status"] = "True",
                    ["lastTransitionTime"] = before?["lastTransitionTime"]?.DeepClone() ?? Moment.Seconds(time.GetUtcNow()),
                    ["reason"] = "FailedCreate",
                    ["message"] = refusal.Message,
                }
            );
        }

        return status;
    }
}
