using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Policies;
using Federation.Resources;
using Federation.WebIdentity;

namespace Federation.Diagnosis.Links;

/// <summary>One workload's evidence, and what the links derive from it.</summary>
internal sealed class WorkloadCase
{
    private readonly string? _expectedToken;

    public WorkloadCase(WorkloadEvidence evidence, DateTimeOffset now)
    {
        Evidence = evidence;
        Now = now;
        _expectedToken =
            !IsGoogle ? UnsignedToken.ForCluster(Workload, now)
            : TokenSubject is { } uniqueId ? UnsignedToken.ForGoogle(Workload, uniqueId, now)
            : null;
        Pods = IsTheCluster ? [.. (evidence.Kubernetes.Pods?.Found ?? []).OrderBy(pod => (!pod.IsNamed, !pod.IsValidation))] : [];
        Configured = AwsSide.AsConfigured(this);
        Live = AwsSide.AsRead(this);
        ProviderRefusals = RefusalsOfExpected(Configured with { Providers = Live.Providers }, out _);
        // The trust policy is judged even if the role has another ARN than the pods get, which RoleLink reports.
        var trustRefusals = RefusalsOfExpected(Configured with { Role = Live.Role }, out var undecided);
        (TrustRefusals, TrustUndecided) = Role is null ? ([], null) : (trustRefusals, undecided);
        TrustFindings = Role is { } role ? PolicyLint.LiveTrust(role.TrustPolicy, role.Arn, Strict, RoleId) : [];
        OpenPrincipals = Role is null
            ? []
            : [.. PolicyLint.OpenToOthers(Role.TrustPolicy, Role.Arn, Workload.Account.Id, RoleId).Select(Owned)];
        var isTrustSound = TrustRefusals.Count == 0 && !TrustFindings.Any(finding => finding.Code == FindingCodes.TrustSubjectOpen);
        Sound = new AwsSide(
            ProviderRefusals.Count == 0 ? Live.Providers : Configured.Providers,
            Live.Issuer,
            isTrustSound ? Live.Role : Configured.Role
        );
        SoundRefusals = RefusalsOfExpected(Sound, out _);
    }

    public WorkloadEvidence Evidence { get; }

    public DateTimeOffset Now { get; }

    public Workload Workload => Evidence.Workload;

    public Cluster Cluster => Workload.Cluster;

    public bool Strict => Evidence.Strict;

    public bool IsGoogle => Workload.Identity == IdentityKind.Google;

    /// <summary>The issuer of the token that AWS should trust, without <c>https://</c>.</summary>
    public string IssuerPath => IsGoogle ? ProviderUrl.Google : Cluster.IssuerPath;

    /// <summary>The federated principal that a trust statement must name.</summary>
    public string Principal => IsGoogle ? ProviderUrl.Google : Workload.ProviderArn;

    /// <summary>The token's subject; null for a Google service account that was not found.</summary>
    public string? TokenSubject => IsGoogle ? Evidence.Google.ServiceAccount?.Found?.UniqueId : Workload.Subject;

    /// <summary>False if another cluster's API answered: then nothing that was read from it counts.</summary>
    public bool IsTheCluster => Evidence.Kubernetes.Issuer?.Refused is not { Kind.Class: FindingClass.WrongTarget };

    /// <summary>False if the AWS credentials belong to another account, or there are none: then nothing read with them counts.</summary>
    public bool IsTheAccount => Evidence.Aws.Caller?.Refused is null;

    /// <summary>False if the cluster was not found where the configuration says: then its issuer is not certain.</summary>
    public bool IsIssuerSure => Evidence.Google.Cluster?.Refused is not { Code: FindingCodes.ClusterNotFound };

    public RoleEvidence? Role => IsTheAccount ? Evidence.Aws.Role?.Found : null;

    /// <summary>The pods: one that was asked for by name first, then the validation pod, then the others.</summary>
    public IReadOnlyList<PodEvidence> Pods { get; }

    /// <summary>AWS as the configuration wants it.</summary>
    public AwsSide Configured { get; }

    /// <summary>AWS as it was read; what was not read is as configured.</summary>
    public AwsSide Live { get; }

    /// <summary>
    /// As <see cref="Live"/>, but what refuses the expected token, or admits anybody, is replaced by what is configured. What
    /// STS still refuses in another token is that token's own fault.
    /// </summary>
    public AwsSide Sound { get; }

