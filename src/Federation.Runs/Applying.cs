using Federation.Findings;
using Federation.Planning;
using Federation.Reporting;

namespace Federation.Runs;

/// <summary>
/// Carries a plan out: first what waits for nothing, and later what waited, such as the old access of a move.
/// </summary>
internal sealed class Applying(Planned planned, RunOptions options, RunEvents events)
{
    /// <summary>Carries out what waits for nothing; where no gate follows, also what is due without one.</summary>
    /// <returns>One entry for each step of the plan, and what is to be told.</returns>
    public Task<(IReadOnlyList<StepProgress> Steps, IReadOnlyList<Finding> Findings)> BeginAsync(CancellationToken cancellationToken)
    {
        var steps = PlanExecution.Begin(planned.Plan);
        return options.Proves
            ? ContinueAsync(steps, step => step.Stage != Stage.Narrow, _ => [], cancellationToken)
            : ContinueAsync(steps, Narrowing.WithoutGate(Names, planned.Plan), cancellationToken);
    }

    /// <summary>Carries out what waited for the gate, of the workloads that passed it.</summary>
    /// <param name="steps">Those of <see cref="BeginAsync"/>.</param>
    /// <param name="proved">The names of the workloads that passed.</param>
    /// <inheritdoc cref="BeginAsync" path="/returns"/>
    public Task<(IReadOnlyList<StepProgress> Steps, IReadOnlyList<Finding> Findings)> NarrowAsync(
        IReadOnlyList<StepProgress> steps,
        IReadOnlySet<string> proved,
        CancellationToken cancellationToken
    ) => ContinueAsync(steps, Narrowing.AfterGate(Names, proved), cancellationToken);

    /// <summary>All workloads, selected or not.</summary>
    private string[] Names => [.. planned.Rendered.Opened.Configuration.Workloads.Select(workload => workload.Name)];

    private Task<(IReadOnlyList<StepProgress>, IReadOnlyList<Finding>)> ContinueAsync(
        IReadOnlyList<StepProgress> soFar,
        Narrowing narrowing,
        CancellationToken cancellationToken
    ) => ContinueAsync(soFar, narrowing.IsDue, narrowing.Pending, cancellationToken);

    private async Task<(IReadOnlyList<StepProgress>, IReadOnlyList<Finding>)> ContinueAsync(
        IReadOnlyList<StepProgress> soFar,
        Func<Step, bool> isDue,
        Func<IReadOnlyList<StepProgress>, IEnumerable<Finding>> pending,
        CancellationToken cancellationToken
    )
    {
        var beginning = soFar.Where(one => one.State == StepState.NotReached && isDue(one.Step)).Select(one => one.Step);
        events.Tell(new RunEvent.ApplyStarted([.. beginning]));
        var clouds = planned.Session.Clouds.ToDictionary(cloud => cloud.Name, StringComparer.Ordinal);
        var steps = await PlanExecution.ContinueAsync(soFar, isDue, clouds, options.Parallelism, events.Tell, cancellationToken);
        events.Tell(new RunEvent.ApplyEnded(steps));
        var findings = steps.SelectMany(step => step.Findings).Select(options.Advise);
        if (cancellationToken.IsCancellationRequested)
        {
            events.Tell(new RunEvent.Found([.. findings]));
            cancellationToken.ThrowIfCancellationRequested();
        }

        return (steps, [.. findings, .. pending(steps).Select(options.Advise)]);
    }
}
