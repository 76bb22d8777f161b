using System.Net;
using Federation.Findings;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>
/// A watch that is begun again however often it ends: servers and proxies cut it at any time, forget the version that it had
/// come to (410), or leave it silent on a connection that is dead (Kubernetes documentation, "Efficient detection of
/// changes").
/// </summary>
/// <param name="attempt">What is watched, for findings.</param>
/// <param name="begin">Begins a watch from a version, or from the present state; errors in its stream go to the second argument.</param>
internal sealed class ResourceWatch<T>(
    ClusterConnection connection,
    Attempt attempt,
    Func<IKubernetes, string?, Action<Exception>, CancellationToken, IAsyncEnumerable<(WatchEventType Type, T Item)>> begin,
    TimeProvider time
)
    where T : IKubernetesObject<V1ObjectMeta>
{
    /// <summary>After this long without an event a watch is begun again.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    /// <summary>The pause after a watch that ended without an event; it doubles up to <see cref="LongestPause"/>.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Reads the present state and gives its version, for a watch that cannot go on from where it was. Null: the watch itself
    /// begins with the present state, which does not show what is gone.
    /// </summary>
    public Func<CancellationToken, Task<string?>>? List { get; init; }

    /// <summary>Why the watch last ended; null while it runs, and after an end that is no fault.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Follows what happens until it is cancelled.</summary>
    /// <param name="version">Where to begin; null: with the present state.</param>
    /// <exception cref="FindingException">It may not be watched (FED6011).</exception>
    public async Task FollowAsync(string? version, Action<WatchEventType, T> happened, CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        while (true)
        {
            var end = await WatchAsync(version, happened, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            Fault = end.Fault;
            if (end.Fault is not null && IsRefusal(end.Fault))
            {
                throw end.Fault as FindingException
                    ?? new FindingException(KubernetesFaults.Explain(end.Fault, connection, attempt), end.Fault);
            }

            version = end.Version;
            if (end.HasProgressed)
            {
                pause = FirstPause;
            }
            else if (!end.WasSilent)
            {
                await Task.Delay(pause, time, cancellationToken);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    private async Task<End> WatchAsync(string? from, Action<WatchEventType, T> happened, CancellationToken cancellationToken)
    {
        var version = from;
        var events = 0;
        Exception? fault = null;
        using var silence = new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        using var alarm = time.CreateTimer(_ => silence.Cancel(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        try
        {
            if (version is null && List is not null)
            {
                version = await List(cancellationToken);
            }

            var begun = version;
            alarm.Change(Silence, Timeout.InfiniteTimeSpan);
            await foreach (var (type, item) in begin(connection.Counted(), begun, error => fault ??= error, either.Token))
            {
                alarm.Change(Silence, Timeout.InfiniteTimeSpan);
                if (type is WatchEventType.Added or WatchEventType.Modified or WatchEventType.Deleted)
                {
                    version = item.ResourceVersion();
                    // What a watch without a version begins with is the present state, and no progress.
                    events += begun is null ? 0 : 1;
                    happened(type, item);
                }
            }
        }
        catch (Exception) when (silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new End(Version: null, HasProgressed: events > 0, WasSilent: true, Fault: null);
        }
        catch (Exception broken) when (!cancellationToken.IsCancellationRequested)
        {
            // Any: a cut connection, a refusal, a proxy's page in place of events.
            fault = broken;
            return new End(events > 0 ? version : null, HasProgressed: events > 0, WasSilent: false, fault);
        }

        // An error in the stream usually means that the version has expired. An end without any event may mean the same.
        var isLost = fault is not null || (events == 0 && version == from);
        return new End(isLost ? null : version, HasProgressed: events > 0 && fault is null, WasSilent: false, fault);
    }

    private static bool IsRefusal(Exception fault) =>
        fault switch
        {
            FindingException refused => KubernetesFaults.StatusOf(refused),
            HttpOperationException answer => answer.Response.StatusCode,
            KubernetesException { Status.Code: { } code } => (HttpStatusCode)code,
            _ => null,
        }
            is HttpStatusCode.Unauthorized
                or HttpStatusCode.Forbidden;

    /// <param name="Version">Where to go on; null: from the present state.</param>
    private sealed record End(string? Version, bool HasProgressed, bool WasSilent, Exception? Fault);
}
