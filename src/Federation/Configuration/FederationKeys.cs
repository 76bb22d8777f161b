using Federation.Configuration.Schema;
using Federation.Findings;
using Federation.Policies;

namespace Federation.Configuration;

/// <summary>
/// Every key of <c>federation.yaml</c> with its value, default and meaning. The parser reads by these tables, and the JSON
/// Schema for editors is generated from them.
/// </summary>
internal static class FederationKeys
{
    private static readonly Text ClusterKey = Identifiers.EntryName("cluster key");
    private static readonly Text AccountKey = Identifiers.EntryName("account key");

    internal static class Cluster
    {
        public static readonly Key<string> Project = Key<string>.Needed(
            "project",
            Identifiers.Project,
            "The id (not the number) of the cluster's Google Cloud project.",
            "projectId"
        );

        public static readonly Key<string> Location = Key<string>.Needed(
            "location",
            Identifiers.Location,
            "The cluster's own zone or region. It is part of the issuer, so a zone is not interchangeable with its region.",
            "zone",
            "region"
        );

        public static readonly Key<string> Name = Key<string>.Needed(
            "name",
            Identifiers.ClusterName,
            "The name of the GKE cluster.",
            "cluster",
            "clusterName"
        );

        public static readonly Key<ClusterAccess> Access = Key<ClusterAccess>.Optional(
            "access",
            new Choice<ClusterAccess>(("kubeconfig", ClusterAccess.Kubeconfig), ("google", ClusterAccess.Google)),
            "How the Kubernetes API is reached: by a context of the kubeconfig, or by GKE's API and Application Default Credentials.",
            "kubeconfig"
        );

        public static readonly Key<string> Context = Key<string>.Optional(
            "context",
            Identifiers.Free("kubeconfig context"),
            "The kubeconfig context. Without it: gke_PROJECT_LOCATION_NAME if there is one, else the current one."
        );

        public static readonly Section Section = new("cluster", Project, Location, Name, Access, Context);
    }

    internal static class Account
    {
        public static readonly Key<string> Id = Key<string>.Needed(
            "id",
            Identifiers.AccountId,
            "The twelve digits of the AWS account, in quotes.",
            "accountId",
            "account"
        );

        public static readonly Key<string> Region = Key<string>.Needed(
            "region",
            Identifiers.Region,
            "The AWS region that calls go to; the partition follows from it.",
            "location"
        );

        public static readonly Key<string> AssumeRole = Key<string>.Optional(
            "assumeRole",
            Identifiers.RoleArn,
            "The ARN of a role in this account to assume first.",
            null,
            "roleArn"
        );

        public static readonly Key<string> Profile = Key<string>.Optional(
            "profile",
            Identifiers.Free("profile name"),
            "The named AWS profile to start from. Without it: the SDK's own credential chain."
        );

        public static readonly Key<ProviderThumbprint> Thumbprint = Key<ProviderThumbprint>.Optional(
            "thumbprint",
            new Choice<ProviderThumbprint>(("omit", ProviderThumbprint.Omit), ("chain", ProviderThumbprint.Chain)),
            "Which thumbprint a new OIDC provider is created with: none, since IAM needs none for GKE, "
                + "or that of the last certificate that the issuer's host serves.",
            "omit",
            "thumbprints",
            "thumbprintList"
        );

        public static readonly Key<int> TrustPolicyLimit = Key<int>.Optional(
            "trustPolicyLimit",
            new WholeNumber
            {
                Least = TrustPolicyQuota.Default,
                Most = TrustPolicyQuota.Largest,
                Reason = $"a trust policy may have {TrustPolicyQuota.Default} characters, or up to {TrustPolicyQuota.Largest} on request",
            },
            "The account's quota \"Role trust policy length\", in characters: what it was raised to.",
            "2048"
        );

        public static readonly Section Section = new("account", Id, Region, AssumeRole, Profile, Thumbprint, TrustPolicyLimit);
    }

    internal static class Defaults
    {
        /// <summary>
        /// GKE silently caps token lifetimes (github.com/DataDog/stratus-red-team/issues/163); Kubernetes itself allows more.
        /// </summary>
        internal static readonly TimeSpan LongestToken = TimeSpan.FromHours(48);

        public static readonly Key<string> Audience = Key<string>.Optional(
            "audience",
            Identifiers.Audience,
            "The audience of the workloads' tokens.",
            "sts.amazonaws.com"
        );

        public static readonly Key<TimeSpan> TokenLifetime = Key<TimeSpan>.Optional(
            "tokenLifetime",
            new Duration
            {
                Least = TimeSpan.FromSeconds(600),
                Most = TimeSpan.FromHours(1_000_000),
                Advised = LongestToken,
                Reason = "Kubernetes projects tokens for 600 to 2^32 seconds (ServiceAccountTokenProjection, expirationSeconds)",
                RangeCode = FindingCodes.TokenLifetimeOutOfRange,
                Warn = value =>
                    value > LongestToken
                        ? new Mistake("GKE issues no token for longer than 48h, whatever is asked for", "Write 48h or less.", "48h")
                        : null,
            },
            "How long a projected token lives: at least 10m; GKE caps it at 48h.",
            "1h",
            "expirationSeconds"
        );