    /// <summary>What STS would refuse in the expected token because of the live providers.</summary>
    public IReadOnlyList<WebIdentityDecision.Refused> ProviderRefusals { get; }

    /// <summary>What STS would refuse in the expected token because of the live role, apart from its ARN.</summary>
    public IReadOnlyList<WebIdentityDecision.Refused> TrustRefusals { get; }

    /// <summary>What in the live trust policy depends on condition keys whose value is not known from here; null: nothing.</summary>
    public TrustVerdict? TrustUndecided { get; }

    /// <summary>What is wrong with the role's trust policy, whatever the token.</summary>
    public IReadOnlyList<Finding> TrustFindings { get; }

    /// <summary>Who comes in by the role's trust policy without having been named (FED1104).</summary>
    public IReadOnlyList<Finding> OpenPrincipals { get; }

    /// <summary>
    /// What STS would refuse in the expected token even with <see cref="Sound"/>, because the configured trust policy does.
    /// </summary>
    public IReadOnlyList<WebIdentityDecision.Refused> SoundRefusals { get; }

    public string RoleId => ResourceId.Aws(Workload.Account.Id, ResourceKind.Role, Workload.Role.Name).Value;

    public string ProviderId => ResourceId.Aws(Workload.Account.Id, ResourceKind.Provider, Cluster.IssuerPath).Value;

    public string ClusterId => ResourceId.Google(Cluster.Project, ResourceKind.Cluster, Cluster.Name).Value;

    public string NamespaceId => InNamespace(ResourceKind.Namespace, Workload.Namespace);

    public string ServiceAccountId => InNamespace(ResourceKind.ServiceAccount, Workload.ServiceAccount);

    public string GoogleServiceAccountId =>
        ResourceId.Google(Cluster.Project, ResourceKind.GoogleServiceAccount, Workload.GoogleServiceAccount!).Value;

    public string PodId(PodEvidence pod) =>
        ResourceId.Kubernetes(Cluster.Key, pod.Snapshot.Namespace, ResourceKind.Pod, pod.Snapshot.Name).Value;

    /// <summary>The fix for something that Apply writes, with the command that does the same by hand.</summary>
    /// <param name="owned">The flag of <see cref="Workload.Existing"/> that says that it is owned elsewhere.</param>
    public string ApplyOr(ExistingResources owned, string byHand) =>
        Workload.Existing.HasFlag(owned) && owned != ExistingResources.None
            ? $"It is owned elsewhere (existing:), so change it there: {byHand}"
            : $"--target=Apply --workload={Workload.Name} writes it. By hand: {byHand}";

    /// <summary>An AWS CLI command for the workload's account, with its profile and partition.</summary>
    public string Aws(params IEnumerable<string> words) =>
        ShellCommand.Quote([
            "aws",
            .. words,
            .. Workload.Account.Profile is { } profile ? new[] { "--profile", profile } : [],
            .. Workload.Account.Partition == "aws" ? [] : new[] { "--region", Workload.Account.Region },
        ]);

    /// <summary>A kubectl command for the workload's cluster.</summary>
    public string Kubectl(params IEnumerable<string> words) =>
        ShellCommand.Quote(["kubectl", .. Cluster.Context is { } context ? new[] { "--context", context } : [], .. words]);

    /// <summary>What is wrong with a role that is owned elsewhere is for its owner to judge: a warning.</summary>
    private Finding Owned(Finding finding) =>
        Workload.Existing.HasFlag(ExistingResources.Role) ? finding with { Severity = Severity.Warning } : finding;

    private IReadOnlyList<WebIdentityDecision.Refused> RefusalsOfExpected(AwsSide side, out TrustVerdict? undecided)
    {
        undecided = null;
        return _expectedToken is { } token
            ? (side with { Issuer = null }).Refusals(Workload, token, SeenSignature.Valid, Now, out undecided)
            : [];
    }

    private string InNamespace(ResourceKind kind, string name) => ResourceId.Kubernetes(Cluster.Key, Workload.Namespace, kind, name).Value;
}

/// <summary>The result of examining one link.</summary>
/// <param name="Name">As in <see cref="ChainLink.Link"/>.</param>
/// <param name="Findings">What is wrong with it, in the order in which the token would fail.</param>
/// <param name="Expected">What should be there.</param>
/// <param name="Held">What was seen; null if it could not be read.</param>
internal sealed record Link(string Name, IReadOnlyList<Finding> Findings, string? Expected, string? Held);
