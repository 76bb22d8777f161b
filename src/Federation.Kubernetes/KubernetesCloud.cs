using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Planning;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Polly;

namespace Federation.Kubernetes;

/// <summary>The clusters: namespaces and service accounts by server-side apply, under a field manager of our own.</summary>
public sealed class KubernetesCloud : ICloud, IDisposable
{
    /// <summary>The owner of our fields, in every object's <c>managedFields</c>.</summary>
    public const string FieldManager = Mark.Tool;

    /// <summary>Up to so many objects of a kind are read one by one; more of them by listing.</summary>
    private const int ReadSingly = 16;

    private readonly FederationConfiguration _configuration;
    private readonly IClusterDirectory _directory;
    private readonly ResiliencePipeline _retries;
    private readonly Mark _mark;
    private int _calls;

    /// <param name="directory">Names the endpoint of a cluster with <c>access: google</c>, and what GKE knows of every cluster.</param>
    public KubernetesCloud(FederationConfiguration configuration, IClusterDirectory directory, TimeProvider time)
    {
        _configuration = configuration;
        _directory = directory;
        _mark = new Mark(configuration.Name, []);
        _retries = KubernetesFaults.Retries(time);
        Connections = new ClusterConnections(directory);
    }

    public string Name => "kubernetes";

    public int Calls => Volatile.Read(ref _calls);

    internal ClusterConnections Connections { get; }

    public IReadOnlyList<DesiredResource> Desire(DesiredInput input)
    {
        var resources = new Dictionary<ResourceId, KubernetesResource>();
        foreach (var rendered in input.Workloads)
        {
            var workload = rendered.Workload;
            var cluster = workload.Cluster;
            var namespaceId = ResourceId.Kubernetes(cluster.Key, workload.Namespace, "namespace", workload.Namespace);
            Add(new NamespaceResource(namespaceId, cluster, rendered.Namespace)
            {
                Existing = workload.Existing.HasFlag(ExistingResources.Namespace),
            });
            Add(new ServiceAccountResource(
                ResourceId.Kubernetes(cluster.Key, workload.Namespace, "service-account", workload.ServiceAccount),
                cluster,
                workload.Namespace,
                rendered.ServiceAccount)
            {
                Existing = workload.Existing.HasFlag(ExistingResources.ServiceAccount),
                DependsOn = [namespaceId],
            });

            // One owned elsewhere for one workload is not ours for any other either.
            void Add(KubernetesResource resource) =>
                resources[resource.Id] = resources.TryGetValue(resource.Id, out var shared)
                    ? shared with { Workloads = [.. shared.Workloads, workload.Name], Existing = shared.Existing || resource.Existing, Adopt = shared.Adopt || workload.Adopt }
                    : resource with { Workloads = [workload.Name], Adopt = workload.Adopt };
        }

        return [.. resources.Values.Select(resource => resource.Marked(new Mark(input.Configuration.Name, resource.Workloads)))];
    }

    public async Task<IReadOnlyList<Finding>> ConfirmAsync(DesiredInput input, CancellationToken cancellationToken)
    {
        var clusters = input.Workloads.Select(rendered => rendered.Workload.Cluster).Distinct().ToArray();
        var findings = await Task.WhenAll(clusters.Select(cluster => ConfirmAsync(cluster, cancellationToken)));
        return [.. findings.OfType<Finding>()];
    }

    public async Task<IReadOnlyList<Observation>> ReadAsync(IReadOnlyList<DesiredResource> resources, CancellationToken cancellationToken)
    {
        var byCluster = resources.Cast<KubernetesResource>().GroupBy(resource => resource.Cluster);
        var observations = await Task.WhenAll(byCluster.Select(group => ReadAsync(group.Key, [.. group], cancellationToken)));
        return [.. observations.SelectMany(observation => observation)];
    }

    public async Task ApplyAsync(Change change, CancellationToken cancellationToken)
    {
        var desired = (KubernetesResource)change.Desired;
        var connection = await Connections.GetAsync(desired.Cluster, cancellationToken);
        var patch = new V1Patch(desired.Document, V1Patch.PatchType.ApplyPatch);
        try
        {
            await CallAsync(
                connection,
                $"apply {desired.Path}",
                desired.Id,
                async (client, token) => desired switch
                {
                    NamespaceResource => (object)await client.CoreV1.PatchNamespaceAsync(patch, desired.Name, fieldManager: FieldManager, force: desired.Adopt, cancellationToken: token),
                    ServiceAccountResource account => await client.CoreV1.PatchNamespacedServiceAccountAsync(patch, desired.Name, account.Namespace, fieldManager: FieldManager, force: desired.Adopt, cancellationToken: token),
                    _ => throw new ArgumentOutOfRangeException(nameof(change), desired, "Not a kind of this cloud."),
                },
                cancellationToken);
        }
        catch (HttpOperationException conflict) when (conflict.Response.StatusCode == HttpStatusCode.Conflict)
        {
            throw new FindingException(Conflict(desired, KubernetesFaults.MessageOf(conflict)), conflict);
        }
    }

