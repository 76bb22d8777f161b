using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Calls;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;
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

    /// <summary>So many objects of a list come at a time.</summary>
    internal const int PageSize = 500;

    private readonly FederationConfiguration _configuration;
    private readonly IClusterDirectory _directory;
    private readonly ResiliencePipeline _retries;
    private readonly Mark _mark;
    private int _calls;

    /// <param name="directory">Names the endpoint of a cluster with <c>access: google</c>, and what GKE knows of every cluster.</param>
    /// <param name="endpoints">Names the kubeconfig files, and whether nothing but this machine may be called.</param>
    public KubernetesCloud(FederationConfiguration configuration, IClusterDirectory directory, CloudEndpoints endpoints, TimeProvider time)
    {
        _configuration = configuration;
        _directory = directory;
        _mark = new Mark(configuration.Name, []);
        _retries = KubernetesFaults.Retries(time);
        Connections = new ClusterConnections(directory, endpoints);
    }

    public string Name => "kubernetes";

    public int Calls => Volatile.Read(ref _calls);

    internal ClusterConnections Connections { get; }

    /// <summary>All workloads of the federation, those that are not selected included.</summary>
    internal IReadOnlyList<Workload> Workloads => _configuration.Workloads;

    /// <summary>The mark on what was made for one workload alone, such as its validation pod.</summary>
    internal Mark MarkOf(Workload workload) => _mark with { Workloads = [workload.Name] };

    public IReadOnlyList<DesiredResource> Desire(DesiredInput input)
    {
        var resources = new Dictionary<ResourceId, KubernetesResource>();
        foreach (var rendered in input.Workloads)
        {
            var workload = rendered.Workload;
            var cluster = workload.Cluster;
            var namespaceId = ResourceId.Kubernetes(cluster.Key, workload.Namespace, ResourceKind.Namespace, workload.Namespace);
            Add(
                new NamespaceResource(namespaceId, cluster, rendered.Namespace)
                {
                    Existing = workload.Existing.HasFlag(ExistingResources.Namespace),
                }
            );
            Add(
                new ServiceAccountResource(
                    ResourceId.Kubernetes(cluster.Key, workload.Namespace, ResourceKind.ServiceAccount, workload.ServiceAccount),
                    cluster,
                    workload.Namespace,
                    rendered.ServiceAccount
                )
                {
                    Existing = workload.Existing.HasFlag(ExistingResources.ServiceAccount),
                    DependsOn = [namespaceId],
                }
            );

            // One owned elsewhere for one workload is not ours for any other either.
            void Add(KubernetesResource resource) =>
                resources[resource.Id] = resources.TryGetValue(resource.Id, out var shared)
                    ? shared with
                    {
                        Workloads = [.. shared.Workloads, workload.Name],
                        Existing = shared.Existing || resource.Existing,
                    }
                    : resource with
                    {
                        Workloads = [workload.Name],
                    };
        }

        return [.. resources.Values.Select(resource => resource.Marked(new Mark(input.Configuration.Name, resource.Workloads)))];
    }

    public async Task<IReadOnlyList<Finding>> ConfirmAsync(DesiredInput input, CancellationToken cancellationToken)
    {
        var clusters = input.Workloads.Select(rendered => rendered.Workload.Cluster).Distinct().ToArray();
        var findings = await Task.WhenAll(
            clusters.Select(async cluster =>
                (await IdentifyAsync(await Connections.GetAsync(cluster, cancellationToken), cancellationToken)).Wrong
            )
        );
        return [.. findings.OfType<Finding>()];
    }

    public async Task<IReadOnlyList<Observation>> ReadAsync(IReadOnlyList<DesiredResource> resources, CancellationToken cancellationToken)
    {
        var byCluster = resources.Cast<KubernetesResource>().GroupBy(resource => resource.Cluster);
        var observations = await Task.WhenAll(byCluster.Select(group => ReadAsync(group.Key, [.. group], cancellationToken)));
        return [.. observations.SelectMany(observation => observation)];
    }

    public async Task ApplyAsync(Step step, CancellationToken cancellationToken)
    {
        var desired = (KubernetesResource)step.After!;
        var connection = await Connections.GetAsync(desired.Cluster, cancellationToken);
        var patch = new V1Patch(desired.Document, V1Patch.PatchType.ApplyPatch);
        try
        {
            await CallAsync(
                connection,
                $"apply {desired.Path}",
                desired.Id,
                async (client, token) =>
                    desired switch
                    {
                        NamespaceResource => (object)
                            await client.CoreV1.PatchNamespaceAsync(
                                patch,
                                desired.Name,
                                fieldManager: FieldManager,
                                force: desired.Adopt,
                                cancellationToken: token
                            ),
                        ServiceAccountResource account => await client.CoreV1.PatchNamespacedServiceAccountAsync(
                            patch,
                            desired.Name,
                            account.Namespace,
                            fieldManager: FieldManager,
                            force: desired.Adopt,
                            cancellationToken: token
                        ),
                        _ => throw new ArgumentOutOfRangeException(nameof(step), desired, "Not a kind of this cloud."),
                    },
                cancellationToken
            );
        }
        catch (HttpOperationException conflict) when (conflict.Response.StatusCode == HttpStatusCode.Conflict)
        {
            throw new FindingException(Conflict(desired, KubernetesFaults.MessageOf(conflict)), conflict);
        }
    }

    public IAsyncEnumerable<Observation> FindOwnedAsync(FederationConfiguration configuration, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Owned resources are not listed yet.");

    public Task DeleteAsync(Step step, CancellationToken cancellationToken) => throw new NotSupportedException("Nothing is deleted yet.");

    public void Dispose() => Connections.Dispose();

    /// <summary>One call, counted and retried. Conflicts and absences are the caller's to judge; anything else becomes a finding.</summary>
    internal async Task<T> CallAsync<T>(
        ClusterConnection connection,
        string attempt,
        ResourceId? resource,
        Func<IKubernetes, CancellationToken, Task<T>> call,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await _retries.ExecuteAsync(
                async token =>
                {
                    Interlocked.Increment(ref _calls);
                    return await call(connection.Client, token);
                },
                cancellationToken
            );
        }
        catch (Exception fault) when (IsUnexpected(fault, cancellationToken))
        {
            throw new FindingException(KubernetesFaults.FindingFor(fault, connection, attempt, resource?.Value), fault);
        }
    }

    private static bool IsUnexpected(Exception fault, CancellationToken cancellationToken) =>
        fault switch
        {
            HttpOperationException refused => refused.Response.StatusCode
                is not (HttpStatusCode.Conflict or HttpStatusCode.NotFound or HttpStatusCode.UnprocessableEntity or HttpStatusCode.Gone),
            HttpRequestException or IOException or WebSocketException or KubernetesException => true,
            OperationCanceledException => !cancellationToken.IsCancellationRequested,
            _ => false,
        };

    /// <summary>
    /// The issuer that the cluster itself names, which must be the configured cluster's. Where it may not be read (null), or
    /// names another, endpoint and CA tell a wrong cluster from the right one with another issuer.
    /// </summary>
    internal async Task<(string? Issuer, Finding? Wrong)> IdentifyAsync(ClusterConnection connection, CancellationToken cancellationToken)
    {
        var cluster = connection.Cluster;
        var document = await ReadDocumentAsync(
            connection,
            "/.well-known/openid-configuration",
            "OpenID discovery document",
            cancellationToken
        );
        var issuer = (string?)document?["issuer"];
        if (issuer == cluster.Issuer)
        {
            return (issuer, null);
        }

        var facts = (await _directory.ReadClustersAsync(_configuration.Clusters, cancellationToken))[cluster.Key];
        // Clusters may share a CA; none answers with another's issuer.
        var isAnother = _configuration.Clusters.Any(other => other.Key != cluster.Key && other.Issuer == issuer);
        var isTheCluster =
            !isAnother
            && (
                facts.Endpoints.Contains(
                    connection.Server.IsDefaultPort ? connection.Server.Host : connection.Server.Authority,
                    StringComparer.OrdinalIgnoreCase
                )
                || (
                    connection.CaCertificate is { } authority
                    && facts.CaCertificate is { } known
                    && authority.ReplaceLineEndings("").Trim() == known.ReplaceLineEndings("").Trim()
                )
            );
        return (
            issuer,
            (isTheCluster, issuer) switch
            {
                (true, null) => null,
                (true, _) => new Finding
                {
                    Code = FindingCodes.IssuerMismatch,
                    Cause =
                        $"The cluster {cluster.Key} ({cluster.ResourceName}) names another issuer in its own discovery document than the one GKE's naming gives. Nothing was changed.",
                    Fix = "Check project, location and name of the cluster; AWS must trust the issuer that the tokens carry.",
                    Expected = cluster.Issuer,
                    Actual = issuer,
                },
                _ => new Finding
                {
                    Code = FindingCodes.KubeconfigWrongCluster,
                    Cause =
                        $"{connection.Origin} leads to {connection.Server}, which is not the cluster {cluster.Key} ({cluster.ResourceName}). Nothing was changed.",
                    Fix =
                        $"{KubernetesFaults.GetCredentials(cluster)}, and name its context under clusters.{cluster.Key}.context if another is current.",
                    Expected = issuer is null ? string.Join(" or ", facts.Endpoints) : cluster.Issuer,
                    Actual = issuer ?? connection.Server.Authority,
                },
            }
        );
    }

    /// <summary>One of the documents by which a cluster is an issuer; null where this identity may not read it.</summary>
    internal async Task<JsonObject?> ReadDocumentAsync(
        ClusterConnection connection,
        string path,
        string what,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var document = await _retries.ExecuteAsync(
                async token =>
                {
                    Interlocked.Increment(ref _calls);
                    return await connection.GetAsync(path, token);
                },
                cancellationToken
            );
            return JsonNode.Parse(document) as JsonObject;
        }
        catch (HttpOperationException refused) when (refused.Response.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.NotFound)
        {
            return null;
        }
        catch (Exception fault) when (fault is JsonException || IsUnexpected(fault, cancellationToken))
        {
            throw new FindingException(KubernetesFaults.FindingFor(fault, connection, $"read its {what}", resource: null), fault);
        }
    }

    private async Task<IEnumerable<Observation>> ReadAsync(
        Cluster cluster,
        KubernetesResource[] resources,
        CancellationToken cancellationToken
    )
    {
        var connection = await Connections.GetAsync(cluster, cancellationToken);
        var namespaces = resources.OfType<NamespaceResource>().ToArray();
        var accounts = resources.OfType<ServiceAccountResource>().ToArray();
        var foundNamespaces = FindNamespaces(connection, [.. namespaces.Select(resource => resource.Name)], cancellationToken);
        var foundAccounts = FindServiceAccounts(
            connection,
            [.. accounts.Select(resource => (resource.Namespace, resource.Name))],
            cancellationToken
        );
        return await Task.WhenAll([
            .. namespaces.Select(async resource => Observe(resource, await foundNamespaces[resource.Name])),
            .. accounts.Select(async resource => Observe(resource, await foundAccounts[(resource.Namespace, resource.Name)])),
        ]);
    }

    /// <summary>Begins to look for namespaces; null is what is not there.</summary>
    internal IReadOnlyDictionary<string, Task<V1Namespace?>> FindNamespaces(
        ClusterConnection connection,
        IReadOnlyCollection<string> names,
        CancellationToken cancellationToken
    ) =>
        Find(
            connection,
            names,
            "namespaces",
            name => ResourceId.Kubernetes(connection.Cluster.Key, name, ResourceKind.Namespace, name),
            name => $"namespaces/{name}",
            (client, name, token) => client.CoreV1.ReadNamespaceAsync(name, cancellationToken: token),
            (client, page, token) => client.CoreV1.ListNamespaceAsync(limit: PageSize, continueParameter: page, cancellationToken: token),
            (V1NamespaceList list) => (list.Items, list.Metadata.ContinueProperty),
            found => found.Metadata.Name,
            cancellationToken
        );

    /// <summary>Begins to look for service accounts; null is what is not there.</summary>
    internal IReadOnlyDictionary<(string Namespace, string Name), Task<V1ServiceAccount?>> FindServiceAccounts(
        ClusterConnection connection,
        IReadOnlyCollection<(string Namespace, string Name)> accounts,
        CancellationToken cancellationToken
    ) =>
        Find(
            connection,
            accounts,
            "serviceaccounts",
            account => ResourceId.Kubernetes(connection.Cluster.Key, account.Namespace, ResourceKind.ServiceAccount, account.Name),
            account => $"serviceaccounts/{account.Name} in {account.Namespace}",
            (client, account, token) =>
                client.CoreV1.ReadNamespacedServiceAccountAsync(account.Name, account.Namespace, cancellationToken: token),
            (client, page, token) =>
                client.CoreV1.ListServiceAccountForAllNamespacesAsync(limit: PageSize, continueParameter: page, cancellationToken: token),
            (V1ServiceAccountList list) => (list.Items, list.Metadata.ContinueProperty),
            found => (found.Metadata.NamespaceProperty, found.Metadata.Name),
            cancellationToken
        );

    /// <summary>A few are read one by one, each with its own refusal; many share one list.</summary>
    private Dictionary<TKey, Task<TObject?>> Find<TKey, TObject, TList>(
        ClusterConnection connection,
        IReadOnlyCollection<TKey> keys,
        string plural,
        Func<TKey, ResourceId> idOf,
        Func<TKey, string> pathOf,
        Func<IKubernetes, TKey, CancellationToken, Task<TObject>> readOne,
        Func<IKubernetes, string?, CancellationToken, Task<TList>> readPage,
        Func<TList, (IList<TObject> Items, string? Continue)> unpack,
        Func<TObject, TKey> keyOf,
        CancellationToken cancellationToken
    )
        where TKey : notnull
        where TObject : class
    {
        if (keys.Count <= ReadSingly)
        {
            return keys.ToDictionary(
                key => key,
                key =>
                    FindAsync(
                        connection,
                        $"get {pathOf(key)}",
                        idOf(key),
                        (client, token) => readOne(client, key, token),
                        cancellationToken
                    )
            );
        }

        var listing = ListAllAsync();
        return keys.ToDictionary(key => key, async key => (await listing).GetValueOrDefault(key));

        async Task<Dictionary<TKey, TObject>> ListAllAsync() =>
            (await ListAsync(connection, $"list {plural}", readPage, unpack, cancellationToken)).ToDictionary(keyOf);
    }

    /// <summary>Reads one object; null where it is not there.</summary>
    internal async Task<TObject?> FindAsync<TObject>(
        ClusterConnection connection,
        string attempt,
        ResourceId? resource,
        Func<IKubernetes, CancellationToken, Task<TObject>> read,
        CancellationToken cancellationToken
    )
        where TObject : class
    {
        try
        {
            return await CallAsync(connection, attempt, resource, read, cancellationToken);
        }
        catch (HttpOperationException absent) when (absent.Response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Reads a whole list, page by page.</summary>
    internal async Task<IReadOnlyList<TObject>> ListAsync<TObject, TList>(
        ClusterConnection connection,
        string attempt,
        Func<IKubernetes, string?, CancellationToken, Task<TList>> readPage,
        Func<TList, (IList<TObject> Items, string? Continue)> unpack,
        CancellationToken cancellationToken
    )
    {
        var items = new List<TObject>();
        string? page = null;
        do
        {
            var list = unpack(
                await CallAsync(connection, attempt, resource: null, (client, token) => readPage(client, page, token), cancellationToken)
            );
            items.AddRange(list.Items);
            page = list.Continue;
        } while (!string.IsNullOrEmpty(page));

        return items;
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
        var managed = new Fields(
            live.Values.Where(field => wanted.ContainsKey(field.Key) || ownership.IsOurs(field.Key))
                .Aggregate(Fields.Empty.Values, (fields, field) => fields.Add(field.Key, field.Value))
        );
        return new Observation(desired.Id, managed)
        {
            Ours = metadata.Labels is not null && _mark.IsOn(metadata.Labels.AsReadOnly()),
            Findings =
                desired.Adopt || desired.Existing
                    ? []
                    :
                    [
                        .. Fields
                            .Between(managed, desired.Fields)
                            .Where(change => change.From is not null && ownership.OwnerOf(change.Path) is not null)
                            .Select(change =>
                                Conflict(desired, $"{change.Path} is {change.From}, set by {ownership.OwnerOf(change.Path)}", change)
                            ),
                    ],
        };
    }

    private static Finding Conflict(KubernetesResource desired, string what, FieldChange? change = null) =>
        new()
        {
            Code = FindingCodes.ResourceNotOurs,
            Resource = desired.Id.Value,
            Cause =
                $"{desired.Path} in the cluster {desired.Cluster.Key} has a field that another manager owns: {what}. It was not changed.",
            Fix = "Take the field out of the other manager's hands, or set `adopt: true` on the workload to take it over.",
            Expected = change?.To,
            Actual = change?.From,
        };
}
