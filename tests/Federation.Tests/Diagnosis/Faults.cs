using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Policies;
using Federation.Resources;
using Reading = Federation.Diagnosis.Evidence.Reading;

namespace Federation.Tests.Diagnosis;

/// <summary>One thing that is wrong, and the finding that must name it.</summary>
/// <param name="Part">What it spoils; two faults of one part do not go together.</param>
/// <param name="Hides">The parts that cannot be judged because of it.</param>
internal sealed record Fault(
    string Name,
    string Part,
    Func<WorkloadEvidence, WorkloadEvidence> Break,
    string Code,
    string? Expected,
    string? Actual,
    params IReadOnlyList<string> Hides
)
{
    public override string ToString() => Name;
}

/// <summary>The mistakes that people make, each by itself.</summary>
internal static class Faults
{
    private const string Number = "110000000000000000099";

    private static string Path => Healthy.IssuerPath;

    private static Workload Workload => Healthy.Workload;

    private static string ArnOf(string path, string account = "111122223333") => $"arn:aws:iam::{account}:oidc-provider/{path}";

    private static ProviderEvidence ProviderOf(string path) => new(ArnOf(path), path) { ClientIds = [Workload.Audience] };

    private static Fault Near(string name, string path) =>
        new(
            $"the provider {name}",
            "provider",
            evidence => evidence.WithProviders(ProviderOf(path)),
            FindingCodes.ProviderNearMiss,
            Path,
            path,
            "audience"
        );

    private static Fault Trusting(string name, string principal, string actual) =>
        new(
            $"the trust policy names {name}",
            "trust",
            evidence => evidence.WithTrust(Healthy.Statement with { Principals = Healthy.Federated(principal) }),
            FindingCodes.TrustPrincipalMismatch,
            Workload.ProviderArn,
            actual
        );

    private static Fault Subject(string name, string value) =>
        new(
            $"the trusted subject {name}",
            "trust",
            evidence => evidence.WithCondition(":sub", Path + ":sub", value),
            FindingCodes.TrustSubjectMismatch,
            Workload.Subject,
            value
        );

    private static Fault Audience(string name, string value) =>
        new(
            $"the trusted audience {name}",
            "trust",
            evidence => evidence.WithCondition(":aud", Path + ":aud", value),
            FindingCodes.TrustAudienceMismatch,
            Workload.Audience,
            value
        );

    private static Fault Key(string name, string key, string expected) =>
        new(
            $"a condition key {name}",
            "trust",
            evidence => evidence.WithCondition(":sub", key, Workload.Subject),
            FindingCodes.TrustConditionKeyWrong,
            expected,
            key
        );

    private static Fault Open(string name, PolicyCondition? subject, string actual) =>
        new(
            $"the subject is open: {name}",
            "trust",
            evidence =>
                evidence.WithTrust(
                    Healthy.Statement with
                    {
                        Conditions = [Healthy.Statement.Conditions[0], .. subject is null ? [] : new[] { subject }],
                    }
                ),
            FindingCodes.TrustSubjectOpen,
            "StringEquals on ISSUER:sub",
            actual
        );

    private static Fault Pod(string name, Func<WorkloadEvidence, WorkloadEvidence> spoil, string code, string? expected, string? actual) =>
        new(name, "pod", spoil, code, expected, actual, "token");

    private static Fault Token(string name, string claim, JsonNode? value, string code, string? expected, string? actual) =>
        new($"the token {name}", "token", evidence => evidence.WithClaim(claim, value?.DeepClone()), code, expected, actual);

    private static Fault Cluster(
        string name,
        string code,
        string? expected,
        string? actual,
        Func<GoogleEvidence, GoogleEvidence> change,
        params IReadOnlyList<string> hides
    ) => new(name, "cluster", evidence => evidence.WithGoogle(change), code, expected, actual, hides);

