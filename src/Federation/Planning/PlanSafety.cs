using Federation.Findings;

namespace Federation.Planning;

/// <summary>How much a plan may delete at once.</summary>
public static class PlanSafety
{
    /// <summary>The maximum number of resources to delete without <c>--force</c>.</summary>
    public const int MostDeletions = 20;

    /// <summary>At most one in this many of our resources may be deleted without <c>--force</c>.</summary>
    private const int LargestShare = 3;

    /// <summary>FED8012 if the plan deletes too much; otherwise null.</summary>
    public static Finding? Check(Plan plan)
    {
        var going = plan.Steps.Where(step => step is { Action: StepAction.Delete, Writes: true }).ToArray();
        var ours = plan.Steps.Where(step => step.Before is { Ours: true, Fields: not null }).DistinctBy(step => step.Resource).Count();
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
            Fix = "Check that this is the right configuration, with all its workloads. If all of it is to go, give --force.",
            Expected = $"at most {MostDeletions} resources, and at most a third of them",
            Actual = $"{going.Length} of {ours}",
        };
    }
}
