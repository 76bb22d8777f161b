using Build.Agents;
using Build.Host;
using Cake.Core;
using Cake.Frosting;
using Federation.Runs;
using Spectre.Console;

namespace Build;

/// <summary>
/// What every target is handed. Cake makes it before the first target runs, whichever that is, and for a dry run too: so
/// it holds things, and looks for none.
/// </summary>
public sealed class BuildContext : FrostingContext
{
    private readonly Terminal _terminal;
    private readonly Interruption _interruption;
    private readonly Ending _ending;
    private readonly Lazy<RunArguments> _arguments;
    private readonly Lazy<FederationRun> _run;

    public BuildContext(
        ICakeContext context,
        CommandLine line,
        Terminal terminal,
        Interruption interruption,
        IBuildAgent agent,
        HostEnvironment environment,
        Ending ending
    )
        : base(context)
    {
        (_terminal, _interruption, _ending) = (terminal, interruption, ending);
        _arguments = new(() => new RunArguments(line, environment, agent.IsUnattended, agent.Advise));
        _run = new(() =>
            new FederationRun(
                _arguments.Value.Run,
                _arguments.Value.Clouds,
                [
                    new Screen(Console, _arguments.Value.Run.UsesClouds ? _arguments.Value.Clouds.Cloud : null),
                    new AgentProgress(agent),
                    _ending,
                ],
                environment.Time,
                CancellationToken
            )
        );
    }

    /// <summary>The console for the target's output.</summary>
    public IAnsiConsole Console => _terminal.Out;

    /// <summary>The options of a sandbox in the foreground.</summary>
    public SandboxOverrides Sandbox => _arguments.Value.Overrides;

    /// <summary>Cancelled when the process is told to end; the target then cleans up within <see cref="Interruption.Grace"/>.</summary>
    public CancellationToken CancellationToken => _interruption.Token;

    /// <summary>Runs a stage of the run that the product's targets share, and ends the target if the run has failed.</summary>
    /// <exception cref="TargetFailedException">Something was found that ends the run; it has been told.</exception>
    public async Task RunAsync(Func<FederationRun, Task> stage)
    {
        await stage(_run.Value);
        if (_run.Value.ExitCode is var code and not Federation.Findings.ExitCodes.Done)
        {
            throw new TargetFailedException(code);
        }
    }

    /// <summary>Ends the run, if there was one: its report is written and its clouds are left.</summary>
    internal void Close()
    {
        if (_run.IsValueCreated)
        {
            EndAsync(_run.Value).GetAwaiter().GetResult();
        }

        async Task EndAsync(FederationRun run)
        {
            await run.CloseAsync(isInterrupted: CancellationToken.IsCancellationRequested);
            _ending.Findings = run.Findings;
            await run.DisposeAsync();
        }
    }
}
