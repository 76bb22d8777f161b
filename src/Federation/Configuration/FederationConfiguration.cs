using System.Text.Json.Serialization;
using Federation.Findings;
using Federation.Policies;
using Federation.Resources;

namespace Federation.Configuration;

/// <summary>A validated <c>federation.yaml</c>: references are resolved and defaults filled in.</summary>
public sealed record FederationConfiguration
{
    /// <summary>The name in the marks on what is created: the configuration's <c>name</c>, or <c>federation</c>.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The configuration gives no <c>name</c>. Then the federation of another repository may have the same one, and its marks
    /// look like ours.
    /// </summary>
    public bool HasDefaultName { get; init; }

    /// <summary>By which this federation knows what it made.</summary>
    public Mark Mark =>
        new(Name, []) { Known = HasDefaultName ? Workloads.Select(workload => workload.Name).ToHashSet(StringComparer.Ordinal) : null };

    public required IReadOnlyList<Cluster> Clusters { get; init; }

    public required IReadOnlyList<Account> Accounts { get; init; }

    public required IReadOnlyList<Workload> Workloads { get; init; }

    /// <summary>Warnings of the FED11xx group are errors.</summary>
    public bool Strict { get; init; }

    public SandboxSettings Sandbox { get; init; } = new();

    /// <summary>The configuration in which these workloads say <c>adopt: true</c>.</summary>
    public FederationConfiguration Adopting(IReadOnlySet<string> names) =>
        this with
        {
            Workloads = [.. Workloads.Select(workload => names.Contains(workload.Name) ? workload with { Adopt = true } : workload)],
        };
}

/// <summary>How the Kubernetes API of a cluster is reached.</summary>
public enum ClusterAccess
{
    /// <summary>A context of the user's kubeconfig, or the service account of the pod that this runs in.</summary>
    Kubeconfig,

    /// <summary>Endpoint and CA from GKE's API, the token from Application Default Credentials.</summary>
    Google,
}

/// <summary>A GKE cluster. <paramref name="Location"/> is its own zone or region.</summary>
public sealed record Cluster(string Key, string Project, string Location, string Name)
{
    public ClusterAccess Access { get; init; }

    /// <summary>The kubeconfig context. Null: <c>gke_PROJECT_LOCATION_NAME</c> if it exists, otherwise the current one.</summary>
    public string? Context { get; init; }

    /// <summary>The OIDC issuer without <c>https://</c>: the form IAM uses in ARNs and condition keys.</summary>
    public string IssuerPath => $"container.googleapis.com/v1/projects/{Project}/locations/{Location}/clusters/{Name}";

    /// <summary>The OIDC issuer URL that GKE writes into the <c>iss</c> claim.</summary>
    public string Issuer => "https://" + IssuerPath;

    /// <summary>The Workload Identity pool of the cluster's project.</summary>
    public string WorkloadPool => Project + ".svc.id.goog";

    /// <summary>The resource name of GKE's API, <c>projects/P/locations/L/clusters/C</c>.</summary>
    public string ResourceName => $"projects/{Project}/locations/{Location}/clusters/{Name}";

    /// <summary>The context name that <c>gcloud container clusters get-credentials</c> writes.</summary>
    public string DefaultContext => $"gke_{Project}_{Location}_{Name}";
}

/// <summary>An AWS account and the region its calls go to.</summary>
public sealed record Account(string Key, string Id, string Region)
{
    /// <summary>The ARN of a role to assume first. Null: the credentials of the SDK's own chain are used as they are.</summary>
    public string? AssumeRole { get; init; }

    /// <summary>The named profile to start from.</summary>
    public string? Profile { get; init; }

    public ProviderThumbprint Thumbprint { get; init; }

    /// <summary>The account's quota for a role's trust policy, in characters without white space.</summary>
    public int TrustPolicyLimit { get; init; } = TrustPolicyQuota.Default;

    /// <summary>The partition of the region: <c>aws</c>, <c>aws-us-gov</c> or <c>aws-cn</c>.</summary>
    public string Partition =>
        Region switch
        {
            _ when Region.StartsWith("us-gov-", StringComparison.Ordinal) => "aws-us-gov",
            _ when Region.StartsWith("cn-", StringComparison.Ordinal) => "aws-cn",
            _ => "aws",
        };

    /// <summary>The ARN of this account's IAM OIDC provider for an issuer.</summary>
    public string ProviderArn(Cluster cluster) => $"arn:{Partition}:iam::{Id}:oidc-provider/{cluster.IssuerPath}";
}

/// <summary>
/// Which thumbprint a new OIDC provider is created with. IAM checks it only for issuers whose certificate is not from a
/// public authority (IAM API Reference, CreateOpenIDConnectProvider); GKE's is.
/// </summary>
public enum ProviderThumbprint
{
    /// <summary>None: IAM fetches one itself.</summary>
    Omit,

    /// <summary>The thumbprint of the last certificate in the chain that the issuer's host serves.</summary>
    Chain,
}

/// <summary>Which token AWS trusts.</summary>
public enum IdentityKind
{
    /// <summary>The Kubernetes service account's own projected token.</summary>
    Cluster,

    /// <summary>The Google service account's ID token from accounts.google.com.</summary>
    Google,
}

/// <summary>A resource that is owned elsewhere: read and checked, never written.</summary>
[Flags]
public enum ExistingResources
{
    None = 0,
    Role = 1,
    Provider = 2,
    Namespace = 4,
    ServiceAccount = 8,
}

