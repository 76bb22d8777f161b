using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Calls;
using Federation.Sandbox.Hosting;
using Federation.Sandbox.Kubelet;
using Federation.Sandbox.Kubernetes;
using k8s;
using k8s.Models;
using Microsoft.AspNetCore.Http;

namespace Federation.Kubernetes.Tests;

/// <summary>
/// The sandbox's API server behind TLS and a kubeconfig that leads to it, with a clock that stands still and no kubelet:
/// the test itself is the node, and a pod does what the test says and nothing else.
/// </summary>
internal sealed class LiveCluster : IAsyncDisposable
{
    public const string AdministratorToken = "administrator";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("cluster-");
    private readonly CertificateAuthority _authority = CertificateAuthority.Create(["127.0.0.1"]);
    private readonly KubernetesApiServer _server;
    private readonly WebListener _listener;
    private readonly OneLog _runtime = new();
    private WebListeners? _listeners;

    private LiveCluster(string issuer, int watchWindow)
    {
        _server = new KubernetesApiServer(
            new KubernetesApiOptions
            {
                Issuer = issuer,
                ServerAddress = "127.0.0.1:443",
                AdminTokens = [AdministratorToken],
                CertificateAuthority = _authority.RootPem,
                WatchWindow = watchWindow,
            },
            Time
        )
        {
            Runtime = _runtime,
        };
        _listener = new WebListener(isTls: true, port: 0, HandleAsync);
        _server.Answered = Requests.Add;
    }

    /// <summary>Gets each request before the server does, and may answer it or pass it on.</summary>
    public Func<HttpContext, RequestDelegate, Task>? Interference { get; set; }

    public ObservedTime Time { get; } = new(new DateTimeOffset(2026, 11, 23, 18, 0, 0, TimeSpan.Zero));

    /// <summary>Every request as it came.</summary>
    public RequestLog Arrivals { get; } = new();

    /// <summary>Every request whose answer has begun.</summary>
    public RequestLog Answers { get; } = new();

    /// <summary>Every request that was answered; a watch counts when it ends.</summary>
    public ConcurrentBag<ApiRequest> Requests { get; } = [];

    public IKubeletCluster Kubelet => _server.Kubelet;

    public string AuthorityPem => _authority.RootPem;

    public string Server => "https://" + _listener.HostAndPort;

    public string HostAndPort => _listener.HostAndPort;

    /// <summary>Where the tested code finds the cluster: through the kubeconfigs of <see cref="Use"/>.</summary>
    public CloudEndpoints Endpoints { get; private set; } = new();

    /// <summary>A client of an administrator, which the tested code knows nothing of.</summary>
    public k8s.Kubernetes Administrator { get; private set; } = null!;

    /// <summary>Starts the server, and lets <see cref="Endpoints"/> lead to it.</summary>
    /// <param name="watchWindow">How many changes of each resource a watch can go back.</param>
    public static async Task<LiveCluster> StartAsync(string? issuer = null, int watchWindow = 4096)
    {
        var cluster = new LiveCluster(issuer ?? Given.Cluster.Issuer, watchWindow);
        cluster._listeners = await WebListeners.StartAsync([cluster._listener], cluster._authority, TestContext.Current.CancellationToken);
        cluster.Administrator = new k8s.Kubernetes(
            new KubernetesClientConfiguration
            {
                Host = cluster.Server,
                AccessToken = AdministratorToken,
                SslCaCerts = [X509CertificateLoader.LoadCertificate(cluster._authority.Root.RawData)],
            }
        );
        cluster.Use(cluster.Kubeconfig());
        return cluster;
    }

    public async ValueTask DisposeAsync()
    {
        Administrator.Dispose();
        await _listeners!.DisposeAsync();
        _server.Dispose();
        _authority.Dispose();
        _directory.Delete(recursive: true);
    }

    /// <summary>Writes the kubeconfigs, and lets <see cref="Endpoints"/> name their files.</summary>
    public void Use(params JsonObject[] kubeconfigs) =>
        UseFiles([
            .. kubeconfigs.Select(
                (kubeconfig, index) =>
                {
                    var path = Path.Combine(_directory.FullName, $"kubeconfig-{index}");
                    File.WriteAllText(path, kubeconfig.ToJsonString());
                    return path;
                }
            ),
        ]);

    /// <summary>Lets <see cref="Endpoints"/> name these files.</summary>
    public void UseFiles(params ImmutableArray<string> paths) => Endpoints = Endpoints with { KubeConfigs = paths };

