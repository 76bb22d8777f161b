using System.Text.Json.Nodes;
using Amazon.IdentityManagement;
using Amazon.Runtime;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using Federation.Configuration;
using Federation.Sandbox;
using Federation.Sandbox.Hosting;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Iam.v1;
using Google.Apis.Services;
using k8s;
using k8s.Models;

namespace EndToEnd.Tests.Faults;

/// <summary>
/// A federation that the product has made and proved, in a sandbox that nothing else uses; and the SDKs' own clients,
/// through which a person would break it.
/// </summary>
public sealed class LiveFederation : IAsyncLifetime
{
    public const string Account = "111122223333";
    public const string OtherAccount = "444455556666";
    public const string Audience = "sts.amazonaws.com";
    public const string IssuerPath = "container.googleapis.com/v1/projects/acme-prod/locations/asia-south1-a/clusters/main";
    public const string Issuer = "https://" + IssuerPath;
    public const string OtherIssuer = "https://container.googleapis.com/v1/projects/acme-prod/locations/europe-west1/clusters/other";
    public const string ProviderArn = $"arn:aws:iam::{Account}:oidc-provider/{IssuerPath}";
    public const string RoleArn = $"arn:aws:iam::{Account}:role/team/reader";
    public const string Subject = "system:serviceaccount:team:reader";
    public const string GoogleAccount = "robot-account@acme-prod.iam.gserviceaccount.com";
    public const string Context = "gke_acme-prod_asia-south1-a_main";
    public const string OtherContext = "gke_acme-prod_europe-west1_other";
    public const string Policy = "s3-list-buckets";

    public const string Configuration = $$"""
        clusters:
          main: { project: acme-prod, location: asia-south1-a, name: main }
          other: { project: acme-prod, location: europe-west1, name: other }
        accounts:
          data: { id: "{{Account}}", region: ap-south-1 }
          far: { id: "{{OtherAccount}}", region: us-east-1 }
        sandbox:
          buckets: [sandbox-exports]
        workloads:
          - name: reader
            cluster: main
            account: data
            namespace: team
            serviceAccount: reader
            role: { name: reader, path: /team/, policies: [{{Policy}}] }
            verify: { run: aws s3 ls }
          - name: robot
            cluster: main
            account: data
            namespace: team
            serviceAccount: robot
            googleServiceAccount: robot-account
            role: { name: robot, policies: [{{Policy}}] }
            verify: { run: aws s3 ls }

        """;

    private readonly Lazy<Task<SandboxClouds>> _twin;
    private readonly OffsetClock _clock = new();
    private SandboxClouds _sandbox = null!;

    public LiveFederation() => _twin = new(StartTwinAsync);

    internal HostRun Host { get; private set; } = null!;

    public IReadOnlyDictionary<string, string> Variables => _sandbox.Environment;

    public CallLog Calls => _sandbox.Calls;

    public AmazonIdentityManagementServiceClient Iam { get; private set; } = null!;

    public k8s.Kubernetes Cluster { get; private set; } = null!;

    public k8s.Kubernetes OtherCluster { get; private set; } = null!;

    public IamService GoogleIam { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Host = new HostRun();
        _sandbox = await StartAsync("sandbox");
        foreach (var (name, value) in Variables)
        {
            Host.Variables[name] = value;
        }

        Iam = IamOf(new BasicAWSCredentials(Variables["AWS_ACCESS_KEY_ID"], Variables["AWS_SECRET_ACCESS_KEY"]));
        Cluster = await ClusterAsync(Variables, Context);
        OtherCluster = await ClusterAsync(Variables, OtherContext);
        GoogleIam = new IamService(
            new BaseClientService.Initializer
            {
                HttpClientInitializer = GoogleCredential.FromAccessToken(Variables["CLOUDSDK_AUTH_ACCESS_TOKEN"]),
                BaseUri = Variables["CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM"],
                ApplicationName = "a person",
            }
        );

        var applied = Host.Run("--target=Apply", "--cloud=live", $"--config={Host.Configure(Configuration)}");
        Assert.True(applied.ExitCode == 0, applied.ToString());
        await FurnishAsync(OtherCluster);
    }

    /// <summary>Whatever was broken has been restored: nothing is wrong at the end.</summary>
    public async ValueTask DisposeAsync()
    {
        var healthy = Host.Run("--target=Diagnose", "--cloud=live", $"--config={Host.Configure(Configuration)}");
        Assert.True(healthy.ExitCode == 0 && !healthy.Findings.Any(), healthy.ToString());
        GoogleIam.Dispose();
        OtherCluster.Dispose();
        Cluster.Dispose();
        Iam.Dispose();
        if (_twin.IsValueCreated)
        {
            await (await _twin.Value).DisposeAsync();
        }

        await _sandbox.DisposeAsync();
        Host.Dispose();
    }

    /// <summary>What refers to a cluster that was recreated under the same name, with its own id and keys.</summary>
    public async Task<IReadOnlyDictionary<string, string>> TwinAsync() => (await _twin.Value).Environment;

