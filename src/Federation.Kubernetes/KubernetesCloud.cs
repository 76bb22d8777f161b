using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Federation.Calls;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;
using k8s;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>The clusters: namespaces and service accounts, written by server-side apply under a field manager of our own.</summary>
public sealed class KubernetesCloud : ICloud, IDisposable
{
    private readonly FederationConfiguration _configuration;
    private readonly IClusterDirectory _directory;
    private readonly ClusterConnections _connections;
    private readonly Mark _mark;
    private readonly ConcurrentDictionary<ClusterConnection, ClusterReader> _readers = new();

    /// <param name="directory">Names the endpoint of a cluster with <c>access: google</c>, and what GKE knows of every cluster.</param>
    /// <param name="endpoints">Names the kubeconfig files, and whether nothing but this machine may be called.</param>
    public KubernetesCloud(FederationConfiguration configuration, IClusterDirectory directory, CloudEndpoints endpoints, TimeProvider time)
    {
        _configuration = configuration;
        _directory = directory;
        _mark = configuration.Mark;
        _connections = new ClusterConnections(directory, endpoints, time);
    }

    public string Name => "kubernetes";

    public int Calls => _connections.Calls;

    /// <summary>The owner of our fields in the <c>managedFields</c> of every object.</summary>
    internal string FieldManager => FieldOwnership.ManagerOf(_mark);

    /// <summary>All workloads of the federation, those that are not selected included.</summary>
    internal IReadOnlyList<Workload> Workloads => _configuration.Workloads;

    /// <summary>The mark on what is created for one workload alone, such as its validation pod.</summary>
    internal Mark MarkOf(Workload workload) => _mark with { Workloads = [workload.Name] };

    /// <inheritdoc cref="ClusterConnections.GetAsync"/>
    internal Task<ClusterConnection> ConnectAsync(Cluster cluster, CancellationToken cancellationToken) =>
        _connections.GetAsync(cluster, cancellationToken);

    /// <summary>The cluster's one reader in this run.</summary>
    /// <inheritdoc cref="ClusterConnections.GetAsync" path="/exception"/>
    internal async Task<ClusterReader> ReaderOfAsync(Cluster cluster, CancellationToken cancellationToken) =>
        _readers.GetOrAdd(
            await ConnectAsync(cluster, cancellationToken),
            connection => new ClusterReader(connection, _configuration, _directory)
        );

    public IReadOnlyList<DesiredResource> Desire(DesiredInput input)
    {
        var resources = new Dictionary<ResourceId, KubernetesResource>();
        foreach (var rendered in input.Workloads)
        {
            var workload = rendered.Workload;
            var cluster = workload.Cluster;
            var namespaceId = ResourceId.Kubernetes(cluster.Key, workload.Namespace, ResourceKind.Namespace, workload.Namespace);
            Add(
                new NamespaceResource(namespaceId, cluster, workload.Namespace, rendered.Namespace)
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
                    // Its annotation names one Google service account: a pod that reads of another must be able to act as that.
                    DependsOn = workload.GoogleServiceAccount is { } account ? [namespaceId, BindingOf(workload, account)] : [namespaceId],
                }
            );

            // One owned elsewhere for one workload is not ours for any other either.
            void Add(KubernetesResource resource) =>
                resources[resource.Id] = resources.TryGetValue(resource.Id, out var shared)
                    ? shared with
                    {
                        Workloads = [.. shared.Workloads, workload.Name],
                        Existing = shared.Existing || resource.Existing,
                        DependsOn = [.. shared.DependsOn.Union(resource.DependsOn)],
                    }
                    : resource with
                    {
                        Workloads = [workload.Name],
                    };
        }

