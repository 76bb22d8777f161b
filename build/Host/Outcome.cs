using Cake.Core;
using Cake.Frosting;

namespace Build.Host;

/// <summary>What ended the run, which Cake's own exit code no longer tells.</summary>
public sealed class Outcome
{
    public Exception? Exception { get; set; }
}

/// <summary>Catches the outcome where Cake shows it, at the end of the run, and ends the run with it.</summary>
public sealed class OutcomeTeardown(Outcome outcome) : FrostingTeardown<BuildContext>
{
    public override void Teardown(BuildContext context, ITeardownContext info)
    {
        outcome.Exception = info.ThrownException;
        context.Close(info.ThrownException is { } exception ? ExitCode.CauseOf(exception) : null);
    }
}
