namespace Federation.Resources;

/// <summary>
/// The name of a resource across clouds: <c>aws/ACCOUNT/KIND/NAME</c>, <c>google/PROJECT/KIND/NAME</c>,
/// <c>kubernetes/CLUSTER/NAMESPACE/KIND/NAME</c>. Ordered as text, ordinally.
/// </summary>
public sealed record ResourceId : IComparable<ResourceId>
{
    private ResourceId(string cloud, string path) => (Cloud, Value) = (cloud, $"{cloud}/{path}");

    /// <summary>The cloud that serves it: <c>aws</c>, <c>google</c> or <c>kubernetes</c>.</summary>
    public string Cloud { get; }

    public string Value { get; }

    public static ResourceId Aws(string account, string kind, string name) => new("aws", $"{account}/{kind}/{name}");

    public static ResourceId Google(string project, string kind, string name) => new("google", $"{project}/{kind}/{name}");

    /// <param name="cluster">The cluster's key in the configuration.</param>
    /// <param name="namespace">The namespace; for a namespace itself, its own name.</param>
    public static ResourceId Kubernetes(string cluster, string @namespace, string kind, string name) =>
        new("kubernetes", $"{cluster}/{@namespace}/{kind}/{name}");

    public int CompareTo(ResourceId? other) => string.CompareOrdinal(Value, other?.Value);

    public override string ToString() => Value;

    public static bool operator <(ResourceId left, ResourceId right) => left.CompareTo(right) < 0;

    public static bool operator >(ResourceId left, ResourceId right) => left.CompareTo(right) > 0;

    public static bool operator <=(ResourceId left, ResourceId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ResourceId left, ResourceId right) => left.CompareTo(right) >= 0;
}
