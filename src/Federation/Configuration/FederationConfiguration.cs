using System.Text.Json.Serialization;
using Federation.Findings;
using Federation.Policies;

namespace Federation.Configuration;

/// <summary>A whole <c>federation.yaml</c>, validated: every reference resolved, every default filled in.</summary>
public sealed record FederationConfiguration
{
    /// <summary>The name under which this federation marks what it makes: the configuration's <c>name</c>, or <c>federation</c>.</summary>
    public required string Name { get; init; }

    public required IReadOnlyList<Cluster> Clusters { get; init; }

    public required IReadOnlyList<Account> Accounts { get; init; }

    public required IReadOnlyList<Workload> Workloads { get; init; }

    /// <summary>Warnings of the FED11xx group count as errors.</summary>
    public bool Strict { get; init; }

    public SandboxSettings Sandbox { get; init; } = new();
}

/// <summary>How the Kubernetes API of a cluster is reached.</summary>
public enum ClusterAccess
{
    /// <summary>A context of the user's kubeconfig (or the service account of the pod this runs in).</summary>
    Kubeconfig,

    /// <summary>Endpoint and CA from GKE's API, the token from Application Default Credentials.</summary>
    Google,
}

/// <summary>A GKE cluster. <paramref name="Location"/> is its own zone or region.</summary>
public sealed record Cluster(string Key, string Project, string Location, string Name)
{
    public ClusterAccess Access { get; init; }

    /// <summary>The kubeconfig context to use; none: <c>gke_PROJECT_LOCATION_NAME</c> if there is one, else the current one.</summary>
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
    /// <summary>The ARN of a role to assume first; none: the SDK's own credential chain as it is.</summary>
    public string? AssumeRole { get; init; }

    /// <summary>The named profile to start from.</summary>
    public string? Profile { get; init; }

    public ProviderThumbprint Thumbprint { get; init; }

    /// <summary>The account's quota for a role's trust policy: characters, white space not counted.</summary>
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
/// What a new OIDC provider is told of the issuer's certificates. IAM looks at a thumbprint only where no public
/// authority vouches for the issuer's keys (IAM API Reference, CreateOpenIDConnectProvider), as one does for GKE's.
/// </summary>
public enum ProviderThumbprint
{
    /// <summary>Nothing: IAM fetches one itself.</summary>
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

    /// <summary>Where the workload stands in its file.</summary>
    public required SourceLocation Location { get; init; }

    /// <summary>The name of its pods' sessions: it has 2 to 64 characters (AWS STS API Reference, <c>AssumeRoleWithWebIdentity</c>), and a workload's may have one.</summary>
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

/// <summary>The IAM role of a workload as it should be.</summary>
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

/// <summary>A permissions policy by name, file or ARN; where it stands in the configuration is kept for findings.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Template), "template")]
[JsonDerivedType(typeof(File), "file")]
[JsonDerivedType(typeof(Managed), "managed")]
public abstract record PolicyReference(SourceLocation Location)
{
    /// <summary>A template under <c>templates/policies/</c>, with its parameters.</summary>
    public sealed record Template(string Name, IReadOnlyDictionary<string, IReadOnlyList<string>> Parameters, SourceLocation Location)
        : PolicyReference(Location);

    /// <summary>A policy document of the user's; <paramref name="Path"/> is resolved against the configuration's folder.</summary>
    public sealed record File(string Name, string Path, SourceLocation Location) : PolicyReference(Location);

    /// <summary>A managed policy, attached by its ARN.</summary>
    public sealed record Managed(string Arn, SourceLocation Location) : PolicyReference(Location);
}

/// <summary>When the validation pod is left for a person to look at.</summary>
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
    /// The AWS CLI in AWS's own public registry, which has a shell. The tag is a released one (seen on 16 April 2026:
    /// github.com/walnuts1018/infra/pull/3732); it is pinned so that the same configuration proves the same thing tomorrow.
    /// </summary>
    public const string DefaultImage = "public.ecr.aws/aws-cli/aws-cli:2.34.31";

    /// <summary>A line for the pod's <c>/bin/sh</c>; its exit code is the verdict.</summary>
    public string Run { get; init; } = "aws sts get-caller-identity";

    public required string Image { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    public KeepPod Keep { get; init; } = KeepPod.OnFailure;
}

/// <summary>What the sandbox's kubelet, which runs processes and no containers, puts in the place of an image.</summary>
public enum SandboxImage
{
    /// <summary>A shell with the AWS CLI in it.</summary>
    Aws,

    /// <summary>A shell alone.</summary>
    Shell,
}

/// <summary>The <c>sandbox:</c> section, used by the embedded clouds only.</summary>
public sealed record SandboxSettings
{
    /// <summary>The buckets that exist, each owned by the account of its key's workload: bucket names.</summary>
    public IReadOnlyList<string> Buckets { get; init; } = ["sandbox-exports", "sandbox-backups"];

    /// <summary>Further images that the sandbox knows, and what stands for each; a pod with an unknown image fails to pull it.</summary>
    public IReadOnlyDictionary<string, SandboxImage> Images { get; init; } = new Dictionary<string, SandboxImage>(StringComparer.Ordinal);

    /// <summary>Faults that the embedded clouds show, as <c>--faults</c> names them.</summary>
    public IReadOnlyList<SandboxFault> Faults { get; init; } = [];

    /// <summary>Added to every emulated call.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Pods run the machine's own AWS CLI instead of the bundled one.</summary>
    public bool HostAws { get; init; }
}
