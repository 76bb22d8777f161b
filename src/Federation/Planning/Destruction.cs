using System.Collections.Immutable;
using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;
using Federation.Templates;

namespace Federation.Planning;

/// <summary>
/// Plans the end of a federation: what carries its mark is deleted, and nothing else. What the configuration says is owned
/// elsewhere stays, even if an earlier version of it had it marked.
/// </summary>
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
        var configured = clouds.SelectMany(cloud => cloud.Desire(input)).ToDictionary(resource => resource.Id);
        var staying = found.Where(Stays).ToArray();
        // What stays is in a namespace, or trusts a provider, which depends on nothing further.
        var needed = staying.SelectMany(owned => owned.DependsOn).ToHashSet();
        var going = found.Except(staying).Where(owned => !needed.Contains(owned.Id)).ToArray();
        var deletions = Planner.Delete(going);
        return new Plan(
            [
                .. deletions.Steps,
                .. found
                    .Except(going)
                    .OrderBy(owned => owned.Id)
                    .Select(owned => Unchanged(owned, IsOwnedElsewhere(owned) ? StepReason.OwnedElsewhere : StepReason.StillNeeded)),
            ],
            refused
        );

        bool IsOwnedElsewhere(Observation owned) => configured.GetValueOrDefault(owned.Id) is { Existing: true };

        bool Stays(Observation owned) =>
            IsOwnedElsewhere(owned)
            || selected is not null
                && !(
                    (configured.GetValueOrDefault(owned.Id)?.Workloads ?? owned.Workloads) is { Count: > 0 } names
                    && names.All(selected.Contains)
                );
    }

    private static Step Unchanged(Observation owned, StepReason reason) =>
        new()
        {
            Resource = owned.Id,
            Action = StepAction.Unchanged,
            Reason = reason,
            Before = owned,
            After = null,
        };
}
