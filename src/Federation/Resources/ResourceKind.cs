namespace Federation.Resources;

/// <summary>A kind of resource: the cloud that serves it, and its segment in a <see cref="ResourceId"/>.</summary>
public sealed record ResourceKind
{
    public static readonly ResourceKind Role = new(ResourceId.AwsCloud, "role");
    public static readonly ResourceKind Provider = new(ResourceId.AwsCloud, "oidc-provider");
    public static readonly ResourceKind Policy = new(ResourceId.AwsCloud, "policy");
    public static readonly ResourceKind Cluster = new(ResourceId.GoogleCloud, "cluster");
    public static readonly ResourceKind GoogleServiceAccount = new(ResourceId.GoogleCloud, "service-account");
    public static readonly ResourceKind WorkloadIdentityBinding = new(ResourceId.GoogleCloud, "workload-identity-binding");
    public static readonly ResourceKind Namespace = new(ResourceId.KubernetesCloud, "namespace");
    public static readonly ResourceKind ServiceAccount = new(ResourceId.KubernetesCloud, "service-account");
    public static readonly ResourceKind Pod = new(ResourceId.KubernetesCloud, "pod");

    private ResourceKind(string cloud, string name) => (Cloud, Name) = (cloud, name);

    public string Cloud { get; }

    public string Name { get; }

    public override string ToString() => $"{Cloud} {Name}";
}