    public void Dispose() => Connections.Dispose();

    /// <summary>One call, counted and retried. Conflicts and absences are the caller's to judge; anything else becomes a finding.</summary>
    internal async Task<T> CallAsync<T>(
        ClusterConnection connection,
        string attempt,
        ResourceId? resource,
        Func<IKubernetes, CancellationToken, Task<T>> call,
        CancellationToken cancellationToken)
    {
        try
        {
            return await _retries.ExecuteAsync(
                async token =>
                {
                    Interlocked.Increment(ref _calls);
                    return await call(connection.Client, token);
                },
                cancellationToken);
        }
        catch (Exception fault) when (IsUnexpected(fault, cancellationToken))
        {
            throw new FindingException(KubernetesFaults.FindingFor(fault, connection, attempt, resource?.Value), fault);
        }
    }

    private static bool IsUnexpected(Exception fault, CancellationToken cancellationToken) => fault switch
    {
        HttpOperationException refused => refused.Response.StatusCode is not (HttpStatusCode.Conflict or HttpStatusCode.NotFound or HttpStatusCode.UnprocessableEntity or HttpStatusCode.Gone),
        HttpRequestException or IOException or KubernetesException => true,
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        _ => false,
    };

    /// <summary>
    /// The issuer that the cluster itself names must be the configured cluster's. Where it may not be read, or
    /// names another, endpoint and CA tell a wrong cluster from the right one with another issuer.
    /// </summary>
    private async Task<Finding?> ConfirmAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        var connection = await Connections.GetAsync(cluster, cancellationToken);
        var issuer = await ReadIssuerAsync(connection, cancellationToken);
        if (issuer == cluster.Issuer)
        {
            return null;
        }

