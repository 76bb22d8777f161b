using Federation.Planning;

namespace Federation.Reporting;

/// <summary>
/// How many changes were made, or would be if the target only plans; a move changes its resource twice. A change that failed or
/// was not reached counts only as that; what was to be deleted and stays, because others use it, is unchanged.
/// </summary>
public sealed record ChangeCounts(int Created, int Updated, int Deleted, int Unchanged, int Failed, int NotReached)
{
    /// <summary>The distinct changes of a report, where a shared resource is listed under each workload that needs it.</summary>
    public static IEnumerable<ReportedChange> ChangesOf(Report report) =>
        report
            .Workloads.SelectMany(workload => workload.Changes)
            .Concat(report.Changes)
            .DistinctBy(change => (change.Resource, change.Stage, change.Action));

    public static ChangeCounts Of(Report report)
    {
        var changes = ChangesOf(report).ToArray();
        return new ChangeCounts(
            Done(StepAction.Create),
            Done(StepAction.Update),
            Done(StepAction.Delete),
            Done(StepAction.Unchanged) + changes.Count(change => change.State == ChangeState.Kept),
            changes.Count(change => change.State == ChangeState.Failed),
            changes.Count(change => change.State == ChangeState.NotReached)
        );

        int Done(StepAction action) =>
            changes.Count(change => change.Action == action && change.State is (ChangeState.Done or ChangeState.Planned));
    }
}
