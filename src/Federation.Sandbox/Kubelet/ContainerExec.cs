using System.ComponentModel;
using System.Diagnostics;

namespace Federation.Sandbox.Kubelet;

/// <summary>A command that runs in a container beside the container's own, with streams of its own.</summary>
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

    /// <summary>Standard error; with a terminal it joins the output.</summary>
    public Stream Errors => _terminal ? Stream.Null : _process.StandardError.BaseStream;

    /// <param name="prepare">Makes a process of the container of a command line.</param>
    /// <param name="terminal">The command sees a terminal, where this machine's <c>script</c> can make one.</param>
    /// <exception cref="ContainerStartException">It could not be started.</exception>
    public static ContainerExec Start(Func<IReadOnlyList<string>, ProcessStartInfo> prepare, IReadOnlyList<string> arguments, bool terminal)
    {
        // What is wrong with the command itself is found without the terminal around it.
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

    /// <summary>The exit code, 128 and the signal's number for one that a signal ended.</summary>
    public async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync(CancellationToken.None);
        return _process.ExitCode;
    }

    /// <summary>Ends the command and what it started, if it still runs.</summary>
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
            // It ended by itself meanwhile.
        }

        _process.Dispose();
    }
}
