using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Federation.Calls;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using k8s;
using k8s.Authentication;
using k8s.Exceptions;
using k8s.KubeConfigModels;
using Polly;
using Cluster = Federation.Configuration.Cluster;

namespace Federation.Kubernetes;

/// <summary>
/// One connection for each cluster, opened when it is first needed: from the user's kubeconfig (exec plugins included), from
/// the service account of the pod that this runs in, or from GKE's API with the caller's own Google credentials.
/// </summary>
internal sealed class ClusterConnections(IClusterDirectory directory, CloudEndpoints endpoints, TimeProvider time) : IDisposable
{
    /// <summary>After this much silence a connection is sent an HTTP/2 ping; without an answer in the same time it is closed.</summary>
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(10);

    private readonly ResiliencePipeline _policy = CallPolicy.Create(
        time,
        new CallOptions(Attempts: 4, KubernetesFaults.IsTransient) { Delay = TimeSpan.FromMilliseconds(300) }
    );

    private readonly ConcurrentBag<ExecPlugin> _plugins = [];
    private readonly ConcurrentDictionary<string, Lazy<Task<ClusterConnection>>> _connections = new(StringComparer.Ordinal);
    private readonly Lazy<K8SConfiguration?> _kubeconfig = new(() => KubeConfigs.Load(endpoints.KubeConfigs));

    /// <exception cref="FindingException">
    /// There is no way to the cluster (FED8008), its plugin gives no credentials (FED8007), GKE does not name it, or a sandbox would
    /// leave this machine (FED8005).
    /// </exception>
    public Task<ClusterConnection> GetAsync(Cluster cluster, CancellationToken cancellationToken) =>
        _connections.GetOrAdd(cluster.Key, _ => new Lazy<Task<ClusterConnection>>(() => ConnectAsync(cluster, cancellationToken))).Value;

    /// <summary>The calls made so far on all connections.</summary>
    public int Calls => Made.Sum(connection => connection.Calls);

    private IEnumerable<ClusterConnection> Made =>
        _connections
            .Values.Where(connection => connection.IsValueCreated && connection.Value.IsCompletedSuccessfully)
            .Select(connection => connection.Value.Result);

    public void Dispose()
    {
        foreach (var made in Made.Cast<IDisposable>().Concat(_plugins))
        {
            made.Dispose();
        }
    }

    private async Task<ClusterConnection> ConnectAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        var (configuration, origin) =
            cluster.Access == ClusterAccess.Google
                ? (await FromGoogleAsync(cluster, cancellationToken), "GKE's API")
                : await FromKubeconfigAsync(cluster, cancellationToken);
        SocketsHttpHandler? sockets = null;
        configuration.FirstMessageHandlerSetup = handler =>
        {
            sockets = handler;
            handler.ConnectTimeout = CallPolicy.ConnectTimeout;
            handler.KeepAlivePingDelay = PingDelay;
            handler.KeepAlivePingTimeout = PingDelay;
            handler.UseProxy = !endpoints.IsSandbox;
        };
        var authorities = configuration.SslCaCerts?.Select(certificate => certificate.ExportCertificatePem());
        var client = new k8s.Kubernetes(configuration, new JsonAnswers(IsAnsweredAtOnce));
        if (sockets is { SslOptions: var tls } && !configuration.SkipTlsVerify)
        {
            tls.RemoteCertificateValidationCallback = CertificateCheck(configuration, tls.RemoteCertificateValidationCallback);
        }

        if (endpoints.IsSandbox)
        {
            client.CreateWebSocketBuilder = WithoutProxy;
        }

        return new ClusterConnection(
            cluster,
            client,
            new Uri(configuration.Host),
            authorities is null ? null : string.Join('\n', authorities),
            origin,
            _policy
        );

        // A watch and a log last until they are ended.
        static bool IsAnsweredAtOnce(HttpRequestMessage request) =>
            request.RequestUri is { } address
            && !address.Query.Contains("watch=true", StringComparison.OrdinalIgnoreCase)
            && !address.AbsolutePath.EndsWith("/log", StringComparison.Ordinal);

