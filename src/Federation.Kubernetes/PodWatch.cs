using System.Net;
using System.Threading.Channels;
using Federation.Diagnosis;
using Federation.Findings;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>
/// Watches a pod and its events, streams its log, and decides by <see cref="PodVerdict"/> when it has come to an end or
/// never will. Nothing is polled.
/// </summary>
internal sealed class PodWatch(ClusterConnection connection, V1Pod created, TimeProvider time)
{
    /// <summary>How long the rest of a log is waited for once its pod has ended.</summary>
    private static readonly TimeSpan LastLines = TimeSpan.FromSeconds(5);

    /// <summary>Follows the pod to its verdict, or to the deadline.</summary>
    /// <param name="log">Gets the pod's log, line by line.</param>
    /// <param name="isDeniedForGood">Asked when the log tells of a denial: trying again will not help.</param>
    public async Task<(PodVerdict Verdict, PodSnapshot Seen, bool IsThere)> ToVerdictAsync(
        TimeSpan patience,
        Action<string> log,
        Func<PodSnapshot, bool> isDeniedForGood,
        CancellationToken cancellationToken
    )
    {
        using var deadline = new CancellationTokenSource(patience, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var news = Channel.CreateUnbounded<IKubernetesObject<V1ObjectMeta>?>();
        var watching = Task.WhenAll(
            FollowAsync(
                (version, token) =>
                    connection
                        .Counted()
                        .CoreV1.WatchListNamespacedPodAsync(
                            created.Namespace(),
                            fieldSelector: $"metadata.name={created.Name()}",
                            resourceVersion: version,
                            cancellationToken: token
                        ),
                created.ResourceVersion(),
                news.Writer,
                ending.Token
            ),
            FollowAsync(
                (version, token) =>
                    connection
                        .Counted()
                        .CoreV1.WatchListNamespacedEventAsync(
                            created.Namespace(),
                            fieldSelector: $"involvedObject.uid={created.Uid()}",
                            resourceVersion: version,
                            cancellationToken: token
                        ),
                version: null,
                news.Writer,
                ending.Token
            )
        );
        var pod = created;
        var events = new Dictionary<string, Corev1Event>(StringComparer.Ordinal);
        Task? logging = null;
        ITimer? grace = null;
        var isDenied = false;
        try
        {
            for (; ; )
            {
                var snapshot = Snapshots.Of(pod, events.Values);
                if (logging is null && HasStarted(pod))
                {
                    logging = StreamLogAsync(pod, Line, ending.Token);
                }

                var now = time.GetUtcNow();
                var verdict = PodVerdict.Of(snapshot, now);
                if (verdict is not PodVerdict.Undecided || deadline.IsCancellationRequested || (isDenied && isDeniedForGood(snapshot)))
                {
                    return (verdict, snapshot, IsThere: true);
                }

                isDenied = false;
                if (grace is null && snapshot.UnscheduledReason is not null)
                {
                    // Nothing happens at the end of the grace period, so nothing but a clock can bring it up.
                    grace = time.CreateTimer(
                        _ => news.Writer.TryWrite(null),
                        state: null,
                        snapshot.Created + PodVerdict.SchedulingGrace - now,
                        Timeout.InfiniteTimeSpan
                    );
                }

                using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
                try
                {
                    await news.Reader.WaitToReadAsync(either.Token);
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    continue;
                }

                while (news.Reader.TryRead(out var item))
                {
                    switch (item)
                    {
                        case V1Pod { Metadata.DeletionTimestamp: null } changed:
                            pod = changed;
                            break;
                        case V1Pod deleted when deleted.Status?.Phase is not ("Succeeded" or "Failed"):
                            return (new PodVerdict.Hopeless(TakenAway(deleted)), Snapshots.Of(deleted, events.Values), IsThere: false);
                        case Corev1Event happened:
                            events[happened.Uid()] = happened;
                            break;
                    }
                }
            }
        }
        finally
        {
            if (logging is not null && HasEnded(pod) && !cancellationToken.IsCancellationRequested)
            {
                await Task.WhenAny(logging, Task.Delay(LastLines, time, cancellationToken));
            }

            await ending.CancelAsync();
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (grace is not null)
            {
                await grace.DisposeAsync();
            }
        }

        void Line(string line)
        {
            log(line);
            if (ErrorTexts.IsDenial(line))
            {
                isDenied = true;
                news.Writer.TryWrite(null);
            }
        }
    }

    private static bool HasEnded(V1Pod pod) => pod.Status?.Phase is "Succeeded" or "Failed";

    /// <summary>
    /// Passes on what a watch brings, and takes it up again where it ended: a deletion in between would otherwise be
    /// seen by nobody. Without a version, at first or once the server has forgotten it, it starts with the present state.
    /// </summary>
    private async Task FollowAsync<T>(
        Func<string?, CancellationToken, IAsyncEnumerable<(WatchEventType Type, T Item)>> watch,
        string? version,
        ChannelWriter<IKubernetesObject<V1ObjectMeta>?> news,
        CancellationToken cancellationToken
    )
        where T : IKubernetesObject<V1ObjectMeta>
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var (type, item) in watch(version, cancellationToken))
                {
                    if (type is WatchEventType.Added or WatchEventType.Modified or WatchEventType.Deleted)
                    {
                        version = item.Metadata.ResourceVersion;
                        await news.WriteAsync(item, cancellationToken);
                    }
                }
            }
            catch (Exception fault) when (fault is HttpOperationException or HttpRequestException or IOException or KubernetesException)
            {
                if (IsForgotten(fault))
                {
                    version = null;
                }

                // A watch is cut whenever a server or proxy likes; the gate's own deadline bounds how long it is begun anew.
                await Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken);
            }
        }
    }

    /// <summary>410 Gone ("Kubernetes API Concepts", efficient detection of changes): the version is older than what the server keeps.</summary>
    private static bool IsForgotten(Exception fault) =>
        fault switch
        {
            HttpOperationException refused => refused.Response.StatusCode == HttpStatusCode.Gone,
            KubernetesException told => told.Status?.Code == (int)HttpStatusCode.Gone,
            _ => false,
        };

    private async Task StreamLogAsync(V1Pod pod, Action<string> log, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = await connection.CallAsync(
                new Attempt($"get pods/log of {pod.Namespace()}/{pod.Name()}"),
                (api, token) => api.CoreV1.ReadNamespacedPodLogAsync(pod.Name(), pod.Namespace(), follow: true, cancellationToken: token),
                cancellationToken
            );
            using var reader = new StreamReader(stream);
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                log(line);
            }
        }
        catch (Exception fault) when (fault is FindingException or HttpOperationException or HttpRequestException or IOException)
        {
            log($"(the log could not be read further: {fault.GetBaseException().Message})");
        }
        catch (OperationCanceledException)
        {
            // The verdict does not wait for the log.
        }
    }

    private static bool HasStarted(V1Pod pod) =>
        pod.Status?.ContainerStatuses?.Any(container => container.State?.Running is not null || container.State?.Terminated is not null)
        == true;

    private static Finding TakenAway(V1Pod pod) =>
        new()
        {
            Code = FindingCodes.PodTimedOut,
            Cause = $"The validation pod {pod.Namespace()}/{pod.Name()} was deleted by somebody else before it came to its end.",
            Fix = "Run it again; if it happens again, find what deletes pods in this namespace.",
        };
}
