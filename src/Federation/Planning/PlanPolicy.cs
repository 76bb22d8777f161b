namespace Federation.Planning;

/// <summary>What a run may do to the clouds.</summary>
public enum PlanMode
{
    /// <summary>Creates, updates and deletes.</summary>
    Converge,

    /// <summary>Creates what is absent; changes nothing that exists.</summary>
    CreateOnly,

    /// <summary>Writes nothing.</summary>
    Observe,
}

/// <summary>
/// Policies over a finished plan: each decides which of its steps may write. A step that it suppresses stays in the plan,
/// with its reason. A step whose dependency is suppressed is judged by itself.
/// </summary>
public static class PlanPolicy
{
    /// <summary>The plan, with the steps that the mode does not allow suppressed.</summary>
    public static Plan Apply(PlanMode mode, Plan plan) =>
        mode switch
        {
            PlanMode.CreateOnly => Suppress(plan, step => step.Action != StepAction.Create),
            PlanMode.Observe => Suppress(plan, _ => true),
            _ => plan,
        };

    private static Plan Suppress(Plan plan, Func<Step, bool> isSuppressed) =>
        plan with
        {
            Steps =
            [
                .. plan.Steps.Select(step => step.Writes && isSuppressed(step) ? step with { Reason = StepReason.SuppressedByMode } : step),
            ],
        };
}
