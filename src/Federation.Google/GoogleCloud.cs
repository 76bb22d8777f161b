using System.Runtime.CompilerServices;
using Federation.Calls;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;
using Google.Apis.Iam.v1.Data;

namespace Federation.Google;

/// <summary>Google Cloud: the clusters in GKE, the service accounts and who may act as them.</summary>
public sealed class GoogleCloud : ICloud, IClusterDirectory, IDisposable
{
    private readonly GoogleCalls _calls;
    private readonly GkeClusters _clusters;

    /// <exception cref="FindingException">A sandbox's endpoints lead to another machine (FED8005).</exception>
    public GoogleCloud(CloudEndpoints endpoints, TimeProvider time)
    {
        _calls = new GoogleCalls(endpoints, time);
        _clusters = new GkeClusters(_calls);
        Accounts = new ServiceAccounts(_calls, time);
    }

    public string Name => "google";

    public int Calls => _calls.Count;

    internal ServiceAccounts Accounts { get; }

    public IReadOnlyList<DesiredResource> Desire(DesiredInput input)
    {
        var workloads = input
            .Workloads.Select(rendered => rendered.Workload)
            .Where(workload => workload.GoogleServiceAccount is not null)
            .ToArray();
        var accounts = workloads
            .GroupBy(GoogleAccount.Of)
            .Select(needing =>
            {
                string[] names = [.. needing.Select(workload => workload.Name)];
                return new ServiceAccountResource(needing.Key, new Mark(input.Configuration.Name, names))
                {
                    Workloads = names,
                    Members = [.. needing.Select(workload => workload.WorkloadIdentityMember)],
                };
            });
        var bindings = workloads
            .GroupBy(workload =>
                (GoogleAccount.Of(workload), $"{workload.Namespace}/{workload.ServiceAccount}", workload.WorkloadIdentityMember)
            )
            .Select(needing =>
            {
                var (account, serviceAccount, member) = needing.Key;
                return new WorkloadIdentityBinding(account, serviceAccount, member, new Mark(input.Configuration.Name, []))
                {
                    DependsOn = [account.Id],
                    Workloads = [.. needing.Select(workload => workload.Name)],
                };
            });
        return [.. accounts, .. bindings];
    }

    /// <summary>The clusters serve, and have Workload Identity where a workload needs it (FED2002, FED2007).</summary>
    public async Task<IReadOnlyList<Finding>> ConfirmAsync(DesiredInput input, CancellationToken cancellationToken)
    {
        var byCluster = input.Workloads.Select(rendered => rendered.Workload).GroupBy(workload => workload.Cluster).ToArray();
        var facts = await ReadClustersAsync([.. byCluster.Select(group => group.Key)], cancellationToken);
        return
        [
            .. byCluster
                .SelectMany(group =>
                    new[]
                    {
                        ClusterChecks.Serving(group.Key, facts[group.Key.Key]),
                        ClusterChecks.WorkloadIdentity(group.Key, facts[group.Key.Key], group),
                    }
                )
                .OfType<Finding>(),
        ];
    }

    public async Task<IReadOnlyDictionary<string, ClusterFacts>> ReadClustersAsync(
        IReadOnlyCollection<Cluster> clusters,
        CancellationToken cancellationToken
    )
    {
        var facts = await FindingException.WhenAllAsync(
            clusters.Select(async cluster => KeyValuePair.Create(cluster.Key, await _clusters.ReadAsync(cluster, cancellationToken)))
        );
        return new Dictionary<string, ClusterFacts>(facts, StringComparer.Ordinal);
    }

    public Task<string> GetAccessTokenAsync(CancellationToken cancellationToken) => _calls.GetAccessTokenAsync(cancellationToken);

    public async Task<IReadOnlyList<Observation>> ReadAsync(IReadOnlyList<DesiredResource> resources, CancellationToken cancellationToken)
    {
        var observed = await FindingException.WhenAllAsync(
            resources.GroupBy(AccountOf).Select(concerning => ObserveAsync(concerning.Key, [.. concerning], cancellationToken))
        );
        return [.. observed.SelectMany(observations => observations)];
    }

