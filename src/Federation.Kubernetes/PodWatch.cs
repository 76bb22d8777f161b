using System.Collections.Concurrent;
using System.Threading.Channels;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using k8s;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>How the watch of a pod ended.</summary>
/// <param name="Seen">The pod as it was last seen.</param>
/// <param name="IsThere">It still is.</param>
/// <param name="HasStarted">A node took it: from then on its own deadline counts.</param>
/// <param name="Fault">Why the pod could not be watched at the end; null where it could.</param>
internal sealed record PodOutcome(PodVerdict Verdict, PodSnapshot Seen, bool IsThere, bool HasStarted, Exception? Fault);

/// <summary>
/// Watches a pod and its events, follows its log, and decides by <see cref="PodVerdict"/> when it has come to an end or
/// never will. Nothing is polled.
/// </summary>
/// <param name="log">Gets the pod's log, line by line.</param>
internal sealed class PodWatch(ClusterConnection connection, V1Pod created, TimeProvider time, Action<string> log)
{
    /// <summary>How long the rest of a log is waited for once its pod has ended.</summary>
    private static readonly TimeSpan LastLines = TimeSpan.FromSeconds(5);

    /// <summary>What happened since the last verdict, as changes to make to the state before the next one.</summary>
    private readonly Channel<Action> _news = Channel.CreateUnbounded<Action>();

    private readonly ConcurrentBag<Finding> _unread = [];
    private readonly Dictionary<string, Corev1Event> _events = new(StringComparer.Ordinal);
    private V1Pod? _latest;
    private bool _isGone;
    private bool _isDenied;

    /// <summary>What of the pod could not be read, its events or its log, as warnings: the verdict does not need them.</summary>
    public IReadOnlyList<Finding> Unread => [.. _unread];

    private V1Pod Pod => _latest ?? created;

    private bool HasEnded => Pod.Status?.Phase is "Succeeded" or "Failed";

    /// <summary>The state of the container whose log is read.</summary>
    private V1ContainerState? State =>
        Pod.Status?.ContainerStatuses?.FirstOrDefault(container => container.Name == created.Spec.Containers[0].Name)?.State;

