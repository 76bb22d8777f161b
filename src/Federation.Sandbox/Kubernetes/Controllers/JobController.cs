using System.Text.Json.Nodes;
using Federation.Sandbox.Hosting;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Controllers;

/// <summary>
/// Runs a Job's pods until enough have succeeded or too many have failed. Each pod has a finalizer until it is counted: first
/// the status lists its uid as uncounted, then the finalizer is removed, then the count includes it.
/// See <see href="https://kubernetes.io/docs/concepts/workloads/controllers/job/"/>.
/// </summary>
internal sealed class JobController(ObjectStore store, Registry registry, PodControl pods, TimeProvider time) : IController
{
    private const string Tracking = "batch.kubernetes.io/job-tracking";

    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(10);

    public IEnumerable<ObjectKey> Concerns(Change change)
    {
        if (change.Type == ResourceTable.Jobs)
        {
            yield return change.Object.KeyIn(change.Type);
        }
        else if (change.Type == ResourceTable.Pods && change.Object.ControllerOf(ResourceTable.Jobs) is { } owner)
        {
            yield return owner;
        }
    }

    public TimeSpan? Reconcile(ObjectKey key)
    {
        var job = store.Find(key.Type, key.Namespace, key.Name);
        if (job is null || job.Uid != key.Uid || job.IsTerminating)
        {
            // Nothing counts the pods any more.
            Release(store.List(ResourceTable.Pods, key.Namespace).Objects.Where(pod => pod.IsControlledBy(key.Uid)));
            return null;
        }

        var all = pods.PodsOf(job);
        if (job.Has("Complete") || job.Has("Failed"))
        {
            Release(all);
            return Expire(job);
        }

        return Advance(job, all);
    }

    private TimeSpan? Advance(JsonObject job, IReadOnlyList<JsonObject> all)
    {
        var now = time.GetUtcNow();
        var spec = job["spec"];
        var suspended = spec.Flag("suspend") is true;
        var progress = JobProgress.Of(job, all, Tracking);
        var wasSuspended = job.Has("Suspended");
        DateTimeOffset? start = suspended ? null : job["status"].Time("startTime") ?? now;
        var deadline =
            start is { } begun && spec.Number("activeDeadlineSeconds") is { } limit ? begun.AddSeconds(limit) - now : (TimeSpan?)null;
        var verdict = Decide(job, progress, deadline);
        var again = deadline;
        if (verdict is not null)
        {
            foreach (var pod in progress.Active)
            {
                pods.Delete(job, pod);
            }

            progress = progress.WithoutActive(countAsFailed: !verdict.IsSuccess);
        }
        else if (suspended)
        {
            progress = DeleteUncounted(job, progress, progress.Active);
        }
        else
        {
            var wait = Scale(job, ref progress, now);
            again =
                wait is null ? again
                : again is null || wait < again ? wait
                : again;
        }

        var conditions = Conditions(job, verdict, suspended, now);
        job = Write(job, progress, conditions, start);
        if (suspended != wasSuspended)
        {
            pods.Report(job, "Normal", suspended ? "Suspended" : "Resumed", suspended ? "Job suspended" : "Job resumed");
        }

        if (progress.Uncounted.Any())
        {
            Release(all.Where(pod => progress.Uncounted.Contains(pod.Uid, StringComparer.Ordinal)));
            progress = progress.Counted();
        }

        if (verdict is not null && (verdict.IsSuccess || progress.Terminating == 0))
        {
            Finish(job, verdict, progress, conditions, start, now);
            return spec.Number("ttlSecondsAfterFinished") is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        }

        Write(job, progress, conditions, start);
        return again;
    }

    private void Finish(
        JsonObject job,
        JobVerdict verdict,
        JobProgress progress,
        JsonArray conditions,
        DateTimeOffset? start,
        DateTimeOffset now
    )
    {
        conditions.Add(NewCondition(verdict.IsSuccess ? "Complete" : "Failed", verdict.Reason, verdict.Message, now));
        Write(job, progress, conditions, start, verdict.IsSuccess ? now : null);
        if (verdict.IsSuccess)
        {
            pods.Report(job, "Normal", "Completed", "Job completed");
        }
        else
        {
            pods.Report(job, "Warning", verdict.Reason, verdict.Message);
        }
    }

    /// <summary>Whether the job has succeeded or failed; null while it goes on.</summary>
    private static JobVerdict? Decide(JsonObject job, JobProgress progress, TimeSpan? deadline)
    {
        var spec = job["spec"];

        // A decision is final.
        foreach (var (condition, success) in new[] { ("SuccessCriteriaMet", true), ("FailureTarget", false) })
        {
            if (job.Has(condition))
            {
                var known = job.Condition(condition);
                return new JobVerdict(success, known.Text("reason"), known.Text("message"));
            }
        }

        var limit = spec.Number("backoffLimit") ?? 6;
        if (
            progress.AllFailed > limit
            || (spec?["template"]?["spec"].Text("restartPolicy") == "OnFailure" && progress.Restarts > 0 && progress.Restarts >= limit)
        )
        {
            return new JobVerdict(IsSuccess: false, "BackoffLimitExceeded", "Job has reached the specified backoff limit");
        }

        if (deadline <= TimeSpan.Zero)
        {
            return new JobVerdict(IsSuccess: false, "DeadlineExceeded", "Job was active longer than specified deadline");
        }

        var complete = spec.Number("completions") is { } completions
            ? progress.AllSucceeded >= completions
            : progress.AllSucceeded > 0 && progress.Active.Count == 0;
        return complete && spec.Flag("suspend") is not true
            ? new JobVerdict(IsSuccess: true, "CompletionsReached", "Reached expected number of succeeded pods")
            : null;
    }