    /// <summary>
    /// The accounts that carry the federation's mark, in the projects of its clusters. Members of bindings carry no mark, so
    /// they are not found by themselves; each account's fields name all grants on it, which go with it when it is deleted.
    /// </summary>
    public async IAsyncEnumerable<Observation> FindOwnedAsync(
        FederationConfiguration configuration,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        foreach (var project in configuration.Clusters.Select(cluster => cluster.Project).Distinct(StringComparer.Ordinal))
        {
            await foreach (var page in Accounts.ListAsync(project, cancellationToken))
            {
                var owned = page.Select(account => (Account: account, Mark: Mark.OfDescription(account.Description)))
                    .Where(one => one.Mark?.Federation == configuration.Name)
                    .Select(one => ObserveOwnedAsync(project, one.Account, one.Mark!, cancellationToken));
                foreach (var observation in await Task.WhenAll(owned))
                {
                    yield return observation;
                }
            }
        }
    }

    public Task ApplyAsync(Step step, CancellationToken cancellationToken) =>
        step.After switch
        {
            ServiceAccountResource account => Accounts.CreateAsync(account, cancellationToken),
            WorkloadIdentityBinding binding => Accounts.BindAsync(binding, cancellationToken),
            _ => throw new ArgumentOutOfRangeException(nameof(step), step.After, "Not a kind of this cloud."),
        };

    public Task<Finding?> DeleteAsync(Step step, CancellationToken cancellationToken) =>
        step.Before switch
        {
            AccountObservation account => Accounts.DeleteAsync(account, cancellationToken),
            BindingObservation binding => Accounts.UnbindAsync(binding, cancellationToken),
            _ => throw new ArgumentOutOfRangeException(nameof(step), step.Before, "Not a kind of this cloud."),
        };

    public void Dispose() => _calls.Dispose();

    private static GoogleAccount AccountOf(DesiredResource resource) =>
        resource switch
        {
            ServiceAccountResource account => account.Account,
            WorkloadIdentityBinding binding => binding.Account,
            _ => throw new ArgumentOutOfRangeException(nameof(resource), resource, "Not a kind of this cloud."),
        };

    /// <summary>Observes an account and its bindings, reading both concurrently.</summary>
    private async Task<IEnumerable<Observation>> ObserveAsync(
        GoogleAccount account,
        IReadOnlyList<DesiredResource> resources,
        CancellationToken cancellationToken
    )
    {
        var reading = Accounts.FindAsync(account, cancellationToken);
        // One policy holds all members, and an absent account has none.
        var binds = resources.Any(resource => resource is WorkloadIdentityBinding);
        var readingUsers = binds ? Accounts.FindUsersAsync(account, cancellationToken) : Task.FromResult<IReadOnlyList<string>?>(null);
        var readingGrants = binds ? Accounts.FindGrantsAsync(account, cancellationToken) : Task.FromResult<IReadOnlyList<Grant>?>(null);
        await Task.WhenAll(reading, readingUsers, readingGrants);
        var found = await reading;
        var grants = await readingGrants ?? [];
        var users = (await readingUsers ?? []).ToHashSet(StringComparer.Ordinal);
        return resources.Select<DesiredResource, Observation>(resource =>
            resource is WorkloadIdentityBinding binding
                ? BindingObservation.Of(binding, users.Contains(binding.Member), found)
                : AccountObservation.Of((ServiceAccountResource)resource, found, grants)
        );
    }

    private async Task<Observation> ObserveOwnedAsync(string project, ServiceAccount found, Mark mark, CancellationToken cancellationToken)
    {
        var account = new GoogleAccount(project, found.Email.Split('@')[0], found.Email);
        return AccountObservation.Of(account, mark, found, await Accounts.FindGrantsAsync(account, cancellationToken) ?? []);
    }
}
