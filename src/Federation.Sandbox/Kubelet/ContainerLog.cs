using System.Runtime.CompilerServices;

namespace Federation.Sandbox.Kubelet;

/// <summary>A line of a container's output, standard output and error merged, without its line feed.</summary>
internal sealed record LogLine(DateTimeOffset Time, string Text);

/// <summary>The output of one run of a container: appended to while it runs, read by any number of followers.</summary>
internal sealed class ContainerLog
{
    private readonly Lock _gate = new();
    private readonly List<LogLine> _lines = [];
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _complete;

    public void Append(LogLine line)
    {
        lock (_gate)
        {
            _lines.Add(line);
            Wake();
        }
    }

    /// <summary>The container has ended: followers end after the last line.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _complete = true;
            Wake();
        }
    }

    /// <summary>The lines so far and, with <paramref name="follow"/>, those to come until the container ends.</summary>
    public async IAsyncEnumerable<LogLine> ReadAsync(bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var next = 0; ;)
        {
            LogLine[] lines;
            bool complete;
            Task grown;
            lock (_gate)
            {
                lines = [.. _lines.Skip(next)];
                complete = _complete;
                grown = _grown.Task;
            }

            foreach (var line in lines)
            {
                yield return line;
            }

            next += lines.Length;
            if (complete || !follow)
            {
                yield break;
            }

            await grown.WaitAsync(cancellationToken);
        }
    }

    private void Wake()
    {
        var grown = _grown;
        _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
        grown.SetResult();
    }
}
