using Build.Agents;
using Build.Host;
using Cake.Core;
using Cake.Frosting;
using Federation.Reporting;
using Spectre.Console;

namespace Build;

/// <summary>
/// What every target is handed. Cake makes it before the first target runs, whichever that is, and for a dry run
/// too: so it holds things, and finds or reads none.
/// </summary>
public sealed class BuildContext(ICakeContext context, Terminal terminal, Interruption interruption, IBuildAgent agent)
    : FrostingContext(context)
{
    private FederationRun? _run;

    /// <summary>For what the target has to say.</summary>
    public IAnsiConsole Console => terminal.Out;

    /// <summary>What the product's targets share; made when the first of them asks for it.</summary>
    public FederationRun Run =>
        _run ??= new FederationRun(new TargetOptions(Arguments, agent.IsUnattended), new Screen(Console), agent, TimeProvider.System);

    /// <summary>Ends the run, if there was one: its report is written and its clouds are left.</summary>
    /// <param name="ending">What ended it before its time; null if nothing did.</param>
    /// <returns>The report and where it is, if there is one.</returns>
    public (Report Report, string Path)? Close(Exception? ending)
    {
        if (_run is null)
        {
            return null;
        }

        var reported = _run.Close(ending);
        _run.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return reported;
    }

    /// <summary>Cancelled when the process is told to end; the target then cleans up within <see cref="Interruption.Grace"/>.</summary>
    public CancellationToken CancellationToken => interruption.Token;
}
