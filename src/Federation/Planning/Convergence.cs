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
        var clusters = CollectAsync(
            "reading the clusters from GKE",
            () => directory.ReadClustersAsync(ClustersOf(needed), cancellationToken)
        );
        var confirmations = clouds
            .Select(cloud =>
                CollectAsync($"confirming the identity used for {cloud.Name}", () => cloud.ConfirmAsync(concerned, cancellationToken))
            )
            .ToArray();
        var byCloud = needed.ToLookup(resource => resource.Id.Cloud, StringComparer.Ordinal);
        var readings = clouds
            .Select(cloud => CollectAsync($"reading from {cloud.Name}", () => cloud.ReadAsync([.. byCloud[cloud.Name]], cancellationToken)))
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
            .. left.SelectMany(owned => owned.Findings).Select(refused => Deletes ? refused : LeftBehind.Unknown(refused)),
        ];
        if (HasError(unreadable))
        {
            return new Plan([], Distinct(unreadable));
        }

        var owned = left.SelectMany(found => found.Result ?? []).DistinctBy(one => one.Id).ToArray();
        var plan = Planner.Plan(
            Selected(unread with { Clusters = facts.Result! }),
            observed.SelectMany(reading => reading.Result!),
            Deletes ? owned : []
        );
        var told = Deletes ? [] : owned.OrderBy(one => one.Id).Select(one => LeftBehind.Describe(one, configuration.Strict));
        return plan with { Findings = Distinct([.. unreadable, .. plan.Findings, .. told]) };
    }

    private bool Deletes => leftBehind == LeftBehindPolicy.Delete;

    /// <summary>
    /// What the clouds hold with this federation's mark and no workload of the configuration, selected or not, needs. Each
    /// account and each project's clusters are asked by themselves, so that one that cannot be read hides no other.
    /// </summary>
    private async Task<(List<Observation>? Result, IReadOnlyList<Finding> Findings)[]> FindLeftBehindAsync(
        DesiredInput input,
        CancellationToken cancellationToken
    )
    {
        if (leftBehind == LeftBehindPolicy.Ignore)
        {
            return [];
        }

        var needed = clouds.SelectMany(cloud => cloud.Desire(input)).Select(resource => resource.Id).ToHashSet();
        FederationConfiguration[] scopes =
        [
            .. configuration.Accounts.Select(account => configuration with { Accounts = [account], Clusters = [] }),
            .. configuration
                .Clusters.GroupBy(cluster => cluster.Project, StringComparer.Ordinal)
                .Select(clusters => configuration with { Accounts = [], Clusters = [.. clusters] }),
        ];
        return await Task.WhenAll(
            clouds.SelectMany(cloud =>
                scopes.Select(scope =>
                    CollectAsync($"looking for what is no longer configured in {cloud.Name}", () => FindAsync(cloud, scope))
                )
            )
        );

        async Task<List<Observation>> FindAsync(ICloud cloud, FederationConfiguration scope)
        {
            var found = new List<Observation>();
            await foreach (var owned in cloud.FindOwnedAsync(scope, cancellationToken))
            {
                if (!needed.Contains(owned.Id))
                {
                    found.Add(owned);
                }
            }

            return found;
        }
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

    private static async Task<(T? Result, IReadOnlyList<Finding> Findings)> CollectAsync<T>(string doing, Func<Task<T>> read)
        where T : class
    {
        try
        {
            return (await read(), []);
        }
        catch (FindingException refused)
        {
            return (null, refused.Findings);
        }
        catch (Exception unforeseen) when (unforeseen is not OperationCanceledException)
        {
            // Any exception: one cloud's failure must not hide the others' findings.
            return (null, [UnexpectedFailure.While(doing, unforeseen)]);
        }
    }
}
