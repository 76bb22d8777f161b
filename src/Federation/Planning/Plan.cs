using Federation.Findings;

namespace Federation.Planning;

/// <summary>
/// The steps, in an order in which they can be carried out, and the findings about them. If one of the findings is an error,
/// nothing may be written.
/// </summary>
public sealed record Plan(IReadOnlyList<Step> Steps, IReadOnlyList<Finding> Findings)
{
    /// <summary>Carrying it out would write something.</summary>
    public bool HasChanges => Steps.Any(step => step.Writes);

    /// <summary>The steps of an action that would write; for <see cref="StepAction.Unchanged"/>, those that write nothing.</summary>
    public int Count(StepAction action) =>
        Steps.Count(step => action == StepAction.Unchanged ? !step.Writes : step.Writes && step.Action == action);
}