        var facts = (await _directory.ReadClustersAsync(_configuration.Clusters, cancellationToken))[cluster.Key];
        var isTheCluster = facts.Endpoints.Contains(connection.Server.IsDefaultPort ? connection.Server.Host : connection.Server.Authority, StringComparer.OrdinalIgnoreCase)
            || (connection.CaCertificate is { } authority && facts.CaCertificate is { } known && authority.ReplaceLineEndings("").Trim() == known.ReplaceLineEndings("").Trim());
        return (isTheCluster, issuer) switch
        {
            (true, null) => null,
            (true, _) => new Finding
            {
                Code = FindingCodes.IssuerMismatch,
                Cause = $"The cluster {cluster.Key} ({cluster.ResourceName}) names another issuer in its own discovery document than the one GKE's naming gives. Nothing was changed.",
                Fix = "Check project, location and name of the cluster; AWS must trust the issuer that the tokens carry.",
                Expected = cluster.Issuer,
                Actual = issuer,
            },
            _ => new Finding
            {
                Code = FindingCodes.KubeconfigWrongCluster,
                Cause = $"{connection.Origin} leads to {connection.Server}, which is not the cluster {cluster.Key} ({cluster.ResourceName}). Nothing was changed.",
                Fix = $"gcloud container clusters get-credentials {cluster.Name} --location {cluster.Location} --project {cluster.Project}, and name its context under clusters.{cluster.Key}.context if another is current.",
                Expected = issuer is null ? string.Join(" or ", facts.Endpoints) : cluster.Issuer,
                Actual = issuer ?? connection.Server.Authority,
            },
        };
    }

    /// <summary>The issuer in the cluster's discovery document; null where this identity may not read it.</summary>
    private async Task<string?> ReadIssuerAsync(ClusterConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            var document = await _retries.ExecuteAsync(
                async token =>
                {
                    Interlocked.Increment(ref _calls);
                    return await connection.GetAsync("/.well-known/openid-configuration", token);
                },
                cancellationToken);
            return (string?)JsonNode.Parse(document)?["issuer"];
        }
        catch (HttpOperationException refused) when (refused.Response.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.NotFound)
        {
            return null;
        }
        catch (Exception fault) when (fault is JsonException || IsUnexpected(fault, cancellationToken))
        {
            throw new FindingException(KubernetesFaults.FindingFor(fault, connection, "read its OpenID discovery document", resource: null), fault);
        }
    }

    private async Task<IEnumerable<Observation>> ReadAsync(Cluster cluster, KubernetesResource[] resources, CancellationToken cancellationToken)
    {
        var connection = await Connections.GetAsync(cluster, cancellationToken);
        var namespaces = ReadNamespacesAsync(connection, [.. resources.OfType<NamespaceResource>()], cancellationToken);
        var accounts = ReadServiceAccountsAsync(connection, [.. resources.OfType<ServiceAccountResource>()], cancellationToken);
        return (await Task.WhenAll(namespaces, accounts)).SelectMany(observation => observation);
    }

    private Task<Observation[]> ReadNamespacesAsync(ClusterConnection connection, NamespaceResource[] resources, CancellationToken cancellationToken) =>
        ReadKindAsync(
            connection,
            resources,
            (client, resource, token) => client.CoreV1.ReadNamespaceAsync(resource.Name, cancellationToken: token),
            (client, page, token) => client.CoreV1.ListNamespaceAsync(limit: 500, continueParameter: page, cancellationToken: token),
            (V1NamespaceList list) => (list.Items, list.Metadata.ContinueProperty),
            resource => resource.Name,
            found => found.Metadata.Name,
            cancellationToken);

    private Task<Observation[]> ReadServiceAccountsAsync(ClusterConnection connection, ServiceAccountResource[] resources, CancellationToken cancellationToken) =>
        ReadKindAsync(
            connection,
            resources,
            (client, resource, token) => client.CoreV1.ReadNamespacedServiceAccountAsync(resource.Name, resource.Namespace, cancellationToken: token),
            (client, page, token) => client.CoreV1.ListServiceAccountForAllNamespacesAsync(limit: 500, continueParameter: page, cancellationToken: token),
            (V1ServiceAccountList list) => (list.Items, list.Metadata.ContinueProperty),
            resource => $"{resource.Namespace}/{resource.Name}",
            found => $"{found.Metadata.NamespaceProperty}/{found.Metadata.Name}",
            cancellationToken);

    private async Task<Observation[]> ReadKindAsync<TResource, TObject, TList>(
        ClusterConnection connection,
        TResource[] resources,
        Func<IKubernetes, TResource, CancellationToken, Task<TObject>> readOne,
        Func<IKubernetes, string?, CancellationToken, Task<TList>> readPage,
        Func<TList, (IList<TObject> Items, string? Continue)> unpack,
        Func<TResource, string> keyOfResource,
        Func<TObject, string> keyOfObject,
        CancellationToken cancellationToken)
        where TResource : KubernetesResource
        where TObject : class, IMetadata<V1ObjectMeta>
    {
        if (resources.Length <= ReadSingly)
        {
            return await Task.WhenAll(resources.Select(async resource => Observe(resource, await ReadOneAsync(resource))));
        }

        var found = new Dictionary<string, TObject>(StringComparer.Ordinal);
        string? page = null;
        do
        {
            var list = unpack(await CallAsync(connection, $"list {typeof(TObject).Name[2..].ToLowerInvariant()}s", resource: null, (client, token) => readPage(client, page, token), cancellationToken));
            foreach (var item in list.Items)
            {
                found[keyOfObject(item)] = item;
            }

            page = list.Continue;
        }
        while (!string.IsNullOrEmpty(page));

        return [.. resources.Select(resource => Observe(resource, found.GetValueOrDefault(keyOfResource(resource))))];

        async Task<TObject?> ReadOneAsync(TResource resource)
        {
            try
            {
                return await CallAsync(connection, $"get {resource.Path}", resource.Id, (client, token) => readOne(client, resource, token), cancellationToken);
            }
            catch (HttpOperationException absent) when (absent.Response.StatusCode == HttpStatusCode.NotFound)
            {
                return null;
            }
        }
    }

    private Observation Observe(KubernetesResource desired, IMetadata<V1ObjectMeta>? found)
    {
        if (found is null)
        {
            return new Observation(desired.Id, Fields: null);
        }

        var metadata = found.Metadata;
        var ownership = FieldOwnership.Of(metadata);
        var wanted = desired.Fields.Values;
        var live = MetadataFields.Of(metadata.Labels, metadata.Annotations);
        var managed = new Fields(live.Values.Where(field => wanted.ContainsKey(field.Key) || ownership.IsOurs(field.Key)).Aggregate(
            Fields.Empty.Values, (fields, field) => fields.Add(field.Key, field.Value)));
        return new Observation(desired.Id, managed)
        {
            Ours = metadata.Labels is not null && _mark.IsOn(metadata.Labels.AsReadOnly()),
            Findings = desired.Adopt || desired.Existing
                ? []
                : [.. Fields.Between(managed, desired.Fields)
                    .Where(change => change.From is not null && ownership.OwnerOf(change.Path) is not null)
                    .Select(change => Conflict(desired, $"{change.Path} is {change.From}, set by {ownership.OwnerOf(change.Path)}", change))],
        };
    }

    private static Finding Conflict(KubernetesResource desired, string what, FieldChange? change = null) => new()
    {
        Code = FindingCodes.ResourceNotOurs,
        Resource = desired.Id.Value,
        Cause = $"{desired.Path} in the cluster {desired.Cluster.Key} has a field that another manager owns: {what}. It was not changed.",
        Fix = "Take the field out of the other manager's hands, or set `adopt: true` on the workload to take it over.",
        Expected = change?.To,
        Actual = change?.From,
    };
}
