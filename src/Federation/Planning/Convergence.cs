using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;
using Federation.Templates;

namespace Federation.Planning;

/// <summary>
/// Plans the changes that bring the clouds to what the documents say. Everything is read concurrently and compared; nothing
/// counts before the accounts and clusters are confirmed to be the configured ones.
/// </summary>
/// <param name="workloads">The whole federation's; selection never changes what a shared role trusts.</param>
/// <param name="selected">The names of the workloads to write.</param>
/// <param name="leftBehind">What is done about what is no longer configured.</param>
public sealed class Convergence(
    FederationConfiguration configuration,
    IReadOnlyList<RenderedWorkload> workloads,
    IReadOnlySet<string> selected,
    IReadOnlyList<ICloud> clouds,
    IClusterDirectory directory,
    LeftBehindPolicy leftBehind
)
{
    private readonly HashSet<string> _adopting = configuration
        .Workloads.Where(workload => workload.Adopt)
        .Select(workload => workload.Name)
        .ToHashSet(StringComparer.Ordinal);

    /// <summary>
    /// What would change. Blocking problems are in the plan's findings. If the credentials are for the wrong account or
    /// cluster, only those problems are reported, since nothing read from there counts.
    /// </summary>
    public async Task<Plan> PlanAsync(CancellationToken cancellationToken)
    {
        // Ids and accounts follow from the configuration alone, so only the comparison waits for the clusters' facts.
        var unread = new DesiredInput(configuration, workloads, new Dictionary<string, ClusterFacts>(StringComparer.Ordinal));
        var needed = Selected(unread);
        var concerned = unread with { Workloads = [.. workloads.Where(rendered => selected.Contains(rendered.Workload.Name))] };
        var clusters = Collected.FromAsync(
            "reading the clusters from GKE",
            () => directory.ReadClustersAsync(ClustersOf(needed), cancellationToken)
        );
        var confirmations = clouds
            .Select(cloud =>
                Collected.FromAsync(
                    $"confirming the identity used for {cloud.Name}",
                    () => cloud.ConfirmAsync(concerned, cancellationToken)
                )
            )
            .ToArray();
        var byCloud = needed.ToLookup(resource => resource.Id.Cloud, StringComparer.Ordinal);
        var readings = clouds
            .Select(cloud =>
                Collected.FromAsync($"reading from {cloud.Name}", () => cloud.ReadAsync([.. byCloud[cloud.Name]], cancellationToken))
            )
            .ToArray();

        var finding = FindLeftBehindAsync(unread, cancellationToken);

        var facts = await clusters;
        var confirmed = await Task.WhenAll(confirmations);
        var observed = await Task.WhenAll(readings);
        var left = await finding;
        Finding[] unconfirmed =
        [
            .. facts.Findings,
            .. confirmed.SelectMany(confirmation => confirmation.Findings.Concat(confirmation.Result ?? [])),
        ];
        if (HasError(unconfirmed))
        {
            return new Plan([], Distinct(unconfirmed));
        }

        Finding[] unreadable =
        [
            .. unconfirmed,
            .. observed.SelectMany(reading => reading.Findings),
            .. left.Refused.Select(refused => Deletes ? refused : LeftBehind.Unknown(refused)),
        ];
        if (HasError(unreadable))
        {
            return new Plan([], Distinct(unreadable));
        }

        var plan = Planner.Plan(
            Selected(unread with { Clusters = facts.Result! }),
            observed.SelectMany(reading => reading.Result!),
            Deletes ? left.Found : []
        );
        var told = Deletes ? [] : left.Found.OrderBy(one => one.Id).Select(one => LeftBehind.Describe(one, configuration));
        return plan with { Findings = Distinct([.. unreadable, .. plan.Findings, .. told, .. left.OutOfSight]) };
    }

    private bool Deletes => leftBehind == LeftBehindPolicy.Delete;

    /// <summary>What carries this federation's mark and no workload of the configuration, selected or not, needs.</summary>
    /// <returns>With it why the rest could not be read, and what is out of sight.</returns>
    private async Task<(
        IReadOnlyList<Observation> Found,
        IReadOnlyList<Finding> Refused,
        IEnumerable<Finding> OutOfSight
    )> FindLeftBehindAsync(DesiredInput input, CancellationToken cancellationToken)
    {
        if (leftBehind == LeftBehindPolicy.Ignore)
        {
            return ([], [], []);
        }

        var needed = clouds.SelectMany(cloud => cloud.Desire(input)).Select(resource => resource.Id).ToHashSet();
        var (found, refused) = await OwnedResources.FindAsync(configuration, clouds, cancellationToken);
        return ([.. found.Where(owned => !needed.Contains(owned.Id))], refused, LeftBehind.OutOfSight(found, configuration));
    }

    private List<DesiredResource> Selected(DesiredInput input) =>
        [
            .. clouds
                .SelectMany(cloud => cloud.Desire(input))
                .Where(resource => resource.Workloads.Any(selected.Contains))
                .Select(resource => Planner.WithAdoption(resource, _adopting)),
        ];

    /// <summary>A shared role keeps the ids of all the clusters it trusts, also those of workloads that are not selected.</summary>
    private Cluster[] ClustersOf(List<DesiredResource> needed)
    {
        var sharing = needed.SelectMany(resource => resource.Workloads).Concat(selected).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. workloads
                .Select(rendered => rendered.Workload)
                .Where(workload => sharing.Contains(workload.Name))
                .Select(workload => workload.Cluster)
                .Distinct(),
        ];
    }

    private static bool HasError(IEnumerable<Finding> findings) => findings.Any(finding => finding.Severity == Severity.Error);

    /// <summary>Several clouds may report the same problem, such as missing credentials.</summary>
    private static IReadOnlyList<Finding> Distinct(IEnumerable<Finding> findings) => [.. findings.Distinct()];
}
