using System.Collections.Immutable;
using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;
using Federation.Templates;

namespace Federation.Planning;

/// <summary>Plans the end of a federation: what carries its mark is deleted, and nothing else.</summary>
/// <param name="workloads">The whole federation's: what one that stays needs, stays.</param>
/// <param name="selected">The names of the workloads to end; null: the whole federation, what it left behind included.</param>
public sealed class Destruction(
    FederationConfiguration configuration,
    IReadOnlyList<RenderedWorkload> workloads,
    IReadOnlySet<string>? selected,
    IReadOnlyList<ICloud> clouds
)
{
    /// <summary>What would be deleted. If something cannot be read, nothing is, and the plan's findings say why.</summary>
    public async Task<Plan> PlanAsync(CancellationToken cancellationToken)
    {
        var (found, refused) = await OwnedResources.FindAsync(configuration, clouds, cancellationToken);
        if (refused.Any(finding => finding.Severity == Severity.Error))
        {
            return new Plan([], refused);
        }

        var input = new DesiredInput(configuration, workloads, ImmutableDictionary<string, ClusterFacts>.Empty);
        var needing = clouds.SelectMany(cloud => cloud.Desire(input)).ToDictionary(resource => resource.Id, resource => resource.Workloads);
        var deletions = Planner.Delete([.. found.Where(Goes)]);
        return new Plan([.. deletions.Steps, .. found.Where(owned => !Goes(owned)).OrderBy(owned => owned.Id).Select(Stays)], refused);

        bool Goes(Observation owned) =>
            selected is null
            || (needing.GetValueOrDefault(owned.Id) ?? owned.Workloads) is { Count: > 0 } names && names.All(selected.Contains);
    }

    private static Step Stays(Observation owned) =>
        new()
        {
            Resource = owned.Id,
            Action = StepAction.Unchanged,
            Reason = StepReason.StillNeeded,
            Before = owned,
            After = null,
        };
}
