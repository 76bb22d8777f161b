using System.Net;
using System.Text.Json.Nodes;
using Amazon.IdentityManagement.Model;
using Amazon.Runtime;
using Amazon.SecurityToken.Model;
using k8s;
using k8s.Models;
using KubernetesClient = k8s.Kubernetes;
using Tag = Amazon.IdentityManagement.Model.Tag;

namespace Federation.Sandbox.Tests.Hosting;

/// <summary>All clouds together, each reached as its own clients reach it.</summary>
public sealed class SandboxCloudsTests : IAsyncLifetime
{
    private const string RoleArn = "arn:aws:iam::111122223333:role/team/app";
    private static readonly string Issuer = TestSandbox.Main.IssuerPath;
    private TestSandbox _sandbox = null!;
    private KubernetesClient _kubernetes = null!;

    public async ValueTask InitializeAsync()
    {
        _sandbox = await TestSandbox.StartAsync();
        _kubernetes = Client(TestSandbox.Main.DefaultContext);
    }

    public async ValueTask DisposeAsync()
    {
        _kubernetes.Dispose();
        await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task A_pod_lists_buckets_with_its_own_projected_token_and_no_key()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "pods need /bin/sh");
        await FederateAsync();
        await CreateServiceAccountAsync();
        await _kubernetes.CoreV1.CreateNamespacedPodAsync(Pod(), "team");

        var pod = await EndOfPodAsync();

