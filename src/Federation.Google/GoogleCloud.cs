using Federation.Calls;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;

namespace Federation.Google;

/// <summary>Google Cloud: what GKE knows of the clusters, the service accounts and who may act as them.</summary>
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
        var accounts = new Dictionary<ResourceId, ServiceAccountResource>();
        var bindings = new Dictionary<ResourceId, WorkloadIdentityBinding>();
        foreach (
            var workload in input
                .Workloads.Select(rendered => rendered.Workload)
                .Where(workload => workload.GoogleServiceAccount is not null)
        )
        {
            var account = GoogleAccount.Of(workload);
            string[] workloads = [.. accounts.GetValueOrDefault(account.Id)?.Workloads ?? [], workload.Name];
            accounts[account.Id] = new ServiceAccountResource(account, new Mark(input.Configuration.Name, workloads))
            {
                Workloads = workloads,
            };
            var id = ResourceId.Google(
                account.Project,
                ResourceKind.WorkloadIdentityBinding,
                $"{workload.GoogleServiceAccount}:{workload.Namespace}/{workload.ServiceAccount}"
            );
            bindings[id] = new WorkloadIdentityBinding(id, account, workload.WorkloadIdentityMember, new Mark(input.Configuration.Name, []))
            {
                DependsOn = [account.Id],
                Workloads = [.. bindings.GetValueOrDefault(id)?.Workloads ?? [], workload.Name],
            };
        }

        return [.. accounts.Values, .. bindings.Values];
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
        var facts = await Task.WhenAll(
            clusters.Select(async cluster => KeyValuePair.Create(cluster.Key, await _clusters.ReadAsync(cluster, cancellationToken)))
        );
        return new Dictionary<string, ClusterFacts>(facts, StringComparer.Ordinal);
    }

    public Task<string> GetAccessTokenAsync(CancellationToken cancellationToken) => _calls.GetAccessTokenAsync(cancellationToken);

    public async Task<IReadOnlyList<Observation>> ReadAsync(IReadOnlyList<DesiredResource> resources, CancellationToken cancellationToken)
    {
        // Accounts and bindings are read side by side: one policy holds all bindings of an account, and an absent account has none.
        var accounts = await Task.WhenAll(
            resources
                .GroupBy(resource =>
                    resource is WorkloadIdentityBinding binding ? binding.Account : ((ServiceAccountResource)resource).Account
                )
                .Select(group => ReadAccountAsync(group.Key, [.. group], cancellationToken))
        );
        return [.. accounts.SelectMany(observations => observations)];
    }

    public Task ApplyAsync(Step step, CancellationToken cancellationToken) =>
        step.After switch
        {
            ServiceAccountResource account => Accounts.CreateAsync(account, cancellationToken),
            WorkloadIdentityBinding binding => Accounts.BindAsync(binding, cancellationToken),
            _ => throw new ArgumentOutOfRangeException(nameof(step), step.After, "Not a kind of this cloud."),
        };

    public IAsyncEnumerable<Observation> FindOwnedAsync(FederationConfiguration configuration, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Owned resources are not listed yet.");

    public Task DeleteAsync(Step step, CancellationToken cancellationToken) => throw new NotSupportedException("Nothing is deleted yet.");

    public void Dispose() => _calls.Dispose();

    /// <summary>Observes an account and its bindings.</summary>
    /// <param name="resources">The account, its bindings, or both.</param>
    private async Task<IEnumerable<Observation>> ReadAccountAsync(
        GoogleAccount account,
        IReadOnlyList<DesiredResource> resources,
        CancellationToken cancellationToken
    )
    {
        var reading = Accounts.FindAsync(account, cancellationToken);
        var readingUsers = resources.Any(resource => resource is WorkloadIdentityBinding)
            ? Accounts.FindUsersAsync(account, cancellationToken)
            : Task.FromResult<IReadOnlyList<string>?>(null);
        await Task.WhenAll(reading, readingUsers);
        var (found, users) = (await reading, await readingUsers);
        return resources.Select(resource =>
            resource switch
            {
                WorkloadIdentityBinding binding => new Observation(
                    binding.Id,
                    users?.Contains(binding.Member, StringComparer.Ordinal) == true ? binding.Fields : null
                )
                {
                    Ours = binding.Mark.IsOn(found?.Description),
                },
                ServiceAccountResource desired => new Observation(
                    desired.Id,
                    found is null ? null : ServiceAccountResource.FieldsOf(found.Email)
                )
                {
                    Ours = desired.Mark.IsOn(found?.Description),
                },
                _ => throw new ArgumentOutOfRangeException(nameof(resources), resource, "Not a kind of this cloud."),
            }
        );
    }
}