    /// <summary>Makes the run one of a sandbox, which may call nothing but this machine.</summary>
    public void UseAsSandbox() => Endpoints = Endpoints with { IsSandbox = true };

    /// <summary>A whole kubeconfig for this cluster, as gcloud would name its parts.</summary>
    public JsonObject Kubeconfig(string token = AdministratorToken) =>
        new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Config",
            ["current-context"] = Given.Cluster.DefaultContext,
            ["clusters"] = new JsonArray(
                Entry(
                    "cluster",
                    new JsonObject
                    {
                        ["server"] = Server,
                        ["certificate-authority-data"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(AuthorityPem)),
                    }
                )
            ),
            ["contexts"] = new JsonArray(
                Entry("context", new JsonObject { ["cluster"] = Given.Cluster.DefaultContext, ["user"] = Given.Cluster.DefaultContext })
            ),
            ["users"] = new JsonArray(Entry("user", new JsonObject { ["token"] = token })),
        };

    /// <summary>The first pod, as soon as one exists.</summary>
    public async Task<JsonObject> PodAsync()
    {
        await foreach (var happened in Kubelet.WatchPodsAsync(TestContext.Current.CancellationToken))
        {
            return happened.Pod;
        }

        throw new InvalidOperationException("The watch ended without a pod.");
    }

    public async Task<IReadOnlyList<string>> PodNamesAsync() =>
        [
            .. (await Administrator.ListPodForAllNamespacesAsync(cancellationToken: TestContext.Current.CancellationToken)).Items.Select(
                pod => pod.Metadata.Name
            ),
        ];

    /// <summary>Changes the pod's status, as its node would.</summary>
    public void Report(JsonObject pod, string status) =>
        Kubelet.UpdatePod(
            (string)pod["metadata"]!["namespace"]!,
            (string)pod["metadata"]!["name"]!,
            (string)pod["metadata"]!["uid"]!,
            stored => stored["status"] = JsonNode.Parse(status)
        );

    private Task HandleAsync(HttpContext context)
    {
        Arrivals.Add(context.Request);
        context.Response.OnStarting(() =>
        {
            Answers.Add(context.Request);
            return Task.CompletedTask;
        });
        return Interference is { } interfere ? interfere(context, _server.HandleAsync) : _server.HandleAsync(context);
    }

    private void Place(JsonObject pod) =>
        Kubelet.UpdatePod(
            (string)pod["metadata"]!["namespace"]!,
            (string)pod["metadata"]!["name"]!,
            (string)pod["metadata"]!["uid"]!,
            stored => stored["spec"]!["nodeName"] = "gke-sandbox-node-0"
        );

    /// <summary>Lets the pod's container write a log, and run on.</summary>
    public void Run(JsonObject pod, params string[] log)
    {
        Place(pod);
        Append(log);
        Report(
            pod,
            """
            {"phase":"Running","containerStatuses":[{"name":"verify","image":"a:1","imageID":"","ready":true,"restartCount":0,
             "state":{"running":{}}}]}
            """
        );
    }

    /// <summary>Lets the pod's container write a log and end.</summary>
    public void End(JsonObject pod, int exitCode, string? message = null, params string[] log)
    {
        Place(pod);
        Write(previous: false, log);
        Report(
            pod,
            new JsonObject
            {
                ["phase"] = exitCode == 0 ? "Succeeded" : "Failed",
                ["containerStatuses"] = new JsonArray(
                    new JsonObject
                    {
                        ["name"] = "verify",
                        ["image"] = "aws",
                        ["imageID"] = "",
                        ["ready"] = false,
                        ["restartCount"] = 0,
                        ["state"] = new JsonObject
                        {
                            ["terminated"] = new JsonObject
                            {
                                ["exitCode"] = exitCode,
                                ["reason"] = exitCode == 0 ? "Completed" : "Error",
                                ["message"] = message,
                            },
                        },
                    }
                ),
            }.ToJsonString()
        );
    }

    /// <summary>What every container has written, in this run or the one before.</summary>
    public void Write(bool previous, params string[] lines)
    {
        var log = previous ? _runtime.Previous ??= new() : _runtime.Log;
        Append(log, lines);
        log.Complete();
    }

    /// <summary>Lets every container write lines, and more later.</summary>
    public void Append(params string[] lines) => Append(_runtime.Log, lines);

    private void Append(ContainerLog log, string[] lines)
    {
        foreach (var line in lines)
        {
            log.Append(new LogLine(Time.GetUtcNow(), line));
        }
    }

    public Task<V1ServiceAccount> ServiceAccountAsync(string name) =>
        Administrator.CreateNamespacedServiceAccountAsync(
            new V1ServiceAccount { Metadata = new() { Name = name } },
            "reports",
            cancellationToken: TestContext.Current.CancellationToken
        );

    public async Task<string> TokenOfAsync(string account, string @namespace = "reports") => (
            await Administrator.CreateNamespacedServiceAccountTokenAsync(
                new Authenticationv1TokenRequest
                {
                    Spec = new V1TokenRequestSpec { Audiences = [], ExpirationSeconds = 3600 },
                },
                account,
                @namespace,
                cancellationToken: TestContext.Current.CancellationToken
            )
        ).Status.Token;

    /// <summary>Makes the tested code run as an identity that has these rules in the namespace <c>reports</c> and no others.</summary>
    public async Task AllowAsync(string rules)
    {
        if (
            (
                await Administrator.ListNamespacedServiceAccountAsync("reports", cancellationToken: TestContext.Current.CancellationToken)
            ).Items.All(account => account.Name() != "runner")
        )
        {
            await ServiceAccountAsync("runner");
            await Administrator.CreateNamespacedRoleBindingAsync(
                new V1RoleBinding
                {
                    Metadata = new() { Name = "runner" },
                    RoleRef = new()
                    {
                        ApiGroup = "rbac.authorization.k8s.io",
                        Kind = "Role",
                        Name = "runner",
                    },
                    Subjects =
                    [
                        new()
                        {
                            Kind = "ServiceAccount",
                            Name = "runner",
                            NamespaceProperty = "reports",
                        },
                    ],
                },
                "reports",
                cancellationToken: TestContext.Current.CancellationToken
            );
            await Administrator.CreateNamespacedRoleAsync(
                new V1Role
                {
                    Metadata = new() { Name = "runner" },
                    Rules = KubernetesJson.Deserialize<List<V1PolicyRule>>(rules),
                },
                "reports",
                cancellationToken: TestContext.Current.CancellationToken
            );
            Use(Kubeconfig(await TokenOfAsync("runner")));
        }
        else
        {
            await Administrator.ReplaceNamespacedRoleAsync(
                new V1Role
                {
                    Metadata = new() { Name = "runner" },
                    Rules = KubernetesJson.Deserialize<List<V1PolicyRule>>(rules),
                },
                "runner",
                "reports",
                cancellationToken: TestContext.Current.CancellationToken
            );
        }
    }

    /// <summary>Makes the tested code run as an identity that has these rules in the whole cluster and no others.</summary>
    public async Task AllowEverywhereAsync(IEnumerable<V1PolicyRule> rules)
    {
        var cancelled = TestContext.Current.CancellationToken;
        var role = new V1ClusterRole
        {
            Metadata = new() { Name = "runner" },
            Rules = [.. rules],
        };
        if ((await Administrator.ListClusterRoleAsync(cancellationToken: cancelled)).Items.Any(one => one.Name() == "runner"))
        {
            await Administrator.ReplaceClusterRoleAsync(role, "runner", cancellationToken: cancelled);
            return;
        }

        await Administrator.CreateClusterRoleAsync(role, cancellationToken: cancelled);
        await Administrator.CreateClusterRoleBindingAsync(
            new V1ClusterRoleBinding
            {
                Metadata = new() { Name = "runner" },
                RoleRef = new()
                {
                    ApiGroup = "rbac.authorization.k8s.io",
                    Kind = "ClusterRole",
                    Name = "runner",
                },
                Subjects =
                [
                    new()
                    {
                        Kind = "ServiceAccount",
                        Name = "default",
                        NamespaceProperty = "runner",
                    },
                ],
            },
            cancellationToken: cancelled
        );
        Use(Kubeconfig(await TokenOfAsync("default", "runner")));
    }

    private static JsonObject Entry(string kind, JsonObject content) => new() { ["name"] = Given.Cluster.DefaultContext, [kind] = content };

    private sealed class OneLog : IPodRuntime
    {
        public ContainerLog Log { get; } = new();

        public ContainerLog? Previous { get; set; }

        public ContainerLog? FindLog(string podUid, string container, bool previous) => previous ? Previous : Log;

        /// <summary>The test's own machine is the container.</summary>
        public ContainerExec? StartExec(string podUid, string container, IReadOnlyList<string> arguments, bool terminal) =>
            ContainerExec.Start(
                line => new ProcessStartInfo(line[0], line.Skip(1))
                {
                    UseShellExecute = false,
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                },
                arguments,
                terminal
            );
    }
}