/// <summary>A Kubernetes service account (KSA) that may assume one IAM role.</summary>
public sealed record Workload
{
    /// <summary>A DNS label, unique in the federation.</summary>
    public required string Name { get; init; }

    public required Cluster Cluster { get; init; }

    public required Account Account { get; init; }

    public required string Namespace { get; init; }

    /// <summary>The name of the KSA.</summary>
    public required string ServiceAccount { get; init; }

    /// <summary>The id (not the address) of the Google service account bound to the KSA, if any.</summary>
    public string? GoogleServiceAccount { get; init; }

    public IdentityKind Identity { get; init; }

    public bool Adopt { get; init; }

    public ExistingResources Existing { get; init; }

    public required Role Role { get; init; }

    public required Verification Verify { get; init; }

    public string Audience { get; init; } = "sts.amazonaws.com";

    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Where the workload begins in the configuration file.</summary>
    public required SourceLocation Location { get; init; }

    /// <summary>
    /// The name of its pods' sessions. STS requires 2 to 64 characters (AWS STS API Reference,
    /// <c>AssumeRoleWithWebIdentity</c>), but the name of a workload may have one.
    /// </summary>
    public string SessionName => Name.Length < 2 ? "workload-" + Name : Name;

    /// <summary>The <c>sub</c> claim of the KSA's tokens.</summary>
    public string Subject => $"system:serviceaccount:{Namespace}:{ServiceAccount}";

    public string RoleArn => $"arn:{Account.Partition}:iam::{Account.Id}:role{Role.Path}{Role.Name}";

    public string ProviderArn => Account.ProviderArn(Cluster);

    /// <summary>The address of the Google service account, in the cluster's project.</summary>
    public string? GoogleServiceAccountEmail =>
        GoogleServiceAccount is null ? null : $"{GoogleServiceAccount}@{Cluster.Project}.iam.gserviceaccount.com";

    /// <summary>The member that the GSA's <c>roles/iam.workloadIdentityUser</c> binding names.</summary>
    public string WorkloadIdentityMember => $"serviceAccount:{Cluster.WorkloadPool}[{Namespace}/{ServiceAccount}]";
}

/// <summary>The desired IAM role of a workload.</summary>
public sealed record Role
{
    public required string Name { get; init; }

    /// <summary>Begins and ends with a slash.</summary>
    public string Path { get; init; } = "/";

    public required string Description { get; init; }

    public TimeSpan MaxSessionDuration { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The ARN of a managed policy.</summary>
    public string? PermissionsBoundary { get; init; }

    public IReadOnlyList<PolicyReference> Policies { get; init; } = [];
}

/// <summary>A permissions policy, by name, file or ARN, with its place in the configuration for findings.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Template), "template")]
[JsonDerivedType(typeof(File), "file")]
[JsonDerivedType(typeof(Managed), "managed")]
public abstract record PolicyReference(SourceLocation Location)
{
    /// <summary>A template under <c>templates/policies/</c>, with its parameters.</summary>
    public sealed record Template(string Name, IReadOnlyDictionary<string, IReadOnlyList<string>> Parameters, SourceLocation Location)
        : PolicyReference(Location);

    /// <summary>A policy document in a file. <paramref name="Path"/> is relative to the configuration's folder.</summary>
    public sealed record File(string Name, string Path, SourceLocation Location) : PolicyReference(Location);

    /// <summary>A managed policy, attached by its ARN.</summary>
    public sealed record Managed(string Arn, SourceLocation Location) : PolicyReference(Location);
}

/// <summary>When the validation pod is kept for a person to look at.</summary>
public enum KeepPod
{
    Never,
    OnFailure,
    Always,
}

/// <summary>What the validation pod must be able to do, and how long it may take.</summary>
public sealed record Verification
{
    /// <summary>
    /// The AWS CLI from AWS's public registry; the image has a shell. The tag is pinned so that a configuration means the same
    /// tomorrow, and is known to exist (seen on 16 April 2026: github.com/walnuts1018/infra/pull/3732).
    /// </summary>
    public const string DefaultImage = "public.ecr.aws/aws-cli/aws-cli:2.34.31";

    /// <summary>A command line for the pod's <c>/bin/sh</c>. Its exit code decides.</summary>
    public string Run { get; init; } = "aws sts get-caller-identity";

    public required string Image { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    public KeepPod Keep { get; init; } = KeepPod.OnFailure;
}

/// <summary>What the sandbox runs instead of an image: its kubelet starts processes, not containers.</summary>
public enum SandboxImage
{
    /// <summary>A shell with the AWS CLI in it.</summary>
    Aws,

    /// <summary>A shell without the AWS CLI.</summary>
    Shell,
}

/// <summary>The <c>sandbox:</c> section, used by the embedded clouds only.</summary>
public sealed record SandboxSettings
{
    /// <summary>The names of the buckets that exist.</summary>
    public IReadOnlyList<string> Buckets { get; init; } = ["sandbox-exports", "sandbox-backups"];

    /// <summary>Additional images, and what is run for each. A pod with an unknown image fails to pull it.</summary>
    public IReadOnlyDictionary<string, SandboxImage> Images { get; init; } = new Dictionary<string, SandboxImage>(StringComparer.Ordinal);

    /// <summary>Faults of the embedded clouds, as <c>--faults</c> names them.</summary>
    public SandboxWeather Weather { get; init; } = SandboxWeather.Fair;

    /// <summary>Added to the duration of every emulated call.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Pods run the machine's own AWS CLI instead of the bundled one.</summary>
    public bool HostAws { get; init; }
}
