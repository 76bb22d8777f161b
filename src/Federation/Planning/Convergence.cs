using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;
using Federation.Templates;

namespace Federation.Planning;

/// <summary>
/// Brings the clouds to what the documents say: everything is read side by side and compared, and nothing is
/// written before the accounts and clusters are confirmed to be the configured ones.
/// </summary>
/// <param name="workloads">The whole federation's; selection never changes what a shared role trusts.</param>
/// <param name="selected">The names of the workloads to write.</param>
public sealed class Convergence(
    FederationConfiguration configuration,
    IReadOnlyList<RenderedWorkload> workloads,
    IReadOnlySet<string> selected,
    IReadOnlyList<ICloud> clouds,
    IClusterDirectory directory
)
{
    private readonly IReadOnlyDictionary<string, ICloud> _clouds = clouds.ToDictionary(cloud => cloud.Name, StringComparer.Ordinal);

    /// <summary>
    /// What would change. Everything that stands against it is in the plan's findings, the confirmation's first:
    /// with the wrong account or cluster, what was read says nothing.
    /// </summary>
    public async Task<Plan> PlanAsync(CancellationToken cancellationToken)
    {
        // Ids and accounts follow from the configuration alone, so nothing waits for the clusters' facts but the comparison.
        var unread = new DesiredInput(configuration, workloads, new Dictionary<string, ClusterFacts>(StringComparer.Ordinal));
        var needed = Selected(unread);
        var concerned = unread with { Workloads = [.. workloads.Where(rendered => selected.Contains(rendered.Workload.Name))] };
        // A shared role keeps the ids of all the clusters it trusts, those of workloads that are not selected too.
        var sharing = needed.SelectMany(resource => resource.Workloads).Concat(selected).ToHashSet(StringComparer.Ordinal);
        var clusters = CollectAsync(() =>
            directory.ReadClustersAsync(
                [
                    .. workloads
                        .Select(rendered => rendered.Workload)
                        .Where(workload => sharing.Contains(workload.Name))
                        .Select(workload => workload.Cluster)
                        .Distinct(),
                ],
                cancellationToken
            )
        );
        var confirmations = clouds.Select(cloud => CollectAsync(() => cloud.ConfirmAsync(concerned, cancellationToken))).ToArray();
        var readings = clouds
            .Select(cloud =>
                CollectAsync(() => cloud.ReadAsync([.. needed.Where(resource => resource.Id.Cloud == cloud.Name)], cancellationToken))
            )
            .ToArray();

        var facts = await clusters;
        var confirmed = await Task.WhenAll(confirmations);
        var observed = await Task.WhenAll(readings);
        Finding[] standing =
        [
            .. facts.Findings,
            .. confirmed.SelectMany(confirmation => confirmation.Findings.Concat(confirmation.Result ?? [])),
        ];
        if (HasError(standing))
        {
            return new Plan([], Once(standing));
        }

        Finding[] unreadable = [.. standing, .. observed.SelectMany(reading => reading.Findings)];
        if (HasError(unreadable))
        {
            return new Plan([], Once(unreadable));
        }

        var plan = Planner.Plan(Selected(unread with { Clusters = facts.Result! }), observed.SelectMany(reading => reading.Result!));
        return plan with { Findings = Once([.. unreadable, .. plan.Findings]) };
    }

    /// <inheritdoc cref="PlanExecution.ApplyAsync"/>
    public Task<IReadOnlyList<ChangeProgress>> ApplyAsync(
        Plan plan,
        int parallelism,
        Action<ChangeProgress> report,
        CancellationToken cancellationToken
    ) => PlanExecution.ApplyAsync(plan, _clouds, parallelism, report, cancellationToken);

    private List<DesiredResource> Selected(DesiredInput input) =>
        [.. clouds.SelectMany(cloud => cloud.Desire(input)).Where(resource => resource.Workloads.Any(selected.Contains))];

    private static bool HasError(IEnumerable<Finding> findings) => findings.Any(finding => finding.Severity == Severity.Error);

    /// <summary>Several clouds may stumble over the same thing, such as missing credentials.</summary>
    private static IReadOnlyList<Finding> Once(IEnumerable<Finding> findings) => [.. findings.Distinct()];

    private static async Task<(T? Result, IReadOnlyList<Finding> Findings)> CollectAsync<T>(Func<Task<T>> read)
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
    }
}
