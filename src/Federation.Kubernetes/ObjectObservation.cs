using Federation.Configuration;
using Federation.Planning;
using Federation.Resources;

namespace Federation.Kubernetes;

/// <summary>A namespace or a service account as it was observed.</summary>
/// <param name="Cluster">The cluster that it was looked for in.</param>
/// <param name="Namespace">The namespace that it is in; for a namespace, its own name.</param>
internal sealed record ObjectObservation(ResourceId Id, Cluster Cluster, string Namespace, Fields? Fields) : Observation(Id, Fields)
{
    /// <summary>Another one after the object was deleted and recreated; null if it is absent.</summary>
    public string? Uid { get; init; }

    /// <summary>We own fields of it under the manager of former versions, and the next write moves them.</summary>
    public bool HasFormerManager { get; init; }

    /// <summary>
    /// For a namespace that another federation has marked: the labels that stand where our mark would, by which it is written. Null:
    /// our mark is.
    /// </summary>
    public IReadOnlyDictionary<string, string>? MarkedAs { get; init; }

    public bool IsNamespace => Id.Kind == ResourceKind.Namespace;

    /// <summary>What the cluster's API calls the object, for messages: <c>serviceaccounts/NAME in NAMESPACE</c>.</summary>
    public string Path => IsNamespace ? $"namespaces/{Id.Name}" : $"serviceaccounts/{Id.Name} in {Namespace}";

    /// <summary>The object, for a person: <c>the namespace reports</c>.</summary>
    public string Shown => IsNamespace ? $"the namespace {Id.Name}" : $"the service account {Namespace}/{Id.Name}";

    /// <summary>
    /// The observation of an object that carries the mark, whether or not it is desired: its fields are those that we own.
    /// </summary>
    public static ObjectObservation Owned(Cluster cluster, LiveObject found)
    {
        var @namespace = found.Namespace ?? found.Name;
        var kind = found.Namespace is null ? ResourceKind.Namespace : ResourceKind.ServiceAccount;
        return new ObjectObservation(
            ResourceId.Kubernetes(cluster.Key, @namespace, kind, found.Name),
            cluster,
            @namespace,
            found.FieldsWhere(found.Ownership.IsOurs)
        )
        {
            Ours = true,
            Uid = found.Uid,
            Workloads = Mark.OfLabels(found.Labels)?.Workloads ?? [],
            DependsOn = NamespaceOf(cluster, found),
        };
    }

    /// <summary>The namespace that a service account is in.</summary>
    public static IReadOnlyList<ResourceId> NamespaceOf(Cluster cluster, LiveObject found) =>
        found.Namespace is { } @namespace ? [ResourceId.Kubernetes(cluster.Key, @namespace, ResourceKind.Namespace, @namespace)] : [];
}
