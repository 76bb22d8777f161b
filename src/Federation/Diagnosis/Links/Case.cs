using System.Diagnostics.CodeAnalysis;
using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Resources;
using Federation.WebIdentity;

namespace Federation.Diagnosis.Links;

/// <summary>One workload's evidence, and what every link asks of it.</summary>
internal sealed class Case(WorkloadEvidence evidence, DateTimeOffset now)
{
    public WorkloadEvidence Evidence => evidence;

    public Workload Workload => evidence.Workload;

    public Cluster Cluster => evidence.Workload.Cluster;

    public DateTimeOffset Now => now;

    public bool Strict => evidence.Strict;

    public bool IsGoogle => Workload.Identity == IdentityKind.Google;

    /// <summary>The issuer of the token that AWS is to trust, without <c>https://</c>.</summary>
    public string IssuerPath => IsGoogle ? ProviderUrl.Google : Cluster.IssuerPath;

    /// <summary>What a trust statement must name as its federated principal.</summary>
    public string Principal => IsGoogle ? ProviderUrl.Google : Workload.ProviderArn;

    /// <summary>The subject that the token will carry; null for a Google service account that was not found.</summary>
    public string? Subject => IsGoogle ? evidence.Google.ServiceAccount?.Found?.UniqueId : Workload.Subject;

    /// <summary>The Kubernetes API that answered is the cluster's own: with another one, nothing it said counts.</summary>
    public bool IsTheCluster => evidence.Kubernetes.Issuer?.Refused is not { Kind.Class: FindingClass.WrongTarget };

    /// <summary>The credentials are those of the workload's account: with others, what they saw is another account's.</summary>
    public bool IsTheAccount => evidence.Aws.Caller?.Refused is null;

    /// <summary>The cluster was found where the configuration says: without it, its issuer is a guess.</summary>
    public bool IsIssuerSure => evidence.Google.Cluster?.Refused is not { Code: FindingCodes.ClusterNotFound };

    public RoleEvidence? Role => IsTheAccount ? evidence.Aws.Role?.Found : null;

    /// <summary>The pods, the one that proves the workload or was asked for first.</summary>
    public IReadOnlyList<PodEvidence> Pods =>
        IsTheCluster ? [.. (evidence.Kubernetes.Pods?.Found ?? []).OrderBy(pod => (!pod.IsNamed, !pod.IsValidation))] : [];

    public string RoleId => ResourceId.Aws(Workload.Account.Id, ResourceKind.Role, Workload.Role.Name).Value;

    public string ProviderId => ResourceId.Aws(Workload.Account.Id, ResourceKind.Provider, Cluster.IssuerPath).Value;

    public string ClusterId => ResourceId.Google(Cluster.Project, ResourceKind.Cluster, Cluster.Name).Value;

    public string NamespaceId => InNamespace(ResourceKind.Namespace, Workload.Namespace);

    public string ServiceAccountId => InNamespace(ResourceKind.ServiceAccount, Workload.ServiceAccount);

    public string GoogleServiceAccountId =>
        ResourceId.Google(Cluster.Project, ResourceKind.GoogleServiceAccount, Workload.GoogleServiceAccount!).Value;

    public string PodId(PodEvidence pod) =>
        ResourceId.Kubernetes(Cluster.Key, pod.Snapshot.Namespace, ResourceKind.Pod, pod.Snapshot.Name).Value;

    /// <summary>The target that would mend what this product manages, with the command that does the same by hand.</summary>
    /// <param name="owned">The part of <see cref="Workload.Existing"/> that would say it is owned elsewhere.</param>
    public string Mend(ExistingResources owned, string byHand) =>
        Workload.Existing.HasFlag(owned) && owned != ExistingResources.None
            ? $"It is owned elsewhere (existing:), so change it there: {byHand}"
            : $"--target=Apply --workload={Workload.Name} writes it. By hand: {byHand}";

    /// <summary>An AWS CLI command for the workload's account: by its profile, and in the partition that its region is of.</summary>
    public string Aws(params IEnumerable<string> words) =>
        ShellCommand.Of([
            "aws",
            .. words,
            .. Workload.Account.Profile is { } profile ? new[] { "--profile", profile } : [],
            .. Workload.Account.Partition == "aws" ? [] : new[] { "--region", Workload.Account.Region },
        ]);

    /// <summary>A kubectl command for the workload's cluster.</summary>
    public string Kubectl(params IEnumerable<string> words) =>
        ShellCommand.Of(["kubectl", .. Cluster.Context is { } context ? new[] { "--context", context } : [], .. words]);

    /// <summary>The answer of STS's own logic for the token this workload will have, with everything but the role taken to be right.</summary>
    public IReadOnlyList<WebIdentityDecision.Refused> RefusalsByRole(RoleEvidence role)
    {
        if (!TryExpectToken(out var token))
        {
            return [];
        }

        return SecurityTokenService.Refusals(
            new WebIdentityEvidence(
                new AssumeRoleWithWebIdentityRequest(role.Arn, Workload.SessionName, token),
                IsGoogle ? null : new OpenIdConnectProvider(Workload.ProviderArn, Cluster.IssuerPath, [Workload.Audience]),
                new IssuerKeys.Assumed(),
                new AssumableRole(role.Arn, RoleId: "", role.TrustPolicy) { MaxSessionDuration = role.MaxSessionDuration },
                now
            )
        );
    }

    private bool TryExpectToken([NotNullWhen(true)] out string? token)
    {
        token =
            !IsGoogle ? ExpectedToken.OfCluster(Workload, now)
            : Subject is { } uniqueId ? ExpectedToken.OfGoogle(Workload, uniqueId, now)
            : null;
        return token is not null;
    }

    private string InNamespace(ResourceKind kind, string name) => ResourceId.Kubernetes(Cluster.Key, Workload.Namespace, kind, name).Value;
}

/// <summary>What came of looking at one link.</summary>
/// <param name="Name">As in <see cref="ChainLink.Link"/>.</param>
/// <param name="Findings">What is wrong with it, the one that would be met first at the head.</param>
/// <param name="Expected">What should be there.</param>
/// <param name="Held">What was seen to be there; null if nobody could look.</param>
internal sealed record Link(string Name, IReadOnlyList<Finding> Findings, string? Expected, string? Held);
