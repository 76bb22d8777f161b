using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Policies;
using Federation.Resources;
using Federation.WebIdentity;
using Reading = Federation.Diagnosis.Evidence.Reading;

namespace Federation.Tests.Diagnosis;

/// <summary>The evidence of a workload without faults, in which a test breaks one thing.</summary>
internal static class Healthy
{
    public const string ClusterId = "0e1c2f";
    public const string Image = "example.test/aws-cli:1";
    public const string TokenPath = "/var/run/secrets/tokens/token";
    public const string BucketList = "s3-list-buckets";

    public static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    public static Workload Workload { get; } =
        Workloads.Reader() with
        {
            GoogleServiceAccount = "reader-gsa",
            Role = new Role
            {
                Name = "reader",
                Description = "Assumed by reader.",
                Policies =
                [
                    new PolicyReference.Template(
                        BucketList,
                        new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal),
                        new SourceLocation("federation.yaml", 1, 1)
                    ),
                ],
            },
        };

    public static string IssuerPath => Workload.Cluster.IssuerPath;

    public static PolicyStatement Statement =>
        new()
        {
            Sid = "FederationMain",
            Effect = PolicyEffect.Allow,
            Principals = Federated(Workload.ProviderArn),
            Actions = [StsActions.AssumeRoleWithWebIdentity],
            Conditions =
            [
                new("StringEquals", IssuerPath + ":aud", [Workload.Audience]),
                new("StringEquals", IssuerPath + ":sub", [Workload.Subject]),
            ],
        };

    public static PolicyDocument Listing { get; } = Allow("s3:ListAllMyBuckets", "*");

    public static WorkloadEvidence Evidence =>
        new()
        {
            Workload = Workload,
            TrustPolicy = Trust(Statement),
            PermissionsPolicies = new Dictionary<string, PolicyDocument>(StringComparer.Ordinal) { [BucketList] = Listing },
            Google = new GoogleEvidence
            {
                Cluster = Reading.Of<ClusterFacts>(
                    new ClusterFacts(ClusterId, "RUNNING", Workload.Cluster.WorkloadPool, ["203.0.113.7"], CaCertificate: null)
                ),
                Issuer = Reading.Of<PublishedIssuer>(new PublishedIssuer(Workload.Cluster.Issuer, [new IssuerKey("key-1", "RSA")])),
                ServiceAccount = Reading.Of<GoogleServiceAccountEvidence>(
                    new GoogleServiceAccountEvidence(Workload.GoogleServiceAccountEmail!, "110000000000000000001")
                ),
                WorkloadIdentityUsers = Reading.Of<IReadOnlyList<string>>([Workload.WorkloadIdentityMember]),
            },
            Kubernetes = new KubernetesEvidence
            {
                Issuer = Reading.Of<IssuerDocument>(new IssuerDocument(Workload.Cluster.Issuer, ["key-1"])),
                Namespace = Reading.Of<NamespaceEvidence>(new NamespaceEvidence(Workload.Namespace)),
                ServiceAccount = Reading.Of<ServiceAccountEvidence>(
                    new ServiceAccountEvidence(
                        Workload.ServiceAccount,
                        new Dictionary<string, string>(StringComparer.Ordinal)
                        {
                            ["iam.gke.io/gcp-service-account"] = Workload.GoogleServiceAccountEmail!,
                        }
                    )
                ),
                Pods = Reading.Of<IReadOnlyList<PodEvidence>>([Pod]),
            },
            Aws = new AwsEvidence
            {
                Caller = Reading.Of<CallerEvidence>(new CallerEvidence("arn:aws:iam::111122223333:user/ci", Workload.Account.Id)),
                Providers = Reading.Of<IReadOnlyList<ProviderEvidence>>([Provider]),
                Role = Reading.Of<RoleEvidence>(Role),
            },
            Tokens =
            [
                new TokenEvidence("the validation pod")
                {
                    Algorithm = "RS256",
                    KeyId = "key-1",
                    Claims = Claims,
                    Pod = "team/reader-verify-1",
                },
            ],
        };

    public static ProviderEvidence Provider { get; } = new(Workload.ProviderArn, IssuerPath) { ClientIds = [Workload.Audience] };

    public static RoleEvidence Role =>
        new(Workload.RoleArn)
        {
            Created = Now.AddDays(-3),
            MaxSessionDuration = TimeSpan.FromHours(1),
            TrustPolicy = Trust(Statement),
            Tags = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [Mark.ClusterTag(Workload.Cluster.Project, Workload.Cluster.Location, Workload.Cluster.Name)] = ClusterId,
            },
            Policies = Reading.Of<IReadOnlyList<NamedPolicy>>([new NamedPolicy(BucketList, Listing)]),
        };

    /// <summary>The validation pod, which has passed.</summary>
    public static PodEvidence Pod =>
        new()
        {
            Snapshot = new PodSnapshot(Workload.Namespace, "reader-verify-1", "Succeeded")
            {
                Created = Now.AddMinutes(-1),
                Containers =
                [
                    new ContainerSnapshot("verify", Image)
                    {
                        ExitCode = 0,
                        TerminatedMessage = $$"""{"Arn":"arn:aws:sts::111122223333:assumed-role/reader/reader"}""",
                    },
                ],
            },
            ServiceAccount = Workload.ServiceAccount,
            IsValidation = true,
            TokenVolumes = [new TokenVolume("aws-token", Workload.Audience, "token", TimeSpan.FromHours(1))],
            Containers =
            [
                new ContainerEvidence("verify", Image)
                {
                    Environment =
                    [
                        new("AWS_ROLE_ARN", Workload.RoleArn),
                        new("AWS_WEB_IDENTITY_TOKEN_FILE", TokenPath),
                        new("AWS_REGION", Workload.Account.Region),
                        new("AWS_DEFAULT_REGION", Workload.Account.Region),
                    ],
                    Mounts = [new("aws-token", "/var/run/secrets/tokens")],
                },
            ],
        };

    public static JsonObject Claims =>
        new()
        {
            ["iss"] = Workload.Cluster.Issuer,
            ["sub"] = Workload.Subject,
            ["aud"] = new JsonArray(Workload.Audience),
            ["iat"] = Now.AddMinutes(-1).ToUnixTimeSeconds(),
            ["nbf"] = Now.AddMinutes(-1).ToUnixTimeSeconds(),
            ["exp"] = Now.AddMinutes(59).ToUnixTimeSeconds(),
        };

    public static PolicyDocument Trust(params IReadOnlyList<PolicyStatement> statements) => new() { Statements = statements };

    public static PolicyDocument Allow(string action, string resource) =>
        new()
        {
            Statements =
            [
                new PolicyStatement
                {
                    Effect = PolicyEffect.Allow,
                    Actions = [action],
                    Resources = [resource],
                },
            ],
        };

    public static Dictionary<string, IReadOnlyList<string>> Federated(string principal) =>
        new(StringComparer.Ordinal) { ["Federated"] = [principal] };
}

