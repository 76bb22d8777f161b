using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Diagnosis;
using k8s;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>
/// The validation pods that earlier runs left of one workload: a run that is killed outright cleans up nothing. They are known
/// by the mark, their name, and an age that no pod of a run under way can have.
/// </summary>
/// <param name="patience">How long a run may wait for its pod.</param>
internal sealed class EarlierPods(ClusterConnection connection, GateRequest request, TimeSpan patience, TimeProvider time)
{
    /// <summary>A younger pod may have been kept for a person to look at, and does not count as left behind.</summary>
    private static readonly TimeSpan LeftBehind = TimeSpan.FromHours(1);

    /// <summary>Deletes those that are old enough.</summary>
    /// <param name="delete">Deletes a pod, and says why.</param>
    /// <returns>The younger ones that failed, and were kept for a person to look at.</returns>
    public async Task<IReadOnlyList<V1Pod>> ClearAsync(Func<V1Pod, string, Task> delete, CancellationToken cancellationToken)
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
            return [];
        }

        var before = (time.GetUtcNow() - (patience > LeftBehind ? patience : LeftBehind)).UtcDateTime;
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
            .ToLookup(pod => pod.CreationTimestamp() < before);
        await Task.WhenAll(earlier[true].Select(pod => delete(pod, "was left behind")));
        return [.. earlier[false].Where(pod => pod.Status?.Phase == "Failed")];
    }
}
