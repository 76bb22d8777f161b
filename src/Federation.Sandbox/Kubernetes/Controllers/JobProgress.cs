using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes.Controllers;

/// <summary>The progress of a job: the pods that its status has counted, those still to be counted, and those that run.</summary>
/// <param name="Succeeded">Counted pods.</param>
/// <param name="Failed">Counted pods.</param>
/// <param name="UncountedSucceeded">Uids of pods that succeeded and are not counted yet.</param>
/// <param name="UncountedFailed">Uids of pods that failed and are not counted yet.</param>
/// <param name="Active">Pods that run or will run.</param>
/// <param name="Terminating">The number of pods that are being deleted and have not ended.</param>
/// <param name="Restarts">The number of container restarts in active pods.</param>
/// <param name="Failures">The number of failed pods since the last success.</param>
/// <param name="LastFailure">When the last one failed.</param>
internal sealed record JobProgress(
    long Succeeded,
    long Failed,
    IReadOnlyList<string> UncountedSucceeded,
    IReadOnlyList<string> UncountedFailed,
    IReadOnlyList<JsonObject> Active,
    int Terminating,
    long Restarts,
    int Failures,
    DateTimeOffset? LastFailure
)
{
    public long AllSucceeded => Succeeded + UncountedSucceeded.Count;

    public long AllFailed => Failed + UncountedFailed.Count;

    public IEnumerable<string> Uncounted => UncountedSucceeded.Concat(UncountedFailed);

    /// <param name="tracking">The finalizer of pods that are not counted yet.</param>
    public static JobProgress Of(JsonObject job, IReadOnlyList<JsonObject> pods, string tracking)
    {
        var status = job["status"];
        var uncounted = status?["uncountedTerminatedPods"];
        JsonObject[] tracked = [.. pods.Where(pod => pod["metadata"].Texts("finalizers").Contains(tracking, StringComparer.Ordinal))];
        JsonObject[] ended = [.. pods.Where(static pod => pod["status"].Text("phase") is "Succeeded" or "Failed").OrderBy(EndOf)];
        JsonObject[] failures = [.. ended.Reverse().TakeWhile(static pod => pod["status"].Text("phase") == "Failed")];
        return new JobProgress(
            status.Number("succeeded") ?? 0,
            status.Number("failed") ?? 0,
            [
                .. uncounted
                    .Texts("succeeded")
                    .Union(Uids(tracked.Where(static pod => pod["status"].Text("phase") == "Succeeded")), StringComparer.Ordinal),
            ],
            // A pod that something other than its job deletes counts as failed.
            [
                .. uncounted
                    .Texts("failed")
                    .Union(
                        Uids(
                            tracked.Where(static pod =>
                                pod["status"].Text("phase") == "Failed" || (pod.IsTerminating && !PodControl.HasEnded(pod))
                            )
                        ),
                        StringComparer.Ordinal
                    ),
            ],
            [.. pods.Where(PodControl.IsActive)],
            pods.Count(static pod => pod.IsTerminating && !PodControl.HasEnded(pod)),
            pods.Where(PodControl.IsActive)
                .Sum(static pod =>
                    pod["status"]
                        .Items("initContainerStatuses")
                        .Concat(pod["status"].Items("containerStatuses"))
                        .Sum(static container => container.Number("restartCount") ?? 0)
                ),
            failures.Length,
            failures.Length > 0 ? EndOf(failures[0]) : null
        );
    }

    /// <summary>After the deletion of the active pods.</summary>
    public JobProgress WithoutActive(bool countAsFailed) =>
        this with
        {
            Active = [],
            Terminating = Terminating + Active.Count,
            UncountedFailed = countAsFailed
                ? [.. UncountedFailed.Union(Active.Select(static pod => pod.Uid), StringComparer.Ordinal)]
                : UncountedFailed,
        };

    public JobProgress Counted() =>
        this with
        {
            Succeeded = AllSucceeded,
            Failed = AllFailed,
            UncountedSucceeded = [],
            UncountedFailed = [],
        };

    public JsonObject UncountedToJson()
    {
        var value = new JsonObject();
        foreach (var (field, uids) in new[] { ("succeeded", UncountedSucceeded), ("failed", UncountedFailed) })
        {
            value.SetTexts(field, uids);
        }

        return value;
    }

    private static IEnumerable<string> Uids(IEnumerable<JsonObject> pods) => pods.Select(static pod => pod.Uid);

    private static DateTimeOffset EndOf(JsonObject pod) =>
        pod["status"]
            .Items("containerStatuses")
            .Select(static container => container["state"]?["terminated"].Time("finishedAt") ?? DateTimeOffset.MinValue)
            .DefaultIfEmpty(DateTimeOffset.MinValue)
            .Max();
}