        public static readonly Section Section = new("defaults", Audience, TokenLifetime);
    }

    internal static class Role
    {
        public static readonly Key<string> Name = Key<string>.Needed("name", Identifiers.RoleName, "The name of the IAM role.", "roleName");

        public static readonly Key<string> Path = Key<string>.Optional(
            "path",
            Identifiers.RolePath,
            "The IAM path of the role; it becomes part of the ARN.",
            "/"
        );

        public static readonly Key<string> Description = Key<string>.Optional(
            "description",
            Identifiers.Description,
            "The description of the role. Without it: one that names the workload."
        );

        public static readonly Key<TimeSpan> MaxSessionDuration = Key<TimeSpan>.Optional(
            "maxSessionDuration",
            new Duration
            {
                Least = TimeSpan.FromHours(1),
                Most = TimeSpan.FromHours(12),
                Reason = "IAM takes 3600 to 43200 seconds (CreateRole, MaxSessionDuration)",
                RangeCode = FindingCodes.SessionDurationOutOfRange,
            },
            "The longest session the role gives: 1h to 12h.",
            "1h",
            "sessionDuration"
        );

        public static readonly Key<string> PermissionsBoundary = Key<string>.Optional(
            "permissionsBoundary",
            Identifiers.PolicyArn,
            "The ARN of the managed policy that bounds the role.",
            null,
            "boundary"
        );

        public static readonly Key<IReadOnlyList<PolicyReference>> Policies = Key<IReadOnlyList<PolicyReference>>.Optional(
            "policies",
            new ListOf<PolicyReference>(new PolicyValue(), "policies"),
            "What the role may do: templates under templates/policies, files of your own, managed-policy ARNs.",
            null,
            "permissions",
            "policy"
        );

        public static readonly Section Section = new("role", Name, Path, Description, MaxSessionDuration, PermissionsBoundary, Policies);
    }

    internal static class Verify
    {
        public static readonly Key<string> Run = Key<string>.Optional(
            "run",
            Identifiers.Free("command line", 16_384),
            "A command line for the pod's /bin/sh. Its exit code decides.",
            "aws sts get-caller-identity",
            "command"
        );

        public static readonly Key<string> Image = Key<string>.Optional(
            "image",
            Identifiers.Image,
            "The validation pod's image; it needs /bin/sh and the AWS CLI.",
            Verification.DefaultImage
        );

        public static readonly Key<TimeSpan> Timeout = Key<TimeSpan>.Optional(
            "timeout",
            new Duration
            {
                Least = TimeSpan.FromSeconds(1),
                Most = TimeSpan.FromHours(24),
                Reason = "a gate must wait for something, and must end",
            },
            "How long the gate waits for the validation pod.",
            "5m"
        );

        public static readonly Key<KeepPod> Keep = Key<KeepPod>.Optional(
            "keep",
            new Choice<KeepPod>(("never", KeepPod.Never), ("onFailure", KeepPod.OnFailure), ("always", KeepPod.Always)),
            "When the validation pod is kept for a person to look at.",
            "onFailure"
        );

        public static readonly Section Section = new("verify", Run, Image, Timeout, Keep);
    }

    internal static class Workload
    {
        public static readonly Key<string> Name = Key<string>.Needed(
            "name",
            Identifiers.DnsLabel("workload name"),
            "The name of the workload: a DNS label, unique in the file."
        );

        public static readonly Key<string> Cluster = Key<string>.Optional(
            "cluster",
            ClusterKey,
            "The key of the workload's cluster under \"clusters\"; not needed where there is one."
        );

        public static readonly Key<string> Account = Key<string>.Optional(
            "account",
            AccountKey,
            "The key of the role's account under \"accounts\"; not needed where there is one."
        );

        public static readonly Key<string> Namespace = Key<string>.Needed(
            "namespace",
            Identifiers.DnsLabel("namespace"),
            "The Kubernetes namespace of the workload.",
            "ns"
        );

        public static readonly Key<string> ServiceAccount = Key<string>.Needed(
            "serviceAccount",
            Identifiers.ServiceAccount,
            "The name of the Kubernetes service account (KSA).",
            "ksa",
            "serviceAccountName",
            "kubernetesServiceAccount"
        );

        public static readonly Key<string> GoogleServiceAccount = Key<string>.Optional(
            "googleServiceAccount",
            Identifiers.GoogleServiceAccount,
            "The id of a Google service account (GSA) to create, bind and annotate.",
            null,
            "gsa",
            "gcpServiceAccount"
        );

        public static readonly Key<IdentityKind> Identity = Key<IdentityKind>.Optional(
            "identity",
            new Choice<IdentityKind>(("cluster", IdentityKind.Cluster), ("google", IdentityKind.Google)),
            "Which token AWS trusts: the KSA's own projected one, or the Google service account's ID token.",
            "cluster"
        );

        public static readonly Key<bool> Adopt = Key<bool>.Optional(
            "adopt",
            new Flag(),
            "Take over resources that exist without this federation's mark.",
            "false"
        );