/// <summary>Evidence with one thing changed.</summary>
internal static class Spoiling
{
    public static WorkloadEvidence WithTrust(this WorkloadEvidence evidence, params IReadOnlyList<PolicyStatement> statements) =>
        evidence.WithRole(role => role with { TrustPolicy = Healthy.Trust(statements) });

    public static WorkloadEvidence WithCondition(
        this WorkloadEvidence evidence,
        string name,
        string key,
        params IReadOnlyList<string> values
    ) =>
        evidence.WithTrust(
            Healthy.Statement with
            {
                Conditions =
                [
                    .. Healthy.Statement.Conditions.Select(condition =>
                        condition.Key.EndsWith(name, StringComparison.Ordinal) ? condition with { Key = key, Values = values } : condition
                    ),
                ],
            }
        );

    public static WorkloadEvidence WithRole(this WorkloadEvidence evidence, Func<RoleEvidence, RoleEvidence> change) =>
        evidence with
        {
            Aws = evidence.Aws with { Role = Reading.Of<RoleEvidence>(change(evidence.Aws.Role!.Found!)) },
        };

    public static WorkloadEvidence WithProviders(this WorkloadEvidence evidence, params IReadOnlyList<ProviderEvidence> providers) =>
        evidence with
        {
            Aws = evidence.Aws with { Providers = Reading.Of<IReadOnlyList<ProviderEvidence>>(providers) },
        };

    public static WorkloadEvidence WithGoogle(this WorkloadEvidence evidence, Func<GoogleEvidence, GoogleEvidence> change) =>
        evidence with
        {
            Google = change(evidence.Google),
        };

    public static WorkloadEvidence WithKubernetes(this WorkloadEvidence evidence, Func<KubernetesEvidence, KubernetesEvidence> change) =>
        evidence with
        {
            Kubernetes = change(evidence.Kubernetes),
        };

    /// <summary>The validation pod otherwise; its token then is not that of a pod that passed.</summary>
    public static WorkloadEvidence WithPod(this WorkloadEvidence evidence, Func<PodEvidence, PodEvidence> change) =>
        evidence.WithKubernetes(kubernetes =>
            kubernetes with
            {
                Pods = Reading.Of<IReadOnlyList<PodEvidence>>([.. kubernetes.Pods!.Found!.Select(change)]),
            }
        );

    public static WorkloadEvidence WithContainer(this WorkloadEvidence evidence, Func<ContainerEvidence, ContainerEvidence> change) =>
        evidence.WithPod(pod => pod with { Containers = [.. pod.Containers.Select(change)] });

    public static WorkloadEvidence WithVariable(this WorkloadEvidence evidence, string name, string? value) =>
        evidence.WithContainer(container =>
            container with
            {
                Environment =
                [
                    .. container.Environment.Where(variable => variable.Name != name),
                    .. value is null ? [] : new[] { new VariableEvidence(name, value) },
                ],
            }
        );

    public static WorkloadEvidence WithClaim(this WorkloadEvidence evidence, string name, JsonNode? value)
    {
        var token = evidence.Tokens[0];
        var claims = token.Claims!.DeepClone().AsObject();
        claims.Remove(name);
        if (value is not null)
        {
            claims[name] = value;
        }

        return evidence with
        {
            Tokens = [token with { Claims = claims }],
        };
    }

    /// <summary>The validation pod failed, and this is what its log says.</summary>
    public static WorkloadEvidence Failed(this WorkloadEvidence evidence, int exitCode, params IReadOnlyList<string> log) =>
        evidence.WithPod(pod =>
            pod with
            {
                Snapshot = pod.Snapshot with
                {
                    Phase = "Failed",
                    Containers = [new ContainerSnapshot("verify", Healthy.Image) { ExitCode = exitCode }],
                },
                Log = log,
            }
        );
}
