using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Federation.Calls;
using Federation.Diagnosis;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;
using Google;
using Google.Apis.Auth.OAuth2.Responses;
using Google.Apis.Iam.v1.Data;
using Google.Apis.Requests;
using Polly;
using Polly.Retry;
using Cluster = Federation.Configuration.Cluster;
using GkeCluster = Google.Apis.Container.v1.Data.Cluster;

namespace Federation.Google;

/// <summary>Google Cloud: what GKE knows of the clusters, the service accounts and who may act as them.</summary>
public sealed class GoogleCloud : ICloud, IClusterDirectory, IDisposable
{
    /// <summary>The policy version that carries conditions; asking for less would lose other owners' conditions.</summary>
    private const int PolicyVersion = 3;

    private readonly GoogleServices _services;
    private readonly ResiliencePipeline _retries;
    private readonly ResiliencePipeline _writes;
    private readonly ConcurrentDictionary<string, Lazy<Task<ClusterFacts>>> _clusters = new(StringComparer.Ordinal);
    private int _calls;

    /// <exception cref="FindingException">A sandbox's endpoints lead to another machine (FED8005).</exception>
    public GoogleCloud(CloudEndpoints endpoints, TimeProvider time)
    {
        _services = new GoogleServices(endpoints);
        _retries = GoogleFaults.Retries(time);
        _writes = PolicyWrites(time);
    }

    public string Name => "google";