    public async Task<k8s.Kubernetes> TwinClusterAsync() => await ClusterAsync(await TwinAsync(), Context);

    /// <summary>A client of the account that the workloads' is mistaken for.</summary>
    public async Task<AmazonIdentityManagementServiceClient> OtherIamAsync()
    {
        var assumed = await Sts(new BasicAWSCredentials(Variables["AWS_ACCESS_KEY_ID"], Variables["AWS_SECRET_ACCESS_KEY"]))
            .AssumeRoleAsync(
                new AssumeRoleRequest
                {
                    RoleArn = $"arn:aws:iam::{OtherAccount}:role/OrganizationAccountAccessRole",
                    RoleSessionName = "person",
                }
            );
        return IamOf(assumed.Credentials);
    }

    /// <summary>Asks STS what it makes of a token, as the AWS CLI would show its answer; null if it agrees.</summary>
    public async Task<string?> ExchangeAsync(string token, string roleArn = RoleArn, int seconds = 3600)
    {
        try
        {
            await Sts(new AnonymousAWSCredentials())
                .AssumeRoleWithWebIdentityAsync(
                    new AssumeRoleWithWebIdentityRequest
                    {
                        RoleArn = roleArn,
                        RoleSessionName = "person",
                        WebIdentityToken = token,
                        DurationSeconds = seconds,
                    }
                );
            return null;
        }
        catch (AmazonServiceException refused)
        {
            return $"An error occurred ({refused.ErrorCode}) when calling the AssumeRoleWithWebIdentity operation: {refused.Message}";
        }
    }

    /// <summary>A token as <c>kubectl create token</c> gives it.</summary>
    public static async Task<string> TokenAsync(k8s.Kubernetes cluster, string serviceAccount = "reader", params IList<string> audiences) =>
        (
            await cluster.CoreV1.CreateNamespacedServiceAccountTokenAsync(
                new Authenticationv1TokenRequest
                {
                    Spec = new() { Audiences = audiences is [] ? [Audience] : audiences, ExpirationSeconds = 3600 },
                },
                serviceAccount,
                "team"
            )
        ).Status.Token;

    /// <summary>A token that the cluster gave at another time, or by a clock that is wrong.</summary>
    public async Task<string> TokenAtAsync(TimeSpan offset)
    {
        _clock.Offset = offset;
        try
        {
            return await TokenAsync(Cluster);
        }
        finally
        {
            _clock.Offset = TimeSpan.Zero;
        }
    }

    /// <summary>The trust policy of a role, as IAM keeps it.</summary>
    public async Task<JsonObject> TrustAsync(string role) =>
        JsonNode
            .Parse(Uri.UnescapeDataString((await Iam.GetRoleAsync(new() { RoleName = role })).Role.AssumeRolePolicyDocument))!
            .AsObject();

    private AmazonIdentityManagementServiceClient IamOf(AWSCredentials credentials) =>
        new(credentials, new AmazonIdentityManagementServiceConfig { ServiceURL = Variables["AWS_ENDPOINT_URL"], MaxErrorRetry = 0 });

    private AmazonSecurityTokenServiceClient Sts(AWSCredentials credentials) =>
        new(
            credentials,
            new AmazonSecurityTokenServiceConfig
            {
                ServiceURL = Variables["AWS_ENDPOINT_URL"],
                AuthenticationRegion = "ap-south-1",
                MaxErrorRetry = 0,
            }
        );

    private static async Task<k8s.Kubernetes> ClusterAsync(IReadOnlyDictionary<string, string> variables, string context) =>
        new(await KubernetesClientConfiguration.BuildConfigFromConfigFileAsync(new FileInfo(variables["KUBECONFIG"]), context));

    /// <summary>What a workload has in its cluster, made by hand.</summary>
    private static async Task FurnishAsync(k8s.Kubernetes cluster)
    {
        await cluster.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new() { Name = "team" } });
        await cluster.CoreV1.CreateNamespacedServiceAccountAsync(new V1ServiceAccount { Metadata = new() { Name = "reader" } }, "team");
    }

    private async Task<SandboxClouds> StartTwinAsync()
    {
        var twin = await StartAsync("twin");
        using var cluster = await ClusterAsync(twin.Environment, Context);
        await FurnishAsync(cluster);
        return twin;
    }

    private async Task<SandboxClouds> StartAsync(string folder)
    {
        var configuration = ConfigurationReader.Read("federation.yaml", System.Text.Encoding.UTF8.GetBytes(Configuration)).Configuration!;
        return await SandboxClouds.StartAsync(
            new SandboxOptions
            {
                Clusters = configuration.Clusters,
                Accounts = configuration.Accounts,
                Buckets = configuration.Sandbox.Buckets,
                Folder = SandboxFolder.Own(Path.Combine(Host.Folder, folder)),
            },
            _clock
        );
    }

    /// <summary>The sandbox's clock, which may be set wrong for a moment.</summary>
    private sealed class OffsetClock : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
    }
}
