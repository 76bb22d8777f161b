using Federation.Findings;

namespace Federation.Planning;

/// <summary>
/// When the old access of a move goes. With a gate: once every workload that it served was proved in the same run. Without one: in
/// a run that has nothing else to do for them, because the new access was complete before it. A workload that is no longer
/// configured is not waited for.
/// </summary>
public sealed class Narrowing
{
    private readonly IReadOnlyCollection<string> _configured;
    private readonly Func<string, bool> _isReady;
    private readonly string _why;
    private readonly string _fix;

    private Narrowing(IReadOnlyCollection<string> configured, Func<string, bool> isReady, string why, string fix) =>
        (_configured, _isReady, _why, _fix) = (configured, isReady, why, fix);

    /// <param name="configured">The names of all workloads.</param>
    /// <param name="proved">The names of those that passed the gate of this run.</param>
    public static Narrowing AfterGate(IReadOnlyCollection<string> configured, IReadOnlySet<string> proved) =>
        new(
            configured,
            proved.Contains,
            "this run did not prove",
            "Run Verify again once the gate can pass: it then removes the old access. Or go back to the old configuration."
        );

    /// <param name="configured">The names of all workloads.</param>
    /// <param name="plan">The whole plan of this run.</param>
    public static Narrowing WithoutGate(IReadOnlyCollection<string> configured, Plan plan)
    {
        var written = plan
            .Steps.Where(step => step.Writes && step.Stage != Stage.Narrow)
            .SelectMany(step => step.Workloads)
            .ToHashSet(StringComparer.Ordinal);
        return new Narrowing(
            configured,
            name => !written.Contains(name),
            "this run proves nothing, and has just changed what is needed by",
            "Run Verify: it proves the new access, and then removes the old one. Without a gate, a second Apply removes it."
        );
    }

    public bool IsDue(Step step) => step.Stage != Stage.Narrow || !WaitsFor(step).Any();

    /// <summary>A finding for each step that was not due: both ways stand (FED8019).</summary>
    public IEnumerable<Finding> Pending(IEnumerable<StepProgress> steps) =>
        steps
            .Where(progress => progress.State == StepState.NotReached && !IsDue(progress.Step))
            .Select(progress => new Finding
            {
                Code = FindingCodes.OldAccessStands,
                Severity = Severity.Information,
                Resource = progress.Step.Resource.Value,
                Cause =
                    (
                        progress.Step.Action == StepAction.Delete
                            ? $"{progress.Step.Resource} is no longer configured, and still there: "
                            : $"{progress.Step.Resource} has its old access beside the new one, and both are valid: "
                    ) + $"{_why} {Wording.Some(WaitsFor(progress.Step))}.",
                Fix = _fix,
            });

    /// <summary>Where the mark of a resource names no workload, it may have served any.</summary>
    private IEnumerable<string> WaitsFor(Step step) =>
        (step.Workloads.Count == 0 ? _configured : step.Workloads.Where(_configured.Contains)).Where(name => !_isReady(name));
}
