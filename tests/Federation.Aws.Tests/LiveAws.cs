using Amazon.IdentityManagement;
using Amazon.IdentityManagement.Model;
using Amazon.Runtime;
using Federation.Calls;
using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Policies;
using Federation.Sandbox;
using k8s;
using k8s.Models;

namespace Federation.Aws.Tests;

/// <summary>A sandbox, its endpoints, and an administrator's client of its account.</summary>
internal sealed class LiveAws : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = System.IO.Directory.CreateTempSubdirectory("aws-");
    private SandboxClouds _sandbox = null!;

    public AmazonIdentityManagementServiceClient Iam { get; private set; } = null!;

    /// <summary>The endpoints of the sandbox's AWS, with its administrator's credentials.</summary>
    public CloudEndpoints Clouds { get; private set; } = null!;

    /// <summary>A server of this machine whose certificate this machine does not trust.</summary>
    public Uri Untrusted =>
        new(KubernetesClientConfiguration.LoadKubeConfig(_sandbox.Environment["KUBECONFIG"]).Clusters.First().ClusterEndpoint.Server);

    /// <summary>What reached IAM and STS since <see cref="Forget"/>.</summary>
    public IReadOnlyList<string> Operations =>
        [.. _sandbox.Calls.Calls.Skip(_forgotten).Where(call => call.Cloud == "aws").Select(call => call.Operation)];

    private int _forgotten;

    public static async Task<LiveAws> StartAsync()
    {
        var aws = new LiveAws();
        aws._sandbox = await SandboxClouds.StartAsync(
            new SandboxOptions
            {
                Clusters = [Given.Cluster],
                Accounts = [Given.Account],
                Folder = SandboxFolder.Own(aws._directory.FullName),
            },
            TimeProvider.System,
            TestContext.Current.CancellationToken
        );
        var variables = aws._sandbox.Environment;
        var endpoint = new AwsEndpoint(
            new Uri(variables["AWS_ENDPOINT_URL"]),
            variables["AWS_ACCESS_KEY_ID"],
            variables["AWS_SECRET_ACCESS_KEY"],
            variables["AWS_SHARED_CREDENTIALS_FILE"]
        );
        aws.Clouds = new CloudEndpoints { IsSandbox = true, Aws = endpoint };
        aws.Iam = new AmazonIdentityManagementServiceClient(
            new BasicAWSCredentials(endpoint.AccessKeyId, endpoint.SecretAccessKey),
            new AmazonIdentityManagementServiceConfig { ServiceURL = endpoint.Url.AbsoluteUri, MaxErrorRetry = 0 }
        );
        return aws;
    }

    public void Forget() => _forgotten = _sandbox.Calls.Calls.Count;

    /// <summary>A run's view of the account.</summary>
    public AwsCloud Cloud() => new(Given.Configuration(), new Directory(), Clouds, new ImpatientTime());

    public Task<CreateOpenIDConnectProviderResponse> ProvideAsync(string url, params string[] audiences) =>
        Iam.CreateOpenIDConnectProviderAsync(
            new()
            {
                Url = url,
                ClientIDList = [.. audiences],
                ThumbprintList = [new string('a', 40)],
            }
        );

    public Task<CreateRoleResponse> CreateRoleAsync(Workload workload, string? boundary = null) =>
        Iam.CreateRoleAsync(
            new()
            {
                RoleName = workload.Role.Name,
                AssumeRolePolicyDocument = Given.Rendered(workload).TrustPolicy.ToJsonString(),
                MaxSessionDuration = 7200,
                PermissionsBoundary = boundary,
                Tags = [new() { Key = "federation:tool", Value = "gke-to-aws-federation" }, new() { Key = "cost-centre", Value = "42" }],
            }
        );

    /// <summary>The account for a runner that is allowed these actions only.</summary>
    public async Task<Account> AsRunnerAsync(params string[] actions)
    {
        const string Trust =
            """{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}""";
        var role = await Iam.CreateRoleAsync(new() { RoleName = "runner", AssumeRolePolicyDocument = Trust });
        if (actions.Length > 0)
        {
            await AllowAsync([
                new PolicyDocument
                {
                    Statements =
                    [
                        new PolicyStatement
                        {
                            Effect = PolicyEffect.Allow,
                            Actions = actions,
                            Resources = ["*"],
                        },
                    ],
                },
            ]);
        }

        return Given.Account with
        {
            AssumeRole = role.Role.Arn,
        };
    }

    /// <summary>Allows the runner what these policies allow, and nothing else.</summary>
    public async Task AllowAsync(IReadOnlyCollection<PolicyDocument> policies)
    {
        foreach (var (index, policy) in policies.Index())
        {
            await Iam.PutRolePolicyAsync(
                new()
                {
                    RoleName = "runner",
                    PolicyName = $"runner-{index}",
                    PolicyDocument = policy.ToJson(),
                }
            );
        }

        foreach (var name in (await Iam.ListRolePoliciesAsync(new() { RoleName = "runner" })).PolicyNames.Skip(policies.Count))
        {
            await Iam.DeleteRolePolicyAsync(new() { RoleName = "runner", PolicyName = name });
        }
    }

    /// <summary>A token of the workload's service account, as a runner requests it of the cluster.</summary>
    public async Task<string> RequestTokenAsync(Workload workload, string audience)
    {
        using var cluster = new k8s.Kubernetes(
            await KubernetesClientConfiguration.BuildConfigFromConfigFileAsync(new FileInfo(_sandbox.Environment["KUBECONFIG"]))
        );
        await cluster.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new() { Name = workload.Namespace } });
        await cluster.CoreV1.CreateNamespacedServiceAccountAsync(
            new V1ServiceAccount { Metadata = new() { Name = workload.ServiceAccount } },
            workload.Namespace
        );
        var request = new Authenticationv1TokenRequest
        {
            Spec = new() { Audiences = [audience], ExpirationSeconds = 3600 },
        };
        return (await cluster.CoreV1.CreateNamespacedServiceAccountTokenAsync(request, workload.ServiceAccount, workload.Namespace))
            .Status
            .Token;
    }

    public async Task<AwsEvidence> ReadAsync(Workload workload) => (await ReadAllAsync(workload))[workload.Name];

    public async Task<IReadOnlyDictionary<string, AwsEvidence>> ReadAllAsync(params Workload[] workloads)
    {
        using var cloud = Cloud();
        return await ReadAllAsync(cloud, workloads);
    }

    public static async Task<AwsEvidence> ReadAsync(AwsCloud cloud, Workload workload) =>
        (await ReadAllAsync(cloud, workload))[workload.Name];

    public static async Task<IReadOnlyDictionary<string, AwsEvidence>> ReadAllAsync(AwsCloud cloud, params Workload[] workloads)
    {
        var evidence = workloads
            .Select(workload => new WorkloadEvidence
            {
                Workload = workload,
                TrustPolicy = new() { Statements = [] },
                PermissionsPolicies = new Dictionary<string, PolicyDocument>(),
            })
            .ToList();
        return await new AwsEvidenceReader(cloud).ReadAsync(evidence, new EvidenceScope(), TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Iam.Dispose();
        await _sandbox.DisposeAsync();
        _directory.Delete(recursive: true);
    }
}
