using System.ComponentModel;
using System.Diagnostics;

namespace Federation.Sandbox.Kubelet;

/// <summary>A further command in a container, with streams of its own.</summary>
internal sealed class ContainerExec : IDisposable
{
    private const string TerminalTool = "/usr/bin/script";

    private readonly Process _process;
    private readonly bool _terminal;

    private ContainerExec(Process process, bool terminal)
    {
        _process = process;
        _terminal = terminal;
    }

    public Stream Input => _process.StandardInput.BaseStream;

    public Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>Standard error; empty with a terminal, where it is part of the output.</summary>
    public Stream Errors => _terminal ? Stream.Null : _process.StandardError.BaseStream;

    /// <param name="prepare">Describes the process in the container for a command line.</param>
    /// <param name="terminal">Gives the command a terminal, if this machine has <c>script</c>.</param>
    /// <exception cref="ContainerStartException">It could not be started.</exception>
    public static ContainerExec Start(Func<IReadOnlyList<string>, ProcessStartInfo> prepare, IReadOnlyList<string> arguments, bool terminal)
    {
        // Finds errors in the command itself before it is wrapped in a terminal.
        var description = prepare(arguments);
        var withTerminal = terminal && OperatingSystem.IsLinux() && File.Exists(TerminalTool);
        if (withTerminal)
        {
            description = prepare([TerminalTool, "--quiet", "--return", "--command", Processes.ShellWords(arguments), "/dev/null"]);
        }

        try
        {
            return new ContainerExec(Process.Start(description)!, withTerminal);
        }
        catch (Exception exception) when (exception is Win32Exception or IOException)
        {
            throw new ContainerStartException(exception.Message);
        }
    }

    /// <summary>The exit code; after a signal, 128 plus its number.</summary>
    public async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync(CancellationToken.None);
        return _process.ExitCode;
    }

    /// <summary>Kills the command and its children if it still runs.</summary>
    public void Dispose()
    {
        try
        {
            if (!_process.HasExited)
            {
                _process.Kill(entireProcessTree: true);
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
        {
            // It has ended in the meantime.
        }

        _process.Dispose();
    }
}