        return
        [
            .. resources.Values.Select(resource =>
            {
                var mark = new Mark(input.Configuration.Name, resource.Workloads);
                return resource.Existing ? resource.MarkedAs(LiveObject.None) : resource.Marked(mark);
            }),
        ];
    }

    public async Task<IReadOnlyList<Finding>> ConfirmAsync(DesiredInput input, CancellationToken cancellationToken)
    {
        var clusters = input.Workloads.Select(rendered => rendered.Workload.Cluster).Distinct().ToArray();
        var findings = await FindingException.WhenAllAsync(
            clusters.Select(async cluster =>
                (await (await ReaderOfAsync(cluster, cancellationToken)).IdentifyAsync(cancellationToken)).Wrong
            )
        );
        return [.. findings.OfType<Finding>()];
    }

    public async Task<IReadOnlyList<Observation>> ReadAsync(IReadOnlyList<DesiredResource> resources, CancellationToken cancellationToken)
    {
        var byCluster = resources.Cast<KubernetesResource>().GroupBy(resource => resource.Cluster);
        var observations = await FindingException.WhenAllAsync(
            byCluster.Select(group => ReadAsync(group.Key, [.. group], cancellationToken))
        );
        return [.. observations.SelectMany(observation => observation)];
    }

    public async Task ApplyAsync(Step step, CancellationToken cancellationToken)
    {
        var desired = (KubernetesResource)step.After!;
        if (step.Before is ObjectObservation { MarkedAs: { } live })
        {
            desired = desired.MarkedAs(live);
        }

        var reader = await ReaderOfAsync(desired.Cluster, cancellationToken);
        reader.ReadEachTime(desired.Id, desired.Namespace);
        try
        {
            if (step.Before is ObjectObservation { HasFormerManager: true })
            {
                // Write what is desired as the former manager, own it as the new one as well, then give up the former one's
                // ownership. No field is without an owner in between, and what is no longer desired is removed.
                await WriteAsync(desired, desired.Document, FieldOwnership.FormerManager);
                await WriteAsync(desired, desired.Document, FieldManager);
                await WriteAsync(desired, desired.Bare, FieldOwnership.FormerManager);
            }
            else
            {
                await WriteAsync(desired, desired.Document, FieldManager);
            }
        }
        catch (FindingException refused) when (KubernetesFaults.RefusalOf(refused) is { Kind: RefusalKind.FieldConflict } conflict)
        {
            throw new FindingException(Conflict(desired, conflict.Message), refused.InnerException!);
        }

        Task WriteAsync(KubernetesResource resource, JsonObject document, string manager) =>
            reader.Connection.CallAsync<object>(
                resource.Applying,
                async (api, token) =>
                {
                    var patch = new V1Patch(document, V1Patch.PatchType.ApplyPatch);
                    return resource is NamespaceResource
                        ? await api.CoreV1.PatchNamespaceAsync(
                            patch,
                            resource.Name,
                            fieldManager: manager,
                            force: resource.Adopt,
                            cancellationToken: token
                        )
                        : await api.CoreV1.PatchNamespacedServiceAccountAsync(
                            patch,
                            resource.Name,
                            resource.Namespace,
                            fieldManager: manager,
                            force: resource.Adopt,
                            cancellationToken: token
                        );
                },
                cancellationToken
            );
    }

    /// <summary>The namespaces and service accounts that carry the federation's mark, in all of its clusters.</summary>
    public async IAsyncEnumerable<Observation> FindOwnedAsync(
        FederationConfiguration configuration,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        foreach (var cluster in configuration.Clusters)
        {
            var owned = await OwnedAsync(cluster, cancellationToken);
            await foreach (var observation in owned.FindAsync(cancellationToken))
            {
                yield return observation;
            }
        }
    }

    public async Task<Finding?> DeleteAsync(Step step, CancellationToken cancellationToken)
    {
        var observed = (ObjectObservation)step.Before;
        return await (await OwnedAsync(observed.Cluster, cancellationToken)).DeleteAsync(observed, cancellationToken);
    }

    public void Dispose() => _connections.Dispose();

    private static ResourceId BindingOf(Workload workload, string googleServiceAccount) =>
        ResourceId.WorkloadIdentityBinding(
            workload.Cluster.Project,
            googleServiceAccount,
            $"{workload.Namespace}/{workload.ServiceAccount}"
        );

    /// <summary>Our objects in a cluster, after checking that it is the configured one: nothing is deleted in another.</summary>
    private async Task<OwnedObjects> OwnedAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        var reader = await ReaderOfAsync(cluster, cancellationToken);
        return (await reader.IdentifyAsync(cancellationToken)).Wrong is { } wrong
            ? throw new FindingException(wrong)
            : new OwnedObjects(reader, _mark with { Known = null });
    }

    private async Task<IEnumerable<Observation>> ReadAsync(
        Cluster cluster,
        KubernetesResource[] resources,
        CancellationToken cancellationToken
    )
    {
        var reader = await ReaderOfAsync(cluster, cancellationToken);
        var namespaces = resources.OfType<NamespaceResource>().ToArray();
        var accounts = resources.OfType<ServiceAccountResource>().ToArray();
        var foundNamespaces = reader.FindNamespaces([.. namespaces.Select(resource => resource.Name)], cancellationToken);
        var foundAccounts = reader.FindServiceAccounts(
            [.. accounts.Select(resource => (resource.Namespace, resource.Name))],
            cancellationToken
        );
        return await FindingException.WhenAllAsync([
            .. namespaces.Select(async resource => Observe(resource, await foundNamespaces[resource.Name])),
            .. accounts.Select(async resource => Observe(resource, await foundAccounts[(resource.Namespace, resource.Name)])),
        ]);
    }

    private ObjectObservation Observe(KubernetesResource desired, LiveObject? found)
    {
        var observed = new ObjectObservation(desired.Id, desired.Cluster, desired.Namespace, Fields: null);
        if (found is null)
        {
            return observed;
        }

        // A namespace is used by whoever needs it, and stays the one federation's that has marked it.
        var other = _mark.OtherOn(found.Labels);
        var isUsed = observed.IsNamespace && !desired.Existing && !desired.Adopt && other is not null;
        var markedAs =
            !isUsed ? null
            : Mark.OfLabels(found.Labels)!.Federation == _mark.Federation ? found.Labels
            : LiveObject.None;
        var wanted = desired.Fields.Values;
        var managed = found.FieldsWhere(path => wanted.ContainsKey(path) || (!desired.Existing && found.Ownership.IsOurs(path)));
        if (isUsed)
        {
            managed = desired.MarkIn(managed);
        }

        var isOurs = _mark.IsOn(found.Labels);
        var mustMove = found.Ownership.HasFormerManager && !desired.Existing;
        return observed with
        {
            Fields = mustMove ? managed.WithSet("fieldManager", [FieldOwnership.FormerManager]) : managed,
            Ours = isOurs,
            HasFormerManager = mustMove,
            MarkedAs = markedAs,
            Uid = found.Uid,
            Workloads = isOurs ? Mark.OfLabels(found.Labels)!.Workloads : [],
            DependsOn = ObjectObservation.NamespaceOf(desired.Cluster, found),
            Findings =
                found.IsTerminating && observed.IsNamespace
                    ? [KubernetesFaults.Terminating(desired.Cluster, desired.Name) with { Resource = desired.Id.Value }]
                    : [],
            Conflicts =
            [
                .. observed.IsNamespace || other is null ? [] : new[] { Marked(desired, other) },
                .. Fields
                    .Between(managed, desired.Fields)
                    .Where(change =>
                        change.From is not null
                        && found.Ownership.OwnerOf(change.Path) is not null
                        && (other is null || !MetadataFields.IsMark(change.Path))
                    )
                    .Select(change =>
                        Conflict(desired, $"{change.Path} is {change.From}, set by {found.Ownership.OwnerOf(change.Path)}", change)
                    ),
            ],
        };
    }

    private static Finding Marked(KubernetesResource desired, string otherwise) =>
        new()
        {
            Code = FindingCodes.ResourceNotOurs,
            Resource = desired.Id.Value,
            Cause = $"{desired.Path} in the cluster {desired.Cluster.Key} {otherwise}. It was not changed.",
            Fix =
                "Choose another service account; or list it under `existing:` if another federation has it; or set `adopt: true` on the "
                + "workload to take it over.",
        };

    private static Finding Conflict(KubernetesResource desired, string what, FieldChange? change = null) =>
        new()
        {
            Code = FindingCodes.ResourceNotOurs,
            Resource = desired.Id.Value,
            Cause =
                $"{desired.Path} in the cluster {desired.Cluster.Key} has a field that another manager owns: {what}. It was not changed.",
            Fix =
                "Take the field out of the other manager's configuration; or list the resource under `existing:` if another federation has "
                + "it; or set `adopt: true` on the workload to take it over.",
            Expected = change?.To,
            Actual = change?.From,
        };
}
