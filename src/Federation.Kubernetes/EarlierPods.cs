using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Diagnosis;
using k8s;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>
/// The validation pods that earlier runs left of one workload: a run that is killed outright cleans up nothing. They are known
/// by the mark and their name. One that still runs may be that of another run at work.
/// </summary>
internal sealed class EarlierPods(ClusterConnection connection, GateRequest request, TimeProvider time)
{
    /// <summary>Creation times are the server's, and its clock may differ from this machine's.</summary>
    private static readonly TimeSpan ClockAllowance = TimeSpan.FromMinutes(5);

    /// <summary>The pod has come to its end.</summary>
    public static bool HasEnded(V1Pod pod) => pod.Status?.Phase is "Succeeded" or "Failed";

    /// <summary>Nobody waits for the pod or looks at it: it succeeded, or did not end by its own deadline.</summary>
    public bool IsUseless(V1Pod pod) =>
        pod.Status?.Phase == "Succeeded" || (!HasEnded(pod) && pod.CreationTimestamp() + Deadline(pod) + ClockAllowance < time.GetUtcNow());

    /// <summary>Deletes those that may go.</summary>
    /// <returns>Whether some stay.</returns>
    public async Task<bool> ClearAsync(Func<V1Pod, bool> mayGo, Func<V1Pod, Task> delete, CancellationToken cancellationToken)
    {
        var workload = request.Workload;
        var labels = request.Documents.ValidationPod["metadata"]!["labels"] as JsonObject ?? [];
        var mark = string.Join(
            ',',
            labels
                .Where(label => label.Key.StartsWith("federation/", StringComparison.Ordinal))
                .Select(label => $"{label.Key}={label.Value}")
        );
        if (workload.Verify.Keep == KeepPod.Always || mark.Length == 0)
        {
            return false;
        }

        var pods = await connection.ListAsync<V1Pod, V1PodList>(
            new Attempt($"list pods in {workload.Namespace}"),
            (api, page, token) =>
                api.CoreV1.ListNamespacedPodAsync(
                    workload.Namespace,
                    labelSelector: mark,
                    limit: ClusterConnection.PageSize,
                    continueParameter: page,
                    cancellationToken: token
                ),
            cancellationToken
        );
        var earlier = pods.Where(pod =>
                pod.Name().StartsWith(request.PodName[..^request.Run.Length], StringComparison.Ordinal) && pod.Name() != request.PodName
            )
            .ToLookup(mayGo);
        await Task.WhenAll(earlier[true].Select(delete));
        return earlier[false].Any();
    }

    private TimeSpan Deadline(V1Pod pod) =>
        pod.Spec.ActiveDeadlineSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : request.Workload.Verify.Timeout;
}