        public static readonly Key<IReadOnlyList<ExistingResources>> Existing = Key<IReadOnlyList<ExistingResources>>.Optional(
            "existing",
            new ListOf<ExistingResources>(
                new Choice<ExistingResources>(
                    ("role", ExistingResources.Role),
                    ("provider", ExistingResources.Provider),
                    ("namespace", ExistingResources.Namespace),
                    ("serviceAccount", ExistingResources.ServiceAccount)
                ),
                "role, provider, namespace and serviceAccount",
                distinct: true
            ),
            "What is owned elsewhere, by Terraform for example: read and checked, never written."
        );

        public static readonly Key<SectionFields> Role = Key<SectionFields>.Needed(
            "role",
            FederationKeys.Role.Section,
            "The IAM role that the workload assumes."
        );

        public static readonly Key<SectionFields> Verify = Key<SectionFields>.Optional(
            "verify",
            FederationKeys.Verify.Section,
            "What the validation pod must be able to do.",
            null,
            "verification",
            "validate"
        );

        public static readonly Section Section = new(
            "workload",
            Name,
            Cluster,
            Account,
            Namespace,
            ServiceAccount,
            GoogleServiceAccount,
            Identity,
            Adopt,
            Existing,
            Role,
            Verify
        );
    }

    internal static class Sandbox
    {
        public static readonly Key<IReadOnlyList<string>> Buckets = Key<IReadOnlyList<string>>.Optional(
            "buckets",
            new ListOf<string>(Identifiers.Bucket, "bucket names", distinct: true),
            "The S3 buckets that exist. Without it: sandbox-exports and sandbox-backups."
        );

        public static readonly Key<IReadOnlyList<Named<SandboxImage>>> Images = Key<IReadOnlyList<Named<SandboxImage>>>.Optional(
            "images",
            new MapOf<SandboxImage>(
                Identifiers.Image,
                new Choice<SandboxImage>(("aws", SandboxImage.Aws), ("shell", SandboxImage.Shell)),
                "aws or shell"
            ),
            "Additional images that the sandbox knows, and what it runs for each: a shell with the AWS CLI, or a shell without it."
        );

        public static readonly Key<TimeSpan> Latency = Key<TimeSpan>.Optional(
            "latency",
            new Duration
            {
                Fine = true,
                Least = TimeSpan.Zero,
                Most = TimeSpan.FromMinutes(1),
                Reason = "clients give up on calls that take longer",
            },
            "Added to the duration of every emulated call.",
            "0s"
        );

        public static readonly Key<IReadOnlyList<string>> Faults = Key<IReadOnlyList<string>>.Optional(
            "faults",
            new ListOf<string>(Identifiers.Fault, "faults", distinct: true),
            "Faults of the embedded clouds, as --faults names them."
        );

        public static readonly Key<bool> Aws = Key<bool>.Optional(
            "aws",
            new Choice<bool>(("bundled", false), ("host", true)),
            "Which AWS CLI the pods run: the bundled one, or the machine's own.",
            "bundled"
        );

        public static readonly Section Section = new("sandbox", Buckets, Images, Latency, Faults, Aws);
    }

    internal static class Root
    {
        public static readonly Key<string> Name = Key<string>.Optional(
            "name",
            Identifiers.DnsLabel("federation name"),
            "The name in the marks on what the federation creates.",
            "federation"
        );

        public static readonly Key<IReadOnlyList<Named<SectionFields>>> Clusters = Key<IReadOnlyList<Named<SectionFields>>>.Needed(
            "clusters",
            new MapOf<SectionFields>(ClusterKey, Cluster.Section, "GKE clusters", least: 1),
            "The GKE clusters, by keys of your choosing."
        );

        public static readonly Key<IReadOnlyList<Named<SectionFields>>> Accounts = Key<IReadOnlyList<Named<SectionFields>>>.Needed(
            "accounts",
            new MapOf<SectionFields>(AccountKey, Account.Section, "AWS accounts", least: 1),
            "The AWS accounts, by keys of your choosing."
        );

        public static readonly Key<SectionFields> Defaults = Key<SectionFields>.Optional(
            "defaults",
            FederationKeys.Defaults.Section,
            "Defaults for every workload."
        );

        public static readonly Key<IReadOnlyList<SectionFields>> Workloads = Key<IReadOnlyList<SectionFields>>.Needed(
            "workloads",
            new ListOf<SectionFields>(Workload.Section, "workloads", least: 1),
            "Each a Kubernetes service account that may assume one IAM role."
        );

        public static readonly Key<bool> Strict = Key<bool>.Optional(
            "strict",
            new Flag(),
            "Warnings of the FED11xx group (lax policies) are errors.",
            "false"
        );

        public static readonly Key<SectionFields> Sandbox = Key<SectionFields>.Optional(
            "sandbox",
            FederationKeys.Sandbox.Section,
            "For the embedded clouds only; a live run ignores it."
        );

        public static readonly Section Section = new("federation", Name, Clusters, Accounts, Defaults, Workloads, Strict, Sandbox);
    }
}
