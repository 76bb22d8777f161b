namespace Federation.Resources;

/// <summary>
/// The name of a resource across clouds: <c>aws/ACCOUNT/KIND/NAME</c>, <c>google/PROJECT/KIND/NAME</c>,
/// <c>kubernetes/CLUSTER/NAMESPACE/KIND/NAME</c>. Ordered as text, ordinally.
/// </summary>
public sealed record ResourceId : IComparable<ResourceId>
{
    internal const string AwsCloud = "aws";
    internal const string GoogleCloud = "google";
    internal const string KubernetesCloud = "kubernetes";

    private ResourceId(ResourceKind kind, string scope, string name)
    {
        Kind = kind;
        Name = name;
        Value = $"{kind.Cloud}/{scope}/{kind.Name}/{name}";
    }

    public ResourceKind Kind { get; }

    /// <summary>The last part: the resource's name in its cloud. May contain slashes, as an issuer's path does.</summary>
    public string Name { get; }

    /// <summary>The whole name, as reports and findings show it.</summary>
    public string Value { get; }

    /// <summary>The cloud that serves it: <c>aws</c>, <c>google</c> or <c>kubernetes</c>.</summary>
    public string Cloud => Kind.Cloud;

    /// <param name="account">The account's twelve digits.</param>
    /// <exception cref="ArgumentException">The kind is another cloud's.</exception>
    public static ResourceId Aws(string account, ResourceKind kind, string name) => new(Checked(AwsCloud, kind), account, name);

    /// <exception cref="ArgumentException">The kind is another cloud's.</exception>
    public static ResourceId Google(string project, ResourceKind kind, string name) => new(Checked(GoogleCloud, kind), project, name);

    /// <summary>The permission of a Kubernetes service account to act as a Google one.</summary>
    /// <param name="googleServiceAccount">The id of the account in its project.</param>
    /// <param name="serviceAccount">The Kubernetes service account, as <c>NAMESPACE/NAME</c>.</param>
    public static ResourceId WorkloadIdentityBinding(string project, string googleServiceAccount, string serviceAccount) =>
        Google(project, ResourceKind.WorkloadIdentityBinding, $"{googleServiceAccount}:{serviceAccount}");

    /// <param name="cluster">The cluster's key in the configuration.</param>
    /// <param name="namespace">The namespace; for a namespace itself, its own name.</param>
    /// <exception cref="ArgumentException">The kind is another cloud's.</exception>
    public static ResourceId Kubernetes(string cluster, string @namespace, ResourceKind kind, string name) =>
        new(Checked(KubernetesCloud, kind), $"{cluster}/{@namespace}", name);

    public int CompareTo(ResourceId? other) => string.CompareOrdinal(Value, other?.Value);

    public bool Equals(ResourceId? other) => string.Equals(Value, other?.Value, StringComparison.Ordinal);

    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Value;

    public static bool operator <(ResourceId left, ResourceId right) => left.CompareTo(right) < 0;

    public static bool operator >(ResourceId left, ResourceId right) => left.CompareTo(right) > 0;

    public static bool operator <=(ResourceId left, ResourceId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ResourceId left, ResourceId right) => left.CompareTo(right) >= 0;

    private static ResourceKind Checked(string cloud, ResourceKind kind) =>
        kind.Cloud == cloud ? kind : throw new ArgumentException($"{kind} is not a kind of {cloud}.", nameof(kind));
}
