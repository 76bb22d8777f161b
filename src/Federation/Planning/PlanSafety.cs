using Federation.Findings;

namespace Federation.Planning;

/// <summary>How much a plan may take away at once.</summary>
public static class PlanSafety
{
    /// <summary>The most resources that may go without being forced.</summary>
    public const int MostDeletions = 20;

    /// <summary>Of what is ours, at most one part in this many may go without being forced.</summary>
    private const int LargestShare = 3;

    /// <summary>The reason not to carry the plan out (FED8012); null if it takes away little enough.</summary>
    public static Finding? Check(Plan plan)
    {
        var going = plan.Steps.Where(step => step is { Action: StepAction.Delete, Writes: true }).ToArray();
        var ours = plan.Steps.Count(step => step.Before is { Ours: true, Fields: not null });
        if (going.Length == 0 || (going.Length <= MostDeletions && going.Length * LargestShare <= ours))
        {
            return null;
        }

        return new Finding
        {
            Code = FindingCodes.TooMuchDeletion,
            Cause =
                $"{going.Length} of the {ours} resources that carry this federation's mark would be deleted: "
                + $"{string.Join(", ", going.Select(step => step.Resource.Value))}. Nothing was changed.",
            Fix = "Check that this is the right configuration, with all its workloads. Delete fewer at a time.",
            Expected = $"at most {MostDeletions} resources, and at most a third of them",
            Actual = $"{going.Length} of {ours}",
        };
    }
}
