using Cake.Core;
using Cake.Frosting;

namespace Build.Host;

/// <summary>What ended the targets, which Cake's own exit code no longer tells.</summary>
public sealed class Ending
{
    public Exception? Exception { get; set; }
}

/// <summary>Catches the ending where Cake shows it, and ends the federation's run with it.</summary>
public sealed class EndingTeardown(Ending ending) : FrostingTeardown<BuildContext>
{
    public override void Teardown(BuildContext context, ITeardownContext info)
    {
        ending.Exception = info.ThrownException;
        context.Close(info.ThrownException is { } exception ? Failure.CauseOf(exception) : null);
    }
}
