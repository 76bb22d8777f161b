using System.Globalization;
using System.Net;
using Federation.Findings;
using k8s.Autorest;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>Follows the log of a pod's first container line by line, and continues where it was cut.</summary>
internal sealed class PodLogReader(ClusterConnection connection, V1Pod pod, TimeProvider time)
{
    /// <summary>After this long without a line the log is requested again: its connection may be dead.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    /// <summary>The pause before the log is requested again.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly Attempt _attempt = new($"get pods/log of {pod.Name()} in {pod.Namespace()}");
    private DateTimeOffset? _last;
    private int _linesAtLast;

    /// <summary>Why the log could not be read, or not to its end; null where it could.</summary>
    public Finding? Unread { get; private set; }

    /// <summary>Reads the log to its end, or until it may not be read.</summary>
    /// <param name="ended">Ends when the container has ended: then there is nothing more to come.</param>
    public async Task FollowAsync(Action<string> line, Task ended, CancellationToken cancellationToken)
    {
        while (true)
        {
            var isWhole = false;
            try
            {
                isWhole = await ReadAsync(line, cancellationToken);
            }
            catch (HttpOperationException gone) when (gone.Response.StatusCode == HttpStatusCode.NotFound)
            {
                return;
            }
            catch (Exception broken) when (!cancellationToken.IsCancellationRequested)
            {
                // Any: a cut connection, a refusal, a proxy's page.
                var finding = broken is FindingException { Findings: [var known, ..] }
                    ? known
                    : KubernetesFaults.Explain(broken, connection, _attempt);
                Unread = finding with { Severity = Severity.Warning };
                if (finding.Code == FindingCodes.KubernetesPermissionDenied)
                {
                    return;
                }
            }

            // The log ends a moment before its container is known to have ended.
            var pause = Task.Delay(Pause, time, cancellationToken);
            await (isWhole || !ended.IsCompleted ? Task.WhenAny(pause, ended) : pause);
            cancellationToken.ThrowIfCancellationRequested();
            if (isWhole && ended.IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>Reads what is new. True if the server ended the stream, false if it fell silent.</summary>
    private async Task<bool> ReadAsync(Action<string> line, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        using var alarm = time.CreateTimer(_ => silence.Cancel(), state: null, Silence, Timeout.InfiniteTimeSpan);
        try
        {
            using var response = await connection.BeginAsync(Path(), either.Token);
            Unread = null;
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(either.Token));
            var repeated = _last is null ? 0 : _linesAtLast;
            var isRepeating = _last is not null;
            while (await reader.ReadLineAsync(either.Token) is { } text)
            {
                alarm.Change(Silence, Timeout.InfiniteTimeSpan);
                var (written, content) = Split(text);
                if (isRepeating && (written < _last || (written == _last && repeated-- > 0)))
                {
                    continue;
                }

                isRepeating = false;
                if (written is not null)
                {
                    _linesAtLast = written == _last ? _linesAtLast + 1 : 1;
                    _last = written;
                }

                line(content);
            }

            return true;
        }
        catch (Exception) when (silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private string Path()
    {
        var path =
            $"/api/v1/namespaces/{pod.Namespace()}/pods/{pod.Name()}/log?follow=true&timestamps=true"
            + $"&container={Uri.EscapeDataString(pod.Spec.Containers[0].Name)}";

        // Servers look at whole seconds only, so the lines of the last second come again.
        return _last is { } last
            ? path + last.UtcDateTime.ToString("'&sinceTime='yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
            : path;
    }

    /// <summary>The time that a line begins with, and the rest of it. What the node itself puts into a log has none.</summary>
    private static (DateTimeOffset? Written, string Content) Split(string line) =>
        line.IndexOf(' ', StringComparison.Ordinal) is var space and > 0
        && DateTimeOffset.TryParse(line.AsSpan(0, space), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var written)
            ? (written, line[(space + 1)..])
            : (null, line);
}