    public static IReadOnlyList<Fault> All { get; } =
    [
        // The cluster and its issuer.
        Cluster(
            "the cluster is in another location",
            FindingCodes.ClusterNotFound,
            "there",
            "elsewhere",
            google => google with { Cluster = Refused<ClusterFacts>(FindingCodes.ClusterNotFound) },
            "provider",
            "audience",
            "trust"
        ),
        Cluster(
            "the cluster is stopping",
            FindingCodes.ClusterNotRunning,
            "RUNNING",
            "STOPPING",
            google => google with { Cluster = Reading.Of<ClusterFacts>(google.Cluster!.Found! with { Status = "STOPPING" }) }
        ),
        Cluster(
            "the cluster was recreated under its name",
            FindingCodes.ClusterRecreated,
            Healthy.ClusterId,
            "ffff",
            google => google with { Cluster = Reading.Of<ClusterFacts>(google.Cluster!.Found! with { Id = "ffff" }) }
        ),
        Cluster(
            "the issuer's own document names another issuer",
            FindingCodes.IssuerMismatch,
            Workload.Cluster.Issuer,
            "https://elsewhere.test",
            google => google with { Issuer = Reading.Of<PublishedIssuer>(new PublishedIssuer("https://elsewhere.test", [])) },
            "token"
        ),
        Cluster(
            "the issuer does not publish the cluster's keys",
            FindingCodes.VerificationKeyUnavailable,
            "key-1",
            "key-0",
            google => google with { Issuer = Reading.Of<PublishedIssuer>(google.Issuer!.Found! with { Keys = [new("key-0", "RSA")] }) },
            "token"
        ),
        new(
            "the kubeconfig leads to another cluster",
            "api",
            evidence =>
                evidence.WithKubernetes(kubernetes =>
                    kubernetes with
                    {
                        Issuer = Refused<IssuerDocument>(FindingCodes.KubeconfigWrongCluster),
                    }
                ),
            FindingCodes.KubeconfigWrongCluster,
            "there",
            "elsewhere",
            "namespace",
            "account",
            "pod",
            "annotation"
        ),
        new(
            "the cluster itself names another issuer",
            "api",
            evidence =>
                evidence.WithKubernetes(kubernetes => kubernetes with { Issuer = Refused<IssuerDocument>(FindingCodes.IssuerMismatch) }),
            FindingCodes.IssuerMismatch,
            "there",
            "elsewhere",
            "cluster"
        ),
        // Namespace and service account.
        new(
            "the namespace is missing",
            "namespace",
            evidence =>
                evidence.WithKubernetes(kubernetes =>
                    kubernetes with
                    {
                        Namespace = Reading.Of<NamespaceEvidence>(null),
                        ServiceAccount = Reading.Of<ServiceAccountEvidence>(null),
                        Pods = null,
                    }
                ),
            FindingCodes.NamespaceMissing,
            "team",
            "(none)",
            "account",
            "pod",
            "annotation",
            "token"
        ),
        new(
            "the namespace is being deleted",
            "namespace",
            evidence =>
                evidence.WithKubernetes(kubernetes =>
                    kubernetes with
                    {
                        Namespace = Reading.Of<NamespaceEvidence>(new NamespaceEvidence("team", Terminating: true)),
                    }
                ),
            FindingCodes.NamespaceMissing,
            "Active",
            "Terminating",
            "account",
            "pod",
            "token"
        ),
        new(
            "the service account is missing",
            "account",
            evidence =>
                evidence.WithKubernetes(kubernetes => kubernetes with { ServiceAccount = Reading.Of<ServiceAccountEvidence>(null) }),
            FindingCodes.ServiceAccountMissing,
            "reader",
            "(none)",
            "pod",
            "annotation",
            "token"
        ),
        // The pod.
        Pod(
            "the image cannot be pulled",
            evidence =>
                evidence.WithPod(pod =>
                    pod with
                    {
                        Snapshot = pod.Snapshot with
                        {
                            Phase = "Pending",
                            Containers = [new("verify", "r/absent:1") { WaitingReason = "ErrImagePull", WaitingMessage = "not found" }],
                        },
                    }
                ),
            FindingCodes.ImagePullFailed,
            "an image that can be pulled",
            "r/absent:1"
        ),
        Pod(
            "no node takes the pod",
            evidence =>
                evidence.WithPod(pod =>
                    pod with
                    {
                        Snapshot = pod.Snapshot with
                        {
                            Phase = "Pending",
                            Containers = [],
                            UnscheduledReason = "Unschedulable",
                            UnscheduledMessage = "0/1 nodes",
                            Events = [new("NotTriggerScaleUp", "no", 1)],
                        },
                    }
                ),
            FindingCodes.PodUnschedulable,
            "a node that accepts the pod",
            "0/1 nodes"
        ),
        Pod(
            "the pod runs as the default service account",
            evidence => evidence.WithPod(pod => pod with { ServiceAccount = "default" }),
            FindingCodes.PodServiceAccountWrong,
            "reader",
            "default"
        ),
        Pod(
            "the pod has no token volume",
            evidence => evidence.WithPod(pod => pod with { TokenVolumes = [] }),
            FindingCodes.TokenVolumeMissing,
            Workload.Audience,
            "(no token)"
        ),
        Pod(
            "the token volume is for sts.amazon.com",
            evidence => evidence.WithPod(pod => pod with { TokenVolumes = [pod.TokenVolumes[0] with { Audience = "sts.amazon.com" }] }),
            FindingCodes.TokenVolumeMissing,
            Workload.Audience,
            "sts.amazon.com"
        ),
        Pod(
            "the token volume has no audience",
            evidence => evidence.WithPod(pod => pod with { TokenVolumes = [pod.TokenVolumes[0] with { Audience = null }] }),
            FindingCodes.TokenVolumeMissing,
            Workload.Audience,
            Workload.Cluster.Issuer
        ),
        Pod(
            "the token is mounted in another container",
            evidence =>
                evidence.WithPod(pod =>
                    pod with
                    {
                        Containers =
                        [
                            pod.Containers[0] with
                            {
                                Mounts = [],
                            },
                            new("sidecar", "i") { Mounts = pod.Containers[0].Mounts, Environment = pod.Containers[0].Environment },
                        ],
                    }
                ),
            FindingCodes.TokenVolumeMissing,
            "aws-token mounted in verify",
            "mounted in sidecar"
        ),
        Pod(
            "the token is mounted in a sidecar alone",
            evidence =>
                evidence.WithPod(pod =>
                    pod with
                    {
                        Containers = [pod.Containers[0] with { Mounts = [] }, new("sidecar", "i") { Mounts = pod.Containers[0].Mounts }],
                    }
                ),
            FindingCodes.TokenVolumeMissing,
            "aws-token mounted in verify",
            "mounted in sidecar"
        ),
        Pod(
            "the pod has only the token that every pod gets",
            evidence =>
                evidence
                    .WithPod(pod => pod with { TokenVolumes = [new("kube-api-access", null, "token", TimeSpan.FromSeconds(3607))] })
                    .WithContainer(container =>
                        container with
                        {
                            Mounts = [new("kube-api-access", "/var/run/secrets/kubernetes.io/serviceaccount")],
                        }
                    ),
            FindingCodes.TokenVolumeMissing,
            Workload.Audience,
            "(no token)"
        ),
        Pod(
            "the environment names another path than the mount's",
            evidence => evidence.WithVariable("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/token"),
            FindingCodes.TokenPathMismatch,
            Healthy.TokenPath,
            "/var/run/secrets/token"
        ),
        Pod(
            "the token is mounted by subPath",
            evidence => evidence.WithContainer(container => container with { Mounts = [new("aws-token", Healthy.TokenPath, "token")] }),
            FindingCodes.TokenPathMismatch,
            "no subPath",
            "subPath: token"
        ),
        Pod(
            "the environment names the default token",
            evidence => evidence.WithVariable("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/kubernetes.io/serviceaccount/token"),
            FindingCodes.TokenAudienceMismatch,
            Workload.Audience,
            Workload.Cluster.Issuer
        ),
        Pod(
            "the environment has no token file",
            evidence => evidence.WithVariable("AWS_WEB_IDENTITY_TOKEN_FILE", null),
            FindingCodes.PodEnvironmentWrong,
            $"AWS_WEB_IDENTITY_TOKEN_FILE={Healthy.TokenPath}",
            "(not set)"
        ),
        Pod(
            "the environment has no role",
            evidence => evidence.WithVariable("AWS_ROLE_ARN", null),
            FindingCodes.PodEnvironmentWrong,
            $"AWS_ROLE_ARN={Workload.RoleArn}",
            "(not set)"
        ),
        Pod(
            "the environment has another role",
            evidence => evidence.WithVariable("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/writer"),
            FindingCodes.PodEnvironmentWrong,
            Workload.RoleArn,
            "arn:aws:iam::111122223333:role/writer"
        ),
        Pod(
            "the environment has the provider's ARN",
            evidence => evidence.WithVariable("AWS_ROLE_ARN", Workload.ProviderArn),
            FindingCodes.RoleArnWrong,
            Workload.RoleArn,
            Workload.ProviderArn
        ),
        Pod(
            "the environment has a placeholder",
            evidence => evidence.WithVariable("AWS_ROLE_ARN", "arn:aws:iam::<AWS_ACCOUNT_ID>:role/reader"),
            FindingCodes.RoleArnWrong,
            Workload.RoleArn,
            "arn:aws:iam::<AWS_ACCOUNT_ID>:role/reader"
        ),
        Pod(
            "the environment has a role of another account",
            evidence => evidence.WithVariable("AWS_ROLE_ARN", "arn:aws:iam::999988887777:role/reader"),
            FindingCodes.RoleArnWrong,
            Workload.RoleArn,
            "arn:aws:iam::999988887777:role/reader"
        ),
        Pod(
            "the environment has a role with a path it does not have",
            evidence => evidence.WithVariable("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/team/reader"),
            FindingCodes.RoleArnWrong,
            Workload.RoleArn,
            "arn:aws:iam::111122223333:role/team/reader"
        ),
        Pod(
            "access keys shadow the token",
            evidence =>
                evidence.WithContainer(container =>
                    container with
                    {
                        Environment = [.. container.Environment, new("AWS_ACCESS_KEY_ID", From: "secret aws-keys")],
                    }
                ),
            FindingCodes.StaticCredentialsShadow,
            "no AWS_ACCESS_KEY_ID",
            "AWS_ACCESS_KEY_ID from secret aws-keys"
        ),
        Pod(
            "a failing pod calls an emulator",
            evidence => evidence.WithVariable("AWS_ENDPOINT_URL", "http://localstack:4566").Failed(1, "error"),
            FindingCodes.PodEnvironmentWrong,
            "no AWS_ENDPOINT_URL",
            "http://localstack:4566"
        ),
        Pod(
            "a pod that was asked for has nothing of AWS",
            evidence =>
                evidence.WithPod(pod =>
                    pod with
                    {
                        IsNamed = true,
                        IsValidation = false,
                        TokenVolumes = [],
                        Containers = [new("app", "i")],
                        Snapshot = pod.Snapshot with { Phase = "Running" },
                    }
                ),
            FindingCodes.TokenVolumeMissing,
            Workload.Audience,
            "(no token)"
        ),
        // The token.
        Token(
            "is the default one",
            "aud",
            new JsonArray(Workload.Cluster.Issuer),
            FindingCodes.TokenAudienceMismatch,
            Workload.Audience,
            Workload.Cluster.Issuer
        ),
        Token(
            "is for https://sts.amazonaws.com",
            "aud",
            new JsonArray("https://sts.amazonaws.com"),
            FindingCodes.TokenAudienceMismatch,
            Workload.Audience,
            "https://sts.amazonaws.com"
        ),
        Token(
            "has two audiences",
            "aud",
            new JsonArray("sts.amazonaws.com", "vault"),
            FindingCodes.TokenAudiencesMany,
            Workload.Audience,
            "sts.amazonaws.com, vault"
        ),
        Token("lacks an audience", "aud", null, FindingCodes.TokenClaimMissing, "aud", "(absent)"),
        Token(
            "has expired",
            "exp",
            Healthy.Now.AddMinutes(-6).ToUnixTimeSeconds(),
            FindingCodes.TokenExpired,
            "after 2026-11-23T11:55:00Z",
            "2026-11-23T11:54:00Z"
        ),
        Token(
            "is from the future",
            "iat",
            Healthy.Now.AddMinutes(6).ToUnixTimeSeconds(),
            FindingCodes.TokenFromTheFuture,
            "before 2026-11-23T12:05:00Z",
            "2026-11-23T12:06:00Z"
        ),
        Token(
            "is not valid yet",
            "nbf",
            Healthy.Now.AddMinutes(7).ToUnixTimeSeconds(),
            FindingCodes.TokenFromTheFuture,
            "before 2026-11-23T12:05:00Z",
            "2026-11-23T12:07:00Z"
        ),
        Token(
            "is of another cluster",
            "iss",
            Workload.Cluster.Issuer.Replace("/main", "/other", StringComparison.Ordinal),
            FindingCodes.TokenIssuerMismatch,
            Workload.Cluster.Issuer,
            Workload.Cluster.Issuer.Replace("/main", "/other", StringComparison.Ordinal)
        ),
        Token(
            "is of another service account",
            "sub",
            "system:serviceaccount:team:default",
            FindingCodes.TokenSubjectMismatch,
            Workload.Subject,
            "system:serviceaccount:team:default"
        ),
        new(
            "the token is signed with an unpublished key",
            "token",
            evidence => evidence with { Tokens = [evidence.Tokens[0] with { KeyId = "key-9" }] },
            FindingCodes.VerificationKeyUnavailable,
            "key-9",
            "key-1"
        ),
        new(
            "the token's signature does not verify",
            "token",
            evidence => evidence with { Tokens = [evidence.Tokens[0] with { SignatureHolds = false }] },
            FindingCodes.TokenSignatureInvalid,
            "a signature by key-1",
            "a signature that does not verify"
        ),
        new(
            "the token file ends in a line break",
            "token",
            evidence => evidence with { Tokens = [new("a file", Federation.WebIdentity.TokenDefect.SurroundingWhiteSpace)] },
            FindingCodes.TokenMalformed,
            "a JSON Web Token: three parts of base64url",
            "SurroundingWhiteSpace"
        ),
        new(
            "an access token is given for the token",
            "token",
            evidence => evidence with { Tokens = [new("a file", Federation.WebIdentity.TokenDefect.Opaque)] },
            FindingCodes.TokenMalformed,
            "a JSON Web Token: three parts of base64url",
            "Opaque"
        ),
        // The provider.
        new(
            "there is no provider",
            "provider",
            evidence => evidence.WithProviders(),
            FindingCodes.ProviderMissing,
            Path,
            "(none)",
            "audience"
        ),
        new(
            "there is only GitHub's provider",
            "provider",
            evidence => evidence.WithProviders(ProviderOf("token.actions.githubusercontent.com")),
            FindingCodes.ProviderMissing,
            Path,
            "(none)",
            "audience"
        ),
        Near("has a slash at the end", Path + "/"),
        Near("differs in case", Path.Replace("acme-prod", "Acme-Prod", StringComparison.Ordinal)),
        Near("names the region", Path.Replace("asia-south1-a", "asia-south1", StringComparison.Ordinal)),
        Near("has the project's number", Path.Replace("acme-prod", "123456789012", StringComparison.Ordinal)),
        Near("lacks /v1", Path.Replace("/v1/", "/", StringComparison.Ordinal)),
        Near("says zones", Path.Replace("/locations/", "/zones/", StringComparison.Ordinal)),
        Near("is Google's token service", "sts.googleapis.com"),
        Near("is accounts.google.com", "accounts.google.com"),
        Near("is another cluster's", Path.Replace("/main", "/other", StringComparison.Ordinal)),
        new(
            "the provider knows sts.amazon.com",
            "audience",
            evidence => evidence.WithProviders(Healthy.Provider with { ClientIds = ["sts.amazon.com"] }),
            FindingCodes.AudienceNotRegistered,
            Workload.Audience,
            "sts.amazon.com"
        ),
        new(
            "the provider knows https://sts.amazonaws.com",
            "audience",
            evidence => evidence.WithProviders(Healthy.Provider with { ClientIds = ["other", "https://sts.amazonaws.com"] }),
            FindingCodes.AudienceNotRegistered,
            Workload.Audience,
            "https://sts.amazonaws.com"
        ),
        new(
            "the provider knows no audience",
            "audience",
            evidence => evidence.WithProviders(Healthy.Provider with { ClientIds = [] }),
            FindingCodes.AudienceNotRegistered,
            Workload.Audience,
            "(none)"
        ),
        new(
            "the provider knows another audience",
            "audience",
            evidence => evidence.WithProviders(Healthy.Provider with { ClientIds = ["vault"] }),
            FindingCodes.AudienceNotRegistered,
            Workload.Audience,
            "vault"
        ),
        // The role.
        new(
            "the role is missing",
            "role",
            evidence => evidence with { Aws = evidence.Aws with { Role = Reading.Of<RoleEvidence>(null) } },
            FindingCodes.RoleMissing,
            Workload.RoleArn,
            "(none)",
            "session",
            "trust",
            "permissions",
            "cluster"
        ),
        new(
            "the role has another path",
            "role",
            evidence => evidence.WithRole(role => role with { Arn = "arn:aws:iam::111122223333:role/team/reader" }),
            FindingCodes.RoleArnWrong,
            Workload.RoleArn,
            "arn:aws:iam::111122223333:role/team/reader"
        ),
        new(
            "sessions are to be longer than the role allows",
            "session",
            evidence =>
                evidence with
                {
                    Workload = evidence.Workload with { Role = evidence.Workload.Role with { MaxSessionDuration = TimeSpan.FromHours(4) } },
                },
            FindingCodes.SessionTooLong,
            "14400 s",
            "3600 s"
        ),
        // Its trust policy.
        Trusting("the provider of another account", ArnOf(Path, "999988887777"), ArnOf(Path, "999988887777")),
        Trusting(
            "another cluster's provider",
            ArnOf(Path.Replace("/main", "/other", StringComparison.Ordinal)),
            ArnOf(Path.Replace("/main", "/other", StringComparison.Ordinal))
        ),
        Trusting("the provider with a slash at the end", ArnOf(Path + "/"), ArnOf(Path + "/")),
        Trusting("accounts.google.com", "accounts.google.com", "accounts.google.com"),
        new(
            "the trust policy is wholly another cluster's",
            "trust",
            evidence => evidence.WithTrust(Of(Path.Replace("/main", "/other", StringComparison.Ordinal))),
            FindingCodes.TrustPrincipalMismatch,
            Workload.ProviderArn,
            ArnOf(Path.Replace("/main", "/other", StringComparison.Ordinal))
        ),
        new(
            "the trust policy names an AWS principal",
            "trust",
            evidence =>
                evidence.WithTrust(
                    Healthy.Statement with
                    {
                        Principals = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["AWS"] = ["*"] },
                    }
                ),
            FindingCodes.TrustPrincipalMismatch,
            Workload.ProviderArn,
            "*"
        ),
        new(
            "the trust policy is about GitHub alone",
            "trust",
            evidence => evidence.WithTrust(GitHub),
            FindingCodes.TrustPrincipalMismatch,
            Workload.ProviderArn,
            ArnOf("token.actions.githubusercontent.com")
        ),
        new(
            "the trust policy allows sts:AssumeRole",
            "trust",
            evidence => evidence.WithTrust(Healthy.Statement with { Actions = ["sts:AssumeRole"] }),
            FindingCodes.TrustActionMismatch,
            "sts:AssumeRoleWithWebIdentity",
            "sts:AssumeRole"
        ),
        Subject("is of another namespace", "system:serviceaccount:prod:reader"),
        Subject("is another service account", "system:serviceaccount:team:default"),
        Subject("differs in case", "system:serviceaccount:Team:reader"),
        Subject("lacks its beginning", "team:reader"),
        Subject("is a Google service account's id", Number),
        Subject("is the member of the Google binding", Workload.WorkloadIdentityMember),
        Audience("is sts.amazon.com", "sts.amazon.com"),
        Audience("has a scheme", "https://sts.amazonaws.com"),
        Key("with https://", $"https://{Path}:sub", $"{Path}:sub"),
        Key("without /v1", $"{Path.Replace("/v1/", "/", StringComparison.Ordinal)}:sub", $"{Path}:sub"),
        Key("cut off after the host", "container.googleapis.com:sub", $"{Path}:sub"),
        Key("of another cluster", $"{Path.Replace("/main", "/other", StringComparison.Ordinal)}:sub", $"{Path}:sub"),
        Key("of EKS", "oidc.eks.ap-south-1.amazonaws.com/id/ABC:sub", $"{Path}:sub"),
        Key("for a claim AWS cannot test", $"{Path}:kubernetes.io/namespace", $"{Path}:sub"),
        new(
            "both condition keys have https://",
            "trust",
            evidence =>
                evidence.WithTrust(
                    Healthy.Statement with
                    {
                        Conditions =
                        [
                            .. Healthy.Statement.Conditions.Select(condition => condition with { Key = "https://" + condition.Key }),
                        ],
                    }
                ),
            FindingCodes.TrustConditionKeyWrong,
            $"{Path}:aud",
            $"https://{Path}:aud"
        ),
        new(
            "subject and audience have changed places",
            "trust",
            evidence =>
                evidence.WithTrust(
                    Healthy.Statement with
                    {
                        Conditions =
                        [
                            new("StringEquals", Path + ":aud", [Workload.Subject]),
                            new("StringEquals", Path + ":sub", [Workload.Audience]),
                        ],
                    }
                ),
            FindingCodes.TrustConditionKeyWrong,
            $"{Path}:sub",
            $"{Path}:aud"
        ),
        new(
            "the subject stands under :aud",
            "trust",
            evidence =>
                evidence.WithTrust(Healthy.Statement with { Conditions = [new("StringEquals", Path + ":aud", [Workload.Subject])] }),
            FindingCodes.TrustConditionKeyWrong,
            $"{Path}:sub",
            $"{Path}:aud"
        ),
        new(
            "a wildcard stands under StringEquals",
            "trust",
            evidence => evidence.WithCondition(":sub", Path + ":sub", "system:serviceaccount:team:*"),
            FindingCodes.TrustWildcardLiteral,
            Workload.Subject,
            "system:serviceaccount:team:*"
        ),
        new(
            "a Deny matches",
            "trust",
            evidence =>
                evidence.WithTrust(
                    Healthy.Statement,
                    Healthy.Statement with
                    {
                        Sid = "NotThem",
                        Effect = PolicyEffect.Deny,
                        Conditions = [],
                    }
                ),
            FindingCodes.TrustDenied,
            "no Deny that matches",
            new PolicyDocument
            {
                Statements = [Healthy.Statement with { Sid = "NotThem", Effect = PolicyEffect.Deny, Conditions = [] }],
            }.ToMinifiedJson()
        ),
        Open("no condition on it", null, "(no condition on the subject)"),
        Open(
            "any namespace",
            new("StringLike", Path + ":sub", ["system:serviceaccount:*:reader"]),
            $"StringLike {Path}:sub system:serviceaccount:*:reader"
        ),
        Open(
            "ForAllValues",
            new("ForAllValues:StringEquals", Path + ":sub", [Workload.Subject]),
            $"ForAllValues:StringEquals {Path}:sub {Workload.Subject}"
        ),
        // Its permissions.
        new(
            "the role has no policy",
            "permissions",
            evidence => evidence.WithRole(role => role with { Policies = Reading.Of<IReadOnlyList<NamedPolicy>>([]) }),
            FindingCodes.PermissionMissing,
            "s3:ListAllMyBuckets on *",
            "no statement allows it"
        ),
        new(
            "the boundary does not allow the action",
            "permissions",
            evidence =>
                evidence.WithRole(role =>
                    role with
                    {
                        BoundaryArn = "arn:aws:iam::111122223333:policy/edge",
                        Boundary = Reading.Of<PolicyDocument>(Healthy.Allow("s3:GetObject", "*")),
                    }
                ),
            FindingCodes.PermissionsBoundaryBlocks,
            "s3:ListAllMyBuckets on *",
            "not allowed by arn:aws:iam::111122223333:policy/edge"
        ),
        new(
            "a policy denies the action",
            "permissions",
            evidence =>
                evidence.WithRole(role =>
                    role with
                    {
                        Policies = Reading.Of<IReadOnlyList<NamedPolicy>>([
                            .. role.Policies!.Found!,
                            new NamedPolicy(
                                "quarantine",
                                new PolicyDocument
                                {
                                    Statements =
                                    [
                                        new PolicyStatement
                                        {
                                            Effect = PolicyEffect.Deny,
                                            Actions = ["s3:*"],
                                            Resources = ["*"],
                                        },
                                    ],
                                }
                            ),
                        ]),
                    }
                ),
            FindingCodes.PermissionDenied,
            "s3:ListAllMyBuckets on *",
            "Deny in quarantine"
        ),
        new(
            "a managed policy is not attached",
            "permissions",
            evidence =>
                evidence with
                {
                    Workload = evidence.Workload with
                    {
                        Role = evidence.Workload.Role with
                        {
                            Policies =
                            [
                                new PolicyReference.Managed(
                                    "arn:aws:iam::aws:policy/ReadOnlyAccess",
                                    new SourceLocation("federation.yaml", 1, 1)
                                ),
                            ],
                        },
                    },
                },
            FindingCodes.PermissionMissing,
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "(none attached)"
        ),
        // The check.
        new(
            "the check fails by itself",
            "check",
            evidence => evidence.Failed(7, "no such file"),
            FindingCodes.CheckFailed,
            "exit code 0",
            "exit code 7"
        ),
        // The Google service account, which AWS does not need.
        new(
            "the Google service account is missing",
            "google",
            evidence =>
                evidence.WithGoogle(google =>
                    google with
                    {
                        ServiceAccount = Reading.Of<GoogleServiceAccountEvidence>(null),
                        WorkloadIdentityUsers = Reading.Of<IReadOnlyList<string>>(null),
                    }
                ),
            FindingCodes.GoogleServiceAccountMissing,
            Workload.GoogleServiceAccountEmail,
            "(none)"
        ),
        new(
            "anybody may become the Google service account",
            "google",
            evidence =>
                evidence.WithGoogle(google =>
                    google with
                    {
                        Grants = [new Grant("roles/iam.serviceAccountTokenCreator", "allUsers", IsConditional: false)],
                    }
                ),
            FindingCodes.GoogleServiceAccountOpen,
            "named members",
            "roles/iam.serviceAccountTokenCreator to allUsers"
        ),
        new(
            "the Google service account binds another namespace",
            "google",
            evidence =>
                evidence.WithGoogle(google =>
                    google with
                    {
                        WorkloadIdentityUsers = Reading.Of<IReadOnlyList<string>>(["serviceAccount:acme-prod.svc.id.goog[prod/reader]"]),
                    }
                ),
            FindingCodes.WorkloadIdentityBindingMissing,
            Workload.WorkloadIdentityMember,
            "serviceAccount:acme-prod.svc.id.goog[prod/reader]"
        ),
        new(
            "the cluster has no workload pool",
            "google",
            evidence =>
                evidence.WithGoogle(google =>
                    google with
                    {
                        Cluster = Reading.Of<ClusterFacts>(
                            (google.Cluster?.Found ?? new ClusterFacts(Healthy.ClusterId, "RUNNING", null, [], null)) with
                            {
                                WorkloadPool = null,
                            }
                        ),
                    }
                ),
            FindingCodes.WorkloadIdentityDisabled,
            "acme-prod.svc.id.goog",
            "(none)",
            "cluster"
        ),
        new(
            "the annotation names another Google service account",
            "annotation",
            evidence =>
                evidence.WithKubernetes(kubernetes =>
                    kubernetes with
                    {
                        ServiceAccount = Reading.Of<ServiceAccountEvidence>(
                            new ServiceAccountEvidence(
                                "reader",
                                new Dictionary<string, string>(StringComparer.Ordinal)
                                {
                                    ["iam.gke.io/gcp-service-account"] = "other@acme-prod.iam.gserviceaccount.com",
                                }
                            )
                        ),
                    }
                ),
            FindingCodes.ServiceAccountAnnotationWrong,
            Workload.GoogleServiceAccountEmail,
            "other@acme-prod.iam.gserviceaccount.com",
            "account"
        ),
        // This machine.
        new(
            "the credentials are another account's",
            "caller",
            evidence => evidence with { Aws = evidence.Aws with { Caller = Refused<CallerEvidence>(FindingCodes.AwsAccountMismatch) } },
            FindingCodes.AwsAccountMismatch,
            "there",
            "elsewhere",
            "provider",
            "audience",
            "role",
            "session",
            "trust",
            "permissions",
            "cluster"
        ),
    ];

    private static PolicyStatement GitHub =>
        new()
        {
            Effect = PolicyEffect.Allow,
            Principals = Healthy.Federated(ArnOf("token.actions.githubusercontent.com")),
            Actions = ["sts:AssumeRoleWithWebIdentity"],
            Conditions =
            [
                new("StringEquals", "token.actions.githubusercontent.com:aud", ["sts.amazonaws.com"]),
                new("StringLike", "token.actions.githubusercontent.com:sub", ["repo:acme/*"]),
            ],
        };

    private static PolicyStatement Of(string path) =>
        Healthy.Statement with
        {
            Sid = null,
            Principals = Healthy.Federated(ArnOf(path)),
            Conditions = [new("StringEquals", path + ":aud", [Workload.Audience]), new("StringEquals", path + ":sub", [Workload.Subject])],
        };

    private static Reading<T> Refused<T>(string code)
        where T : class =>
        new()
        {
            Refused = new Finding
            {
                Code = code,
                Cause = "It is another.",
                Fix = "Give the right one.",
                Expected = "there",
                Actual = "elsewhere",
            },
        };
}
