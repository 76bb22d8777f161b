using System.Collections.Concurrent;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using k8s;
using k8s.Authentication;
using k8s.Autorest;
using k8s.Exceptions;
using k8s.KubeConfigModels;
using Cluster = Federation.Configuration.Cluster;

namespace Federation.Kubernetes;

/// <summary>A cluster's API, and how it was come by.</summary>
/// <param name="Origin">For a person: the kubeconfig context, or where else the endpoint came from.</param>
internal sealed record ClusterConnection(Cluster Cluster, k8s.Kubernetes Client, Uri Server, string? CaCertificate, string Origin)
{
    /// <summary>Gets a path that is no resource of the API, such as a discovery document, as text.</summary>
    /// <exception cref="HttpOperationException">The server answered with anything but success.</exception>
    public async Task<string> GetAsync(string path, CancellationToken cancellationToken)
    {
        // A gateway's base address has a path of its own, so nothing is resolved against it.
        using var request = new HttpRequestMessage(HttpMethod.Get, Client.BaseUri.AbsoluteUri.TrimEnd('/') + path);
        if (Client.Credentials is { } credentials)
        {
            await credentials.ProcessHttpRequestAsync(request, cancellationToken);
        }

        using var response = await Client.HttpClient.SendAsync(request, cancellationToken);
        var content = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.IsSuccessStatusCode
            ? content
            : throw new HttpOperationException($"GET {path}: {(int)response.StatusCode}")
            {
                Response = new HttpResponseMessageWrapper(response, content),
            };
    }
}

