using System.Runtime.CompilerServices;

namespace Federation.Sandbox.Kubelet;

/// <summary>A line of a container's output (standard output and error together), without its line feed.</summary>
internal sealed record LogLine(DateTimeOffset Time, string Text);

/// <summary>
/// The output of one run of a container. Any number of readers can follow it.
/// It keeps the last <see cref="Capacity"/> characters, as a node keeps the last 10 MiB of a container's log.
/// </summary>
internal sealed class ContainerLog
{
    public const int Capacity = 10 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<LogLine> _lines = [];
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _dropped;
    private long _size;
    private bool _complete;

    public void Append(LogLine line)
    {
        lock (_gate)
        {
            _lines.Enqueue(line);
            for (_size += line.Text.Length + 1; _size > Capacity && _lines.Count > 1; _dropped++)
            {
                _size -= _lines.Dequeue().Text.Length + 1;
            }

            Wake();
        }
    }

    /// <summary>Call it after the last line: readers then end.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _complete = true;
            Wake();
        }
    }

    /// <summary>The lines so far and, with <paramref name="follow"/>, the later ones until the container ends.</summary>
    public async IAsyncEnumerable<LogLine> ReadAsync(bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = 0L;
        while (true)
        {
            LogLine[] lines;
            bool complete;
            Task grown;
            lock (_gate)
            {
                lines = [.. _lines.Skip((int)Math.Max(0, next - _dropped))];
                next = _dropped + _lines.Count;
                complete = _complete;
                grown = _grown.Task;
            }

            foreach (var line in lines)
            {
                yield return line;
            }

            if (complete || !follow)
            {
                yield break;
            }

            await grown.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The end of the output.</summary>
    /// <param name="lines">The largest number of lines.</param>
    /// <param name="bytes">The largest size, in bytes of UTF-8.</param>
    public string Tail(int lines, int bytes)
    {
        lock (_gate)
        {
            var text = string.Concat(_lines.Skip(Math.Max(0, _lines.Count - lines)).Select(line => line.Text + "\n"));
            var encoded = System.Text.Encoding.UTF8.GetBytes(text);
            return encoded.Length <= bytes ? text : System.Text.Encoding.UTF8.GetString(encoded.AsSpan(encoded.Length - bytes));
        }
    }

    private void Wake()
    {
        var grown = _grown;
        _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
        grown.SetResult();
    }
}