    public int Calls => Volatile.Read(ref _calls);

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
            clusters.Select(async cluster =>
                KeyValuePair.Create(
                    cluster.Key,
                    await _clusters
                        .GetOrAdd(cluster.Key, _ => new Lazy<Task<ClusterFacts>>(() => ReadClusterAsync(cluster, cancellationToken)))
                        .Value
                )
            )
        );
        return new Dictionary<string, ClusterFacts>(facts, StringComparer.Ordinal);
    }

    public async Task<string> GetAccessTokenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _services.GetAccessTokenAsync(cancellationToken);
        }
        catch (Exception fault) when (IsUnexpected(fault, cancellationToken))
        {
            throw new FindingException(GoogleFaults.FindingFor(fault, "get an access token", resource: null), fault);
        }
    }

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

    public async Task ApplyAsync(Step step, CancellationToken cancellationToken)
    {
        switch (step.After)
        {
            case ServiceAccountResource account:
                await CreateAsync(account, cancellationToken);
                break;
            case WorkloadIdentityBinding binding:
                await BindAsync(binding, cancellationToken);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(step), step.After, "Not a kind of this cloud.");
        }
    }

    public IAsyncEnumerable<Observation> FindOwnedAsync(
        Federation.Configuration.FederationConfiguration configuration,
        CancellationToken cancellationToken
    ) => throw new NotSupportedException("Owned resources are not listed yet.");

    public Task DeleteAsync(Step step, CancellationToken cancellationToken) => throw new NotSupportedException("Nothing is deleted yet.");

    public void Dispose() => _services.Dispose();

    /// <summary>
    /// Others write the same policy (409 ABORTED: the whole read-modify-write begins anew), and an account that was
    /// just made is not visible everywhere at once (404).
    /// </summary>
    private static ResiliencePipeline PolicyWrites(TimeProvider time) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(
                new RetryStrategyOptions
                {
                    ShouldHandle = new PredicateBuilder().Handle<GoogleApiException>(fault =>
                        fault.HttpStatusCode is HttpStatusCode.Conflict or HttpStatusCode.NotFound
                    ),
                    MaxRetryAttempts = 7,
                    Delay = TimeSpan.FromMilliseconds(250),
                    MaxDelay = TimeSpan.FromSeconds(8),
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                }
            )
            .Build();

    private async Task<ClusterFacts> ReadClusterAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        var clusters = (await _services.ContainerAsync()).Projects.Locations.Clusters;
        try
        {
            var found = await CallAsync(
                clusters.Get(cluster.ResourceName),
                $"get the cluster {cluster.ResourceName}",
                resource: null,
                cancellationToken
            );
            return Facts(found);
        }
        catch (GoogleApiException absent) when (absent.HttpStatusCode == HttpStatusCode.NotFound)
        {
            var all = await CallAsync(
                clusters.List($"projects/{cluster.Project}/locations/-"),
                $"list the clusters of {cluster.Project}",
                resource: null,
                cancellationToken
            );
            throw new FindingException(NotFound(cluster, all.Clusters ?? []), absent);
        }
    }

    private static ClusterFacts Facts(GkeCluster cluster)
    {
        string?[] endpoints =
        [
            cluster.Endpoint,
            cluster.ControlPlaneEndpointsConfig?.DnsEndpointConfig?.Endpoint,
            cluster.ControlPlaneEndpointsConfig?.IpEndpointsConfig?.PublicEndpoint,
            cluster.ControlPlaneEndpointsConfig?.IpEndpointsConfig?.PrivateEndpoint,
            cluster.PrivateClusterConfig?.PublicEndpoint,
            cluster.PrivateClusterConfig?.PrivateEndpoint,
        ];
        return new ClusterFacts(
            cluster.Id ?? "",
            cluster.Status ?? "STATUS_UNSPECIFIED",
            cluster.WorkloadIdentityConfig?.WorkloadPool,
            [.. endpoints.OfType<string>().Where(endpoint => endpoint.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase)],
            cluster.MasterAuth?.ClusterCaCertificate is { Length: > 0 } encoded
                ? Encoding.UTF8.GetString(Convert.FromBase64String(encoded))
                : null
        )
        {
            // Autopilot's pools are Google's to keep, and always have it.
            PoolsWithoutWorkloadIdentity =
                cluster.Autopilot?.Enabled == true
                    ? []
                    :
                    [
                        .. (cluster.NodePools ?? [])
                            .Where(pool => pool.Config?.WorkloadMetadataConfig?.Mode != "GKE_METADATA")
                            .Select(pool => pool.Name),
                    ],
        };
    }

    private static Finding NotFound(Cluster cluster, IEnumerable<GkeCluster> others)
    {
        var elsewhere = others.FirstOrDefault(other => other.Name == cluster.Name);
        return new Finding
        {
            Code = FindingCodes.ClusterNotFound,
            Resource = ResourceId.Google(cluster.Project, ResourceKind.Cluster, cluster.Name).Value,
            Cause = elsewhere is null
                ? $"There is no cluster {cluster.Name} in {cluster.Location} of the project {cluster.Project}{(others.Any() ? $"; it has {string.Join(", ", others.Select(other => $"{other.Name} in {other.Location}"))}" : "")}."
                : $"The cluster {cluster.Name} of the project {cluster.Project} is in {elsewhere.Location}, not in {cluster.Location}: a {(IsZone(elsewhere.Location) ? "zonal" : "regional")} cluster's own location is what its issuer carries.",
            Fix = elsewhere is null
                ? $"Correct clusters.{cluster.Key} (project, location, name)."
                : $"Set clusters.{cluster.Key}.location to {elsewhere.Location}.",
            Expected = cluster.ResourceName,
            Actual = elsewhere is null ? null : $"projects/{cluster.Project}/locations/{elsewhere.Location}/clusters/{elsewhere.Name}",
        };
    }

    private static bool IsZone(string location) => location.Count(c => c == '-') == 2;

    /// <summary>The account as it is; null if there is none.</summary>
    internal async Task<ServiceAccount?> FindAccountAsync(GoogleAccount account, CancellationToken cancellationToken)
    {
        var accounts = (await _services.IamAsync()).Projects.ServiceAccounts;
        return await FindAsync(() =>
            CallAsync(accounts.Get(account.ResourceName), $"get the service account {account.Email}", account.Id, cancellationToken)
        );
    }

    /// <summary>The members of the account's unconditional <c>roles/iam.workloadIdentityUser</c> binding; null if there is no such account.</summary>
    internal async Task<IReadOnlyList<string>?> FindWorkloadIdentityUsersAsync(
        GoogleAccount account,
        CancellationToken cancellationToken
    ) =>
        await FindAsync(() => ReadPolicyAsync(account, cancellationToken)) is { } policy ? [.. Unconditional(policy)?.Members ?? []] : null;

    private static async Task<T?> FindAsync<T>(Func<Task<T>> call)
        where T : class
    {
        try
        {
            return await call();
        }
        catch (GoogleApiException absent) when (absent.HttpStatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Observes an account and its bindings.</summary>
    /// <param name="resources">The account, its bindings, or both.</param>
    private async Task<IEnumerable<Observation>> ReadAccountAsync(
        GoogleAccount account,
        IReadOnlyList<DesiredResource> resources,
        CancellationToken cancellationToken
    )
    {
        var reading = FindAccountAsync(account, cancellationToken);
        var readingUsers = resources.Any(resource => resource is WorkloadIdentityBinding)
            ? FindWorkloadIdentityUsersAsync(account, cancellationToken)
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

    private async Task<Policy> ReadPolicyAsync(GoogleAccount account, CancellationToken cancellationToken)
    {
        var request = (await _services.IamAsync()).Projects.ServiceAccounts.GetIamPolicy(account.ResourceName);
        request.OptionsRequestedPolicyVersion = PolicyVersion;
        return await CallAsync(request, $"read the IAM policy of {account.Email}", account.Id, cancellationToken);
    }

    private static Binding? Unconditional(Policy policy) =>
        policy.Bindings?.FirstOrDefault(held => held.Role == WorkloadIdentityBinding.Role && held.Condition is null);

    private async Task CreateAsync(ServiceAccountResource desired, CancellationToken cancellationToken)
    {
        var account = desired.Account;
        var accounts = (await _services.IamAsync()).Projects.ServiceAccounts;
        var body = new CreateServiceAccountRequest
        {
            AccountId = account.AccountId,
            ServiceAccount = new ServiceAccount { DisplayName = account.AccountId, Description = desired.Mark.Description },
        };
        try
        {
            await CallAsync(
                accounts.Create(body, $"projects/{account.Project}"),
                $"create the service account {account.Email}",
                account.Id,
                cancellationToken
            );
        }
        catch (GoogleApiException exists) when (exists.HttpStatusCode == HttpStatusCode.Conflict)
        {
            // Made by somebody else since it was read, or by a try of ours whose answer was lost: either way it is there to be used.
        }
    }

    private async Task BindAsync(WorkloadIdentityBinding binding, CancellationToken cancellationToken)
    {
        var accounts = (await _services.IamAsync()).Projects.ServiceAccounts;
        try
        {
            await _writes.ExecuteAsync(
                async token =>
                {
                    var policy = await ReadPolicyAsync(binding.Account, token);
                    if (Unconditional(policy)?.Members?.Contains(binding.Member, StringComparer.Ordinal) == true)
                    {
                        return;
                    }

                    Add(policy, binding);
                    var body = new global::Google.Apis.Iam.v1.Data.SetIamPolicyRequest { Policy = policy };
                    await CallAsync(
                        accounts.SetIamPolicy(body, binding.Account.ResourceName),
                        $"write the IAM policy of {binding.Account.Email}",
                        binding.Id,
                        token
                    );
                },
                cancellationToken
            );
        }
        catch (GoogleApiException fault)
        {
            throw new FindingException(
                GoogleFaults.FindingFor(fault, $"bind {binding.Member} to {binding.Account.Email}", binding.Id.Value),
                fault
            );
        }
    }

    /// <summary>Adds the member to the unconditional binding of the role, and leaves all else as it is, etag included.</summary>
    private static void Add(Policy policy, WorkloadIdentityBinding binding)
    {
        policy.Version = PolicyVersion;
        policy.Bindings ??= [];
        if (Unconditional(policy) is { } held)
        {
            held.Members = [.. held.Members ?? [], binding.Member];
        }
        else
        {
            policy.Bindings.Add(new Binding { Role = WorkloadIdentityBinding.Role, Members = [binding.Member] });
        }
    }

    /// <summary>One call, counted and retried. Conflicts and absences are the caller's to judge; anything else becomes a finding.</summary>
    private async Task<T> CallAsync<T>(
        IClientServiceRequest<T> request,
        string attempt,
        ResourceId? resource,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await _retries.ExecuteAsync(
                async token =>
                {
                    Interlocked.Increment(ref _calls);
                    return await request.ExecuteAsync(token);
                },
                cancellationToken
            );
        }
        catch (Exception fault) when (IsUnexpected(fault, cancellationToken))
        {
            throw new FindingException(GoogleFaults.FindingFor(fault, attempt, resource?.Value), fault);
        }
    }

    private static bool IsUnexpected(Exception fault, CancellationToken cancellationToken) =>
        fault switch
        {
            GoogleApiException refused => refused.HttpStatusCode is not (HttpStatusCode.Conflict or HttpStatusCode.NotFound),
            TokenResponseException or HttpRequestException or IOException => true,
            OperationCanceledException => !cancellationToken.IsCancellationRequested,
            _ => false,
        };
}