        static WebSocketBuilder WithoutProxy()
        {
            var builder = new WebSocketBuilder();
            builder.Options.Proxy = null;
            return builder;
        }
    }

    /// <summary>
    /// The client's own check, and one of the name: with authorities of its own the client does not look at that. The exception
    /// says what is wrong with a certificate.
    /// </summary>
    private static RemoteCertificateValidationCallback CertificateCheck(
        KubernetesClientConfiguration configuration,
        RemoteCertificateValidationCallback? isTrusted
    ) =>
        (sender, certificate, chain, errors) =>
        {
            const SslPolicyErrors Name = SslPolicyErrors.RemoteCertificateNameMismatch;
            // tls-server-name of the kubeconfig.
            var name = configuration.TlsServerName is { Length: > 0 } given ? given : null;
            var others = errors & ~Name;
            var hasName = name is null ? errors == others : certificate is X509Certificate2 own && own.MatchesHostname(name);
            return hasName && (isTrusted?.Invoke(sender, certificate!, chain!, others) ?? others == SslPolicyErrors.None)
                ? true
                : throw CertificateNotTrustedException.Of(
                    name ?? (sender as SslStream)?.TargetHostName,
                    certificate,
                    chain,
                    hasName ? others : others | Name,
                    configuration.SslCaCerts
                );
        };

    private async Task<KubernetesClientConfiguration> FromGoogleAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        var facts = (await directory.ReadClustersAsync([cluster], cancellationToken))[cluster.Key];
        var server = "https://" + facts.Endpoints[0];
        ThrowIfElsewhere(cluster, server, "GKE's API");
        var configuration = new KubernetesClientConfiguration { Host = server, TokenProvider = new GoogleTokens(directory) };
        if (facts.CaCertificate is { } authority)
        {
            configuration.SslCaCerts = [];
            configuration.SslCaCerts.ImportFromPem(authority);
        }

        return configuration;
    }

    private async Task<(KubernetesClientConfiguration Configuration, string Origin)> FromKubeconfigAsync(
        Cluster cluster,
        CancellationToken cancellationToken
    )
    {
        if (ReadKubeconfig(cluster) is not { } kubeconfig)
        {
            return !endpoints.IsSandbox && KubernetesClientConfiguration.IsInCluster()
                ? (KubernetesClientConfiguration.InClusterConfig(), "the service account of this pod")
                : throw new FindingException(NoWay(cluster, "There is no kubeconfig, and this does not run in a cluster."));
        }

        var contexts = kubeconfig.Contexts?.Select(context => context.Name).ToHashSet(StringComparer.Ordinal) ?? [];
        var name = cluster.Context ?? (contexts.Contains(cluster.DefaultContext) ? cluster.DefaultContext : kubeconfig.CurrentContext);
        if (string.IsNullOrEmpty(name))
        {
            throw new FindingException(NoWay(cluster, "The kubeconfig has no current context."));
        }

        if (!contexts.Contains(name))
        {
            var known = contexts.Count == 0 ? "none" : string.Join(", ", contexts.Order(StringComparer.Ordinal));
            throw new FindingException(NoWay(cluster, $"The kubeconfig has no context {name}; it has {known}."));
        }

        var origin = $"the kubeconfig context {name}";
        ThrowIfElsewhere(cluster, KubeConfigs.ServerOf(kubeconfig, name), origin);
        ExecPlugin? plugin = null;
        if (KubeConfigs.PluginOf(kubeconfig, name) is { } program)
        {
            plugin = new ExecPlugin(program, cluster, time);
            _plugins.Add(plugin);
            kubeconfig = KubeConfigs.WithCredentials(kubeconfig, name, await plugin.GetAsync(cancellationToken));
        }

        try
        {
            var configuration = KubernetesClientConfiguration.BuildConfigFromConfigObject(kubeconfig, name);
            configuration.TokenProvider = configuration.AccessToken is null ? configuration.TokenProvider : plugin;
            return (configuration, origin);
        }
        catch (Exception broken)
        {
            // Any: the library lets through whatever a certificate that cannot be read makes it throw.
            throw new FindingException(NoWay(cluster, $"The kubeconfig context {name} cannot be used: {broken.Message}"), broken);
        }
    }

    private K8SConfiguration? ReadKubeconfig(Cluster cluster)
    {
        try
        {
            return _kubeconfig.Value;
        }
        catch (KubeConfigException broken)
        {
            throw new FindingException(NoWay(cluster, broken.Message), broken);
        }
    }

    /// <summary>
    /// Stops a sandbox from calling another machine. Checked before anything is started or called, exec plugins included.
    /// </summary>
    private void ThrowIfElsewhere(Cluster cluster, string? server, string origin)
    {
        if (endpoints.IsSandbox && Uri.TryCreate(server, UriKind.Absolute, out var address) && !address.IsLoopback)
        {
            throw new FindingException(
                new Finding
                {
                    Code = FindingCodes.EndpointUnreachable,
                    Cause =
                        $"{origin} leads the cluster {cluster.Key} to {server}, which is not this machine. "
                        + "A sandbox calls nothing else, so nothing was called.",
                    Fix = "Use --cloud=live if the cluster itself is meant.",
                    Expected = "a loopback address",
                    Actual = server,
                }
            );
        }
    }

    private static Finding NoWay(Cluster cluster, string cause) =>
        new()
        {
            Code = FindingCodes.KubeconfigWrongCluster,
            Cause = $"{cause} Nothing was changed.",
            Fix =
                $"{KubernetesFaults.GetCredentials(cluster)}, or set `access: google` on the cluster {cluster.Key} to need no kubeconfig.",
            Expected = cluster.Context ?? cluster.DefaultContext,
        };

    private sealed class GoogleTokens(IClusterDirectory directory) : ITokenProvider
    {
        public async Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken) =>
            new("Bearer", await directory.GetAccessTokenAsync(cancellationToken));
    }
}
