using Build.Agents;
using Cake.Core;
using Cake.Frosting;
using Federation.Findings;
using Federation.Reporting;
using Federation.Runs;

namespace Build.Host;

/// <summary>How the targets ended: Cake's own exit code does not tell, and the report may say more.</summary>
public sealed class Ending : IRunObserver
{
    private readonly List<Exception> _unforeseen = [];

    /// <summary>What ended the targets early; null if nothing did.</summary>
    public Exception? Exception { get; set; }

    /// <summary>The report and where it was written; null where no target ends in one.</summary>
    public WrittenReport? Reported { get; private set; }

    /// <summary>Everything that the run found.</summary>
    public IReadOnlyList<Finding> Findings { get; set; } = [];

    /// <summary>The exceptions of the run that are not findings, for diagnostic verbosity.</summary>
    public IReadOnlyList<Exception> Unforeseen => _unforeseen;

    public void On(RunEvent happened)
    {
        switch (happened)
        {
            case RunEvent.Ended ended:
                Reported = new WrittenReport(ended.Report, ended.ReportPath);
                break;
            case RunEvent.Threw threw:
                _unforeseen.Add(threw.Exception);
                break;
        }
    }
}

/// <summary>Notes what Cake ended with, and ends the run.</summary>
public sealed class EndingTeardown(Ending ending, IBuildAgent agent) : FrostingTeardown<BuildContext>
{
    public override void Teardown(BuildContext context, ITeardownContext info)
    {
        agent.End();
        ending.Exception = info.ThrownException is { } exception ? Failure.CauseOf(exception) : null;
        context.Close();
    }
}