    /// <summary>Creates or deletes pods. Returns the remaining back-off after failures, or null.</summary>
    private TimeSpan? Scale(JsonObject job, ref JobProgress progress, DateTimeOffset now)
    {
        var spec = job["spec"];
        var parallelism = spec.Number("parallelism") ?? 1;
        var wanted =
            spec.Number("completions") is { } completions ? Math.Min(parallelism, Math.Max(0, completions - progress.AllSucceeded))
            : progress.AllSucceeded > 0 ? progress.Active.Count
            : parallelism;
        progress = DeleteUncounted(job, progress, [.. progress.Active.Skip((int)wanted)]);

        var missing = wanted - progress.Active.Count;
        if (missing <= 0)
        {
            return null;
        }

        if (progress.LastFailure is { } failure && progress.Failures > 0)
        {
            var backOff = TimeSpan.FromSeconds(
                Math.Min(LongestBackOff.TotalSeconds, FirstBackOff.TotalSeconds * Math.Pow(2, Math.Min(progress.Failures - 1, 10)))
            );
            if (failure + backOff > now)
            {
                return failure + backOff - now;
            }
        }

        for (; missing > 0; missing--)
        {
            progress = progress with { Active = [.. progress.Active, pods.Create(ResourceTable.Jobs, job, Tracking)] };
        }

        return null;
    }

    /// <summary>Deletes pods that do not count as failures: their finalizer is removed first.</summary>
    private JobProgress DeleteUncounted(JsonObject job, JobProgress progress, IReadOnlyList<JsonObject> surplus)
    {
        Release(surplus);
        foreach (var pod in surplus)
        {
            pods.Delete(job, pod);
        }

        return progress with
        {
            Active = [.. progress.Active.Except(surplus)],
            Terminating = progress.Terminating + surplus.Count,
        };
    }

    private JsonObject Write(
        JsonObject job,
        JobProgress progress,
        JsonArray conditions,
        DateTimeOffset? start,
        DateTimeOffset? completed = null
    ) =>
        pods.WriteStatus(
            ResourceTable.Jobs,
            job,
            copy =>
            {
                var status = new JsonObject();
                status.SetOrRemove("conditions", conditions.Count > 0 ? conditions.DeepClone() : null);
                status.SetText("startTime", start is { } began ? Moment.Seconds(began) : null);
                status.SetText("completionTime", completed is { } ended ? Moment.Seconds(ended) : null);
                status.SetCount("active", progress.Active.Count);
                status.SetCount("succeeded", progress.Succeeded);
                status.SetCount("failed", progress.Failed);
                status["terminating"] = progress.Terminating;
                status["uncountedTerminatedPods"] = progress.UncountedToJson();
                status["ready"] = progress.Active.Count(PodControl.IsReady);
                copy["status"] = status;
            }
        );

    private static JsonArray Conditions(JsonObject job, JobVerdict? verdict, bool suspended, DateTimeOffset now)
    {
        JsonArray conditions =
        [
            .. job["status"]
                .Items("conditions")
                .Where(known => suspended == job.Has("Suspended") || known.Text("type") != "Suspended")
                .Select(static known => known.DeepClone()),
        ];
        if (suspended != job.Has("Suspended"))
        {
            conditions.Add(
                suspended
                    ? NewCondition("Suspended", "JobSuspended", "Job suspended", now)
                    : NewCondition("Suspended", "JobResumed", "Job resumed", now, "False")
            );
        }

        var interim = verdict?.IsSuccess is true ? "SuccessCriteriaMet" : "FailureTarget";
        if (verdict is not null && !job.Has(interim))
        {
            conditions.Add(NewCondition(interim, verdict.Reason, verdict.Message, now));
        }

        return conditions;
    }

    private static JsonObject NewCondition(string type, string reason, string message, DateTimeOffset now, string status = "True") =>
        new()
        {
            ["type"] = type,
            ["status"] = status,
            ["lastProbeTime"] = Moment.Seconds(now),
            ["lastTransitionTime"] = Moment.Seconds(now),
            ["reason"] = reason,
            ["message"] = message,
        };

    private void Release(IEnumerable<JsonObject> finished)
    {
        foreach (
            var pod in finished.Where(static pod => pod["metadata"].Texts("finalizers").Contains(Tracking, StringComparer.Ordinal)).ToList()
        )
        {
            pods.Write(
                ResourceTable.Pods,
                pod,
                copy =>
                {
                    string[] kept = [.. copy["metadata"].Texts("finalizers").Where(static finalizer => finalizer != Tracking)];
                    copy.Metadata.SetTexts("finalizers", kept);
                }
            );
        }
    }

    private TimeSpan? Expire(JsonObject job)
    {
        if (job["spec"].Number("ttlSecondsAfterFinished") is not { } seconds)
        {
            return null;
        }

        var finished = (job.Condition("Complete") ?? job.Condition("Failed")).Time("lastTransitionTime");
        var left = finished?.AddSeconds(seconds) - time.GetUtcNow();
        if (left > TimeSpan.Zero)
        {
            return left;
        }

        registry.Delete(ResourceTable.Jobs, job.Namespace, job.Name, new DeleteOptions(null, job.Uid, null, DryRun: false, "Foreground"));
        return null;
    }

    private sealed record JobVerdict(bool IsSuccess, string Reason, string Message);
}