    /// <summary>Follows the pod to its verdict, or to the deadline.</summary>
    /// <param name="isDeniedForGood">Called when the log reports a denial: true if trying again will not help.</param>
    /// <exception cref="FindingException">The pod may not be watched (FED6011).</exception>
    public async Task<PodOutcome> ToVerdictAsync(
        TimeSpan patience,
        Func<PodSnapshot, bool> isDeniedForGood,
        CancellationToken cancellationToken
    )
    {
        using var deadline = new CancellationTokenSource(patience, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watch = WatchPod();
        var watching = FollowPodAsync(watch, ending.Token);
        var happenings = FollowEventsAsync(ending.Token);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task? logging = null;
        try
        {
            while (true)
            {
                if (logging is null && State is { Running: not null } or { Terminated: not null })
                {
                    logging = FollowLogAsync(ended.Task, ending.Token);
                }

                if (HasEnded || State?.Terminated is not null)
                {
                    ended.TrySetResult();
                }

                var now = time.GetUtcNow();
                var snapshot = Snapshots.Of(Pod, _events.Values);
                var verdict = _isGone && !HasEnded ? new PodVerdict.Hopeless(DeletedByOthers()) : PodVerdict.From(snapshot, now);
                if (verdict is not PodVerdict.Undecided || deadline.IsCancellationRequested || (_isDenied && isDeniedForGood(snapshot)))
                {
                    return new PodOutcome(verdict, snapshot, !_isGone, Pod.Status?.StartTime is not null, watch.Fault);
                }

                _isDenied = false;
                await WaitAsync(
                    snapshot.UnscheduledReason is null ? null : snapshot.Created + PodVerdict.SchedulingGrace - now,
                    deadline.Token,
                    cancellationToken
                );
            }
        }
        finally
        {
            if (logging is not null && HasEnded && !cancellationToken.IsCancellationRequested)
            {
                await Task.WhenAny(logging, Task.Delay(LastLines, time, cancellationToken));
            }

            await ending.CancelAsync();
            await Task.WhenAll(watching, happenings, logging ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// Waits until something happens, the deadline comes, or the time of a verdict by time alone. A timer may fire
    /// milliseconds early, so the caller checks again.
    /// </summary>
    private async Task WaitAsync(TimeSpan? due, CancellationToken deadline, CancellationToken cancellationToken)
    {
        // Timers count whole milliseconds.
        using var alarm =
            due > TimeSpan.Zero
                ? new CancellationTokenSource(TimeSpan.FromMilliseconds(Math.Ceiling(due.Value.TotalMilliseconds)), time)
                : new CancellationTokenSource();
        using var any = CancellationTokenSource.CreateLinkedTokenSource(deadline, alarm.Token, cancellationToken);
        try
        {
            await _news.Reader.WaitToReadAsync(any.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The deadline or the alarm: the caller decides.
        }

        while (_news.Reader.TryRead(out var happened))
        {
            happened();
        }
    }

    private ResourceWatch<V1Pod> WatchPod() =>
        new(
            connection,
            new Attempt($"watch pods in {created.Namespace()}"),
            (api, version, onError, token) =>
                api.CoreV1.WatchListNamespacedPodAsync(
                    created.Namespace(),
                    fieldSelector: $"metadata.name={created.Name()}",
                    resourceVersion: version,
                    onError: onError,
                    cancellationToken: token
                ),
            time
        )
        {
            List = ListPodAsync,
        };

    /// <summary>Follows the pod. What ends that, such as a refusal, ends the wait for news as well.</summary>
    private async Task FollowPodAsync(ResourceWatch<V1Pod> watch, CancellationToken cancellationToken)
    {
        try
        {
            await watch.FollowAsync(
                created.ResourceVersion(),
                (type, pod) => _news.Writer.TryWrite(() => Take(pod, isGone: type == WatchEventType.Deleted)),
                cancellationToken
            );
        }
        catch (Exception ended) when (!cancellationToken.IsCancellationRequested)
        {
            _news.Writer.TryComplete(ended);
        }
    }

    /// <summary>Reads the pod as it is now: a watch does not show a deletion that happened before it began.</summary>
    private async Task<string?> ListPodAsync(CancellationToken cancellationToken)
    {
        var list = await connection.CallAsync(
            new Attempt($"list pods in {created.Namespace()}"),
            (api, token) =>
                api.CoreV1.ListNamespacedPodAsync(
                    created.Namespace(),
                    fieldSelector: $"metadata.name={created.Name()}",
                    cancellationToken: token
                ),
            cancellationToken
        );
        var found = list.Items.FirstOrDefault(pod => pod.Uid() == created.Uid());
        _news.Writer.TryWrite(() => Take(found ?? Pod, isGone: found is null));
        return list.Metadata.ResourceVersion;
    }

    private void Take(V1Pod pod, bool isGone)
    {
        _latest = pod;
        _isGone = isGone || pod.Metadata.DeletionTimestamp is not null;
    }

    private async Task FollowEventsAsync(CancellationToken cancellationToken)
    {
        var watch = new ResourceWatch<Corev1Event>(
            connection,
            new Attempt($"watch events in {created.Namespace()}"),
            (api, version, onError, token) =>
                api.CoreV1.WatchListNamespacedEventAsync(
                    created.Namespace(),
                    fieldSelector: $"involvedObject.uid={created.Uid()}",
                    resourceVersion: version,
                    onError: onError,
                    cancellationToken: token
                ),
            time
        );
        try
        {
            await watch.FollowAsync(
                version: null,
                (_, happened) => _news.Writer.TryWrite(() => _events[happened.Uid()] = happened),
                cancellationToken
            );
        }
        catch (FindingException refused)
        {
            _unread.Add(refused.Findings[0].Unchecked($"what happened to the pod {created.Name()}") with { Severity = Severity.Warning });
        }
    }

    private async Task FollowLogAsync(Task ended, CancellationToken cancellationToken)
    {
        var reader = new PodLogReader(connection, created, time);
        try
        {
            await reader.FollowAsync(Line, ended, cancellationToken);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // The verdict does not wait for the log.
        }

        if (reader.Unread is { } unread)
        {
            _unread.Add(unread.Unchecked($"what the pod {created.Name()} wrote"));
        }
    }

    private void Line(string line)
    {
        log(line);
        if (ErrorTexts.IsDenial(line))
        {
            _news.Writer.TryWrite(() => _isDenied = true);
        }
    }

    private Finding DeletedByOthers() =>
        new()
        {
            Code = FindingCodes.PodTimedOut,
            Cause = $"The validation pod {created.Namespace()}/{created.Name()} was deleted by somebody else before it finished.",
            Fix = "Run it again; if it happens again, find what deletes pods in this namespace.",
        };
}