        using var log = new StreamReader(await _kubernetes.CoreV1.ReadNamespacedPodLogAsync("app", "team"));
        var text = await log.ReadToEndAsync();
        Assert.True(pod.Status.Phase == "Succeeded", text);
        Assert.Contains("exports", text, StringComparison.Ordinal);
        Assert.Contains("backups", text, StringComparison.Ordinal);
        Assert.Contains(_sandbox.Clouds.Calls.Calls, call => call.Operation == "sts:AssumeRoleWithWebIdentity" && call.Resource == RoleArn);
    }

    [Fact]
    public async Task A_token_of_the_cluster_is_judged_by_the_trust_policy_and_one_of_another_cluster_is_refused()
    {
        await FederateAsync();
        await CreateServiceAccountAsync();
        using var second = Client(TestSandbox.Second.DefaultContext);
        await CreateServiceAccountAsync(second);

        var assumed = await AssumeAsync(await TokenAsync(_kubernetes));
        using var s3 = _sandbox.S3(assumed.Credentials);
        Assert.Equal(2, (await s3.ListBucketsAsync()).Buckets.Count);

        var foreign = await Assert.ThrowsAsync<InvalidIdentityTokenException>(async () => await AssumeAsync(await TokenAsync(second)));
        Assert.Equal($"No OpenIDConnect provider found in your account for {TestSandbox.Second.Issuer}", foreign.Message);
    }

    [Fact]
    public async Task The_issuers_documents_are_public_and_hold_the_key_of_the_clusters_tokens()
    {
        using var client = new HttpClient(
            new SocketsHttpHandler
            {
                ConnectCallback = async (context, cancellationToken) =>
                {
                    var target = _sandbox.Variable("FEDERATION_CONNECT_TO").Split(':');
                    Assert.Equal((target[0], target[1]), (context.DnsEndPoint.Host, context.DnsEndPoint.Port.ToString()));
                    var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
                    await socket.ConnectAsync(target[2], int.Parse(target[3]), cancellationToken);
                    return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
                },
                SslOptions =
                {
                    CertificateChainPolicy = new System.Security.Cryptography.X509Certificates.X509ChainPolicy
                    {
                        TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
                        CustomTrustStore =
                        {
                            System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(
                                await File.ReadAllTextAsync(_sandbox.Variable("FEDERATION_CA_FILE"))
                            ),
                        },
                        RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
                    },
                },
            }
        );

        var discovery = JsonNode.Parse(await client.GetStringAsync($"https://{Issuer}/.well-known/openid-configuration"))!;
        var jwks = JsonNode.Parse(await client.GetStringAsync(discovery["jwks_uri"]!.ToString()))!;
        await CreateServiceAccountAsync();
        var header = JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars((await TokenAsync(_kubernetes)).Split('.')[0]))!;

        Assert.Equal("https://" + Issuer, discovery["issuer"]!.ToString());
        Assert.Equal(header["kid"]!.ToString(), jwks["keys"]![0]!["kid"]!.ToString());
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri($"https://{Issuer}x/jwks"))).StatusCode);
    }

    [Fact]
    public async Task A_Google_access_token_opens_the_cluster_and_another_does_not()
    {
        async Task<HttpStatusCode> GetAsync(string token)
        {
            var configuration = KubernetesClientConfiguration.BuildConfigFromConfigFile(_sandbox.Variable("KUBECONFIG"));
            configuration.AccessToken = token;
            using var client = new KubernetesClient(configuration);
            try
            {
                await client.CoreV1.ListNamespaceAsync();
                return HttpStatusCode.OK;
            }
            catch (k8s.Autorest.HttpOperationException refusal)
            {
                return refusal.Response.StatusCode;
            }
        }

        Assert.Equal(HttpStatusCode.OK, await GetAsync(_sandbox.Variable("CLOUDSDK_AUTH_ACCESS_TOKEN")));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync("ya29.nobody"));
    }

    [Fact]
    public async Task Looking_writes_nothing_and_latency_is_felt_by_every_call()
    {
        await using var slow = await TestSandbox.StartAsync(change: options => options with { Latency = TimeSpan.FromMilliseconds(40) });
        using var iam = slow.Iam();
        using var kubernetes = new KubernetesClient(KubernetesClientConfiguration.BuildConfigFromConfigFile(slow.Variable("KUBECONFIG")));
        var start = TimeProvider.System.GetTimestamp();

        await iam.ListRolesAsync(new ListRolesRequest());
        await kubernetes.CoreV1.ListNamespaceAsync();

        Assert.True(TimeProvider.System.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(80));
        Assert.Equal((0, 0), (slow.Clouds.Calls.Writes("aws"), slow.Clouds.Calls.Writes("kubernetes")));
        Assert.Equal(1, slow.Clouds.Calls.Reads("kubernetes"));
    }

    private KubernetesClient Client(string context) =>
        new(KubernetesClientConfiguration.BuildConfigFromConfigFile(_sandbox.Variable("KUBECONFIG"), currentContext: context));

    private async Task FederateAsync()
    {
        using var iam = _sandbox.Iam();
        await iam.CreateOpenIDConnectProviderAsync(
            new CreateOpenIDConnectProviderRequest
            {
                Url = "https://" + Issuer,
                ClientIDList = ["sts.amazonaws.com"],
                Tags = [new Tag { Key = "k", Value = "v" }],
            }
        );
        await iam.CreateRoleAsync(
            new CreateRoleRequest
            {
                RoleName = "app",
                Path = "/team/",
                AssumeRolePolicyDocument = new JsonObject
                {
                    ["Version"] = "2012-10-17",
                    ["Statement"] = new JsonArray(
                        new JsonObject
                        {
                            ["Effect"] = "Allow",
                            ["Principal"] = new JsonObject { ["Federated"] = $"arn:aws:iam::{TestSandbox.Account}:oidc-provider/{Issuer}" },
                            ["Action"] = "sts:AssumeRoleWithWebIdentity",
                            ["Condition"] = new JsonObject
                            {
                                ["StringEquals"] = new JsonObject
                                {
                                    [Issuer + ":aud"] = "sts.amazonaws.com",
                                    [Issuer + ":sub"] = "system:serviceaccount:team:app",
                                },
                            },
                        }
                    ),
                }.ToJsonString(),
            }
        );
        await iam.AttachRolePolicyAsync(
            new AttachRolePolicyRequest { RoleName = "app", PolicyArn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" }
        );
    }

    private async Task CreateServiceAccountAsync(KubernetesClient? kubernetes = null)
    {
        var cluster = kubernetes ?? _kubernetes;
        await cluster.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new V1ObjectMeta { Name = "team" } });
        await cluster.CoreV1.CreateNamespacedServiceAccountAsync(
            new V1ServiceAccount { Metadata = new V1ObjectMeta { Name = "app" } },
            "team"
        );
    }

    private static async Task<string> TokenAsync(KubernetesClient kubernetes) => (
            await kubernetes.CoreV1.CreateNamespacedServiceAccountTokenAsync(
                new Authenticationv1TokenRequest
                {
                    Spec = new V1TokenRequestSpec { Audiences = ["sts.amazonaws.com"], ExpirationSeconds = 3600 },
                },
                "app",
                "team"
            )
        ).Status.Token;

    private async Task<AssumeRoleWithWebIdentityResponse> AssumeAsync(string token)
    {
        using var sts = _sandbox.Sts(new AnonymousAWSCredentials());
        return await sts.AssumeRoleWithWebIdentityAsync(
            new AssumeRoleWithWebIdentityRequest
            {
                RoleArn = RoleArn,
                RoleSessionName = "test",
                WebIdentityToken = token,
            }
        );
    }

    private async Task<V1Pod> EndOfPodAsync()
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TimeSpan.FromMinutes(2));
        await foreach (var (_, pod) in _kubernetes.CoreV1.WatchListNamespacedPodAsync("team", cancellationToken: timeout.Token))
        {
            if (pod.Status?.Phase is "Succeeded" or "Failed")
            {
                return pod;
            }
        }

        throw new InvalidOperationException("The watch ended before the pod did.");
    }

    private static V1Pod Pod() =>
        new()
        {
            Metadata = new V1ObjectMeta { Name = "app" },
            Spec = new V1PodSpec
            {
                ServiceAccountName = "app",
                RestartPolicy = "Never",
                Containers =
                [
                    new V1Container
                    {
                        Name = "aws",
                        Image = "amazon/aws-cli",
                        Args = ["s3", "ls"],
                        Env =
                        [
                            new V1EnvVar { Name = "AWS_ROLE_ARN", Value = RoleArn },
                            new V1EnvVar { Name = "AWS_WEB_IDENTITY_TOKEN_FILE", Value = "/var/run/secrets/aws/token" },
                            new V1EnvVar { Name = "AWS_REGION", Value = "ap-south-1" },
                        ],
                        VolumeMounts =
                        [
                            new V1VolumeMount
                            {
                                Name = "token",
                                MountPath = "/var/run/secrets/aws",
                                ReadOnlyProperty = true,
                            },
                        ],
                    },
                ],
                Volumes =
                [
                    new V1Volume
                    {
                        Name = "token",
                        Projected = new V1ProjectedVolumeSource
                        {
                            Sources =
                            [
                                new V1VolumeProjection
                                {
                                    ServiceAccountToken = new V1ServiceAccountTokenProjection
                                    {
                                        Audience = "sts.amazonaws.com",
                                        ExpirationSeconds = 3600,
                                        Path = "token",
                                    },
                                },
                            ],
                        },
                    },
                ],
            },
        };
}
