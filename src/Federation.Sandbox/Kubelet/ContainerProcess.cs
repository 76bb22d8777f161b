using System.Buffers;
using System.Diagnostics;
using System.Text;

namespace Federation.Sandbox.Kubelet;

/// <summary>The processes of one run of a container.</summary>
internal sealed class ContainerProcess : IDisposable
{
    /// <summary>In bytes. Longer lines are broken, to limit the memory for a program that writes no line feeds.</summary>
    private const int LongestLine = 256 * 1024;

    private readonly IContainerIsolation _isolation;
    private readonly ContainerCommand _command;
    private readonly Process _process;

    private ContainerProcess(IContainerIsolation isolation, ContainerCommand command, Process process, ContainerLog log, TimeProvider time)
    {
        _isolation = isolation;
        _command = command;
        _process = process;
        Exit = WaitAsync(log, time);
    }

    /// <summary>Completes when all output is in the log, with the exit code; after a signal, 128 plus its number.</summary>
    public Task<int> Exit { get; }

    /// <summary>Starts a command. Returns when the container's own program runs.</summary>
    /// <exception cref="ContainerStartException">It could not be started.</exception>
    public static async Task<ContainerProcess> StartAsync(
        IContainerIsolation isolation,
        ContainerCommand command,
        ContainerLog log,
        TimeProvider time
    )
    {
        Process process;
        try
        {
            process = Process.Start(isolation.Prepare(command))!;
        }
        catch (Exception exception) when (exception is System.ComponentModel.Win32Exception or IOException)
        {
            throw new ContainerStartException(exception.Message);
        }

        var container = new ContainerProcess(isolation, command, process, log, time);
        process.StandardInput.Close();
        var trouble = new List<string>();
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            if (line == "ready")
            {
                return container;
            }

            trouble.Add(line);
        }

        // It ended before the program ran.
        var exitCode = await container.Exit;
        container.Dispose();
        throw new ContainerStartException(trouble.Count > 0 ? string.Join("; ", trouble) : $"ended with {exitCode} before the command ran");
    }

    /// <summary>Runs a further command in the container. Null if the container has ended.</summary>
    /// <exception cref="ContainerStartException">It could not be started.</exception>
    public ContainerExec? StartExec(IReadOnlyList<string> arguments, bool terminal) =>
        Exit.IsCompleted ? null : ContainerExec.Start(line => _isolation.PrepareExec(_process, _command, line), arguments, terminal);

    public void Terminate()
    {
        if (!Exit.IsCompleted)
        {
            _isolation.Terminate(_process);
        }
    }

    public void Kill()
    {
        if (!Exit.IsCompleted)
        {
            _isolation.Kill(_process);
        }
    }

    public void Dispose() => _process.Dispose();

    private async Task<int> WaitAsync(ContainerLog log, TimeProvider time)
    {
        using var abandoned = new CancellationTokenSource();
        var output = ReadLinesAsync(_process.StandardOutput.BaseStream, log, time, abandoned.Token);
        await _process.WaitForExitAsync(CancellationToken.None);

        // A container ends with its first process: the others are killed, which also closes their ends of the pipe.
        _isolation.Kill(_process);
        await Task.WhenAny(output, Task.Delay(TimeSpan.FromSeconds(2), time));

        // A process that has left the group may keep the pipe open. Its output is ignored.
        await abandoned.CancelAsync();
        log.Complete();
        return _process.ExitCode;
    }

    private static async Task ReadLinesAsync(Stream stream, ContainerLog log, TimeProvider time, CancellationToken abandoned)
    {
        var pending = new ArrayBufferWriter<byte>();
        var buffer = new byte[16 * 1024];
        try
        {
            while (await stream.ReadAsync(buffer, abandoned) is > 0 and var count)
            {
                var read = buffer.AsMemory(0, count);
                for (int end; (end = read.Span.IndexOf((byte)'\n')) >= 0; read = read[(end + 1)..])
                {
                    pending.Write(read.Span[..end]);
                    Append();
                }

                pending.Write(read.Span);
                if (pending.WrittenCount >= LongestLine)
                {
                    Append();
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or ObjectDisposedException) { }

        if (pending.WrittenCount > 0)
        {
            Append();
        }

        void Append()
        {
            // Invalid UTF-8 becomes replacement characters.
            log.Append(new LogLine(time.GetUtcNow(), Encoding.UTF8.GetString(pending.WrittenSpan)));
            pending.ResetWrittenCount();
        }
    }
}