/// <summary>
/// One connection a cluster, made when first needed: from the user's kubeconfig (exec plugins included), from the
/// service account of the pod this runs in, or from GKE's API with the caller's own Google credentials.
/// </summary>
internal sealed class ClusterConnections(IClusterDirectory directory) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<Task<ClusterConnection>>> _connections = new(StringComparer.Ordinal);
    private readonly Lazy<K8SConfiguration?> _kubeconfig = new(LoadKubeconfig);

    /// <exception cref="FindingException">There is no way to the cluster (FED8008), or GKE refused to name one.</exception>
    public Task<ClusterConnection> GetAsync(Cluster cluster, CancellationToken cancellationToken) =>
        _connections.GetOrAdd(cluster.Key, _ => new Lazy<Task<ClusterConnection>>(() => ConnectAsync(cluster, cancellationToken))).Value;

    public void Dispose()
    {
        foreach (
            var connection in _connections.Values.Where(connection => connection.IsValueCreated && connection.Value.IsCompletedSuccessfully)
        )
        {
            connection.Value.Result.Client.Dispose();
        }
    }

    private async Task<ClusterConnection> ConnectAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        var (configuration, origin) =
            cluster.Access == ClusterAccess.Google
                ? (await FromGoogleAsync(cluster, cancellationToken), "GKE's API")
                : FromKubeconfig(cluster);
        configuration.DisableHttp2 = false;
        var authorities = configuration.SslCaCerts?.Select(certificate => certificate.ExportCertificatePem());
        return new ClusterConnection(
            cluster,
            new k8s.Kubernetes(configuration),
            new Uri(configuration.Host),
            authorities is null ? null : string.Join('\n', authorities),
            origin
        );
    }

    private async Task<KubernetesClientConfiguration> FromGoogleAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        var facts = (await directory.ReadClustersAsync([cluster], cancellationToken))[cluster.Key];
        var configuration = new KubernetesClientConfiguration
        {
            Host = "https://" + facts.Endpoints[0],
            TokenProvider = new GoogleTokens(directory),
        };
        if (facts.CaCertificate is { } authority)
        {
            configuration.SslCaCerts = [];
            configuration.SslCaCerts.ImportFromPem(authority);
        }

        return configuration;
    }

    private (KubernetesClientConfiguration Configuration, string Origin) FromKubeconfig(Cluster cluster)
    {
        if (Kubeconfig(cluster) is not { } kubeconfig)
        {
            return KubernetesClientConfiguration.IsInCluster()
                ? (KubernetesClientConfiguration.InClusterConfig(), "the service account of this pod")
                : throw new FindingException(NoWay(cluster, "There is no kubeconfig, and this does not run in a cluster."));
        }

        var contexts = kubeconfig.Contexts?.Select(context => context.Name).ToHashSet(StringComparer.Ordinal) ?? [];
        var name = cluster.Context ?? (contexts.Contains(cluster.DefaultContext) ? cluster.DefaultContext : kubeconfig.CurrentContext);
        if (string.IsNullOrEmpty(name) || !contexts.Contains(name))
        {
            throw new FindingException(
                NoWay(
                    cluster,
                    string.IsNullOrEmpty(name)
                        ? "The kubeconfig has no current context."
                        : $"The kubeconfig has no context {name}; it has {(contexts.Count == 0 ? "none" : string.Join(", ", contexts.Order(StringComparer.Ordinal)))}."
                )
            );
        }

        try
        {
            return (KubernetesClientConfiguration.BuildConfigFromConfigObject(kubeconfig, name), $"the kubeconfig context {name}");
        }
        catch (Exception broken)
        {
            // Any: the library passes on what certificates that are none and plugins that do not start lead it to.
            throw new FindingException(NoWay(cluster, $"The kubeconfig context {name} cannot be used: {broken.Message}"), broken);
        }
    }

    private K8SConfiguration? Kubeconfig(Cluster cluster)
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

    private static Finding NoWay(Cluster cluster, string cause) =>
        new()
        {
            Code = FindingCodes.KubeconfigWrongCluster,
            Cause = $"{cause} Nothing was changed.",
            Fix =
                $"gcloud container clusters get-credentials {cluster.Name} --location {cluster.Location} --project {cluster.Project}, or set `access: google` on the cluster {cluster.Key} to need no kubeconfig.",
            Expected = cluster.Context ?? cluster.DefaultContext,
        };

    private static K8SConfiguration? LoadKubeconfig()
    {
        var variable = Environment.GetEnvironmentVariable("KUBECONFIG");
        string[] paths = string.IsNullOrEmpty(variable)
            ? [KubernetesClientConfiguration.KubeConfigDefaultLocation]
            : variable.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        var files = paths.Where(File.Exists).Select(Load).ToArray();
        return files.Length == 0 ? null : Merge(files);
    }

    private static K8SConfiguration Load(string path)
    {
        try
        {
            return KubernetesClientConfiguration.LoadKubeConfig(path);
        }
        catch (Exception broken)
        {
            // Any: the library passes on whatever its YAML reader and the file system throw.
            throw new KubeConfigException($"The kubeconfig {path} cannot be read: {broken.Message}", broken);
        }
    }

    /// <summary>Several files read as one, the first to name a thing winning, as kubectl does.</summary>
    private static K8SConfiguration Merge(K8SConfiguration[] files) =>
        new()
        {
            CurrentContext = files.Select(file => file.CurrentContext).FirstOrDefault(name => !string.IsNullOrEmpty(name)),
            Contexts = files.SelectMany(file => file.Contexts ?? []).DistinctBy(context => context.Name, StringComparer.Ordinal).ToArray(),
            Clusters = files.SelectMany(file => file.Clusters ?? []).DistinctBy(cluster => cluster.Name, StringComparer.Ordinal).ToArray(),
            Users = files.SelectMany(file => file.Users ?? []).DistinctBy(user => user.Name, StringComparer.Ordinal).ToArray(),
        };

    private sealed class GoogleTokens(IClusterDirectory directory) : ITokenProvider
    {
        public async Task<System.Net.Http.Headers.AuthenticationHeaderValue> GetAuthenticationHeaderAsync(
            CancellationToken cancellationToken
        ) => new("Bearer", await directory.GetAccessTokenAsync(cancellationToken));
    }
}
