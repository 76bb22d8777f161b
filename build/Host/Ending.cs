using Build.Agents;
using Cake.Core;
using Cake.Frosting;
using Federation.Findings;
using Federation.Reporting;

namespace Build.Host;

/// <summary>What ended the targets, which Cake's own exit code no longer tells, and what there is to report of them.</summary>
public sealed class Ending
{
    public Exception? Exception { get; set; }

    /// <summary>The report and where it was written; none where no target ends in one.</summary>
    public (Report Report, string Path)? Reported { get; set; }
}

/// <summary>Catches the ending where Cake shows it, and ends the federation's run with it.</summary>
public sealed class EndingTeardown(Ending ending, IBuildAgent agent) : FrostingTeardown<BuildContext>
{
    public override void Teardown(BuildContext context, ITeardownContext info)
    {
        agent.End();
        ending.Exception = info.ThrownException is { } exception ? Advised(Failure.CauseOf(exception)) : null;
        ending.Reported = context.Close(ending.Exception);
    }

    /// <summary>With the fixes that hold where this runs.</summary>
    private Exception Advised(Exception cause) =>
        cause is FindingException { Findings: var findings } ? new FindingException([.. findings.Select(agent.Advise)]) : cause;
}
