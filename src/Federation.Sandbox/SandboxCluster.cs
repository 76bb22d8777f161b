using System.Security.Cryptography;
using Federation.Configuration;
using Federation.Sandbox.Google;
using Federation.Sandbox.Hosting;
using Federation.Sandbox.Kubelet;
using Federation.Sandbox.Kubernetes;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox;

/// <summary>A GKE cluster: its Kubernetes API, its node, and the issuer of its tokens.</summary>
internal sealed class SandboxCluster : IAsyncDisposable
{
    private const string Node = "gke-sandbox-node-0";
    private readonly CancellationTokenSource _stop = new();
    private readonly KubernetesApiServer _server;
    private readonly GoogleTokens _tokens;
    private readonly Weather _weather;
    private readonly string _address;
    private Task _kubelet = Task.CompletedTask;

    /// <param name="address">Host and port of the Kubernetes API.</param>
    public SandboxCluster(
        Cluster cluster,
        string address,
        string certificateAuthority,
        GoogleTokens tokens,
        Weather weather,
        CallLog calls,
        TimeProvider time
    )
    {
        Cluster = cluster;
        _weather = weather;
        _address = address;
        _tokens = tokens;
        AdministratorToken = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        _server = new KubernetesApiServer(
            new KubernetesApiOptions
            {
                Issuer = cluster.Issuer,
                ServerAddress = address,
                AdminTokens = [AdministratorToken],
                CertificateAuthority = certificateAuthority,
                NodeName = Node,
                KeyRotation = weather.KeyRotation,
            },
            time
        )
        {
            Answered = request => calls.Record(Describe(cluster.Key, request)),
        };
    }

    public Cluster Cluster { get; }

    /// <summary>The bearer token of the kubeconfig's user.</summary>
    public string AdministratorToken { get; }

    public Issuer Issuer => new(Cluster.IssuerPath, _server.DiscoveryDocument, _server.Jwks);

    /// <summary>Starts the node, which runs pods.</summary>
    /// <param name="directory">For the files of pods.</param>
    /// <param name="environment">The variables of every container: the endpoints of the clouds, without keys.</param>
    public void Start(string directory, IReadOnlyDictionary<string, string> environment, SandboxOptions options, TimeProvider time)
    {
        // By these variables, clients in a pod find the Kubernetes API.
        var inCluster = new Dictionary<string, string>(environment, StringComparer.Ordinal)
        {
            ["KUBERNETES_SERVICE_HOST"] = _address.Split(':')[0],
            ["KUBERNETES_SERVICE_PORT"] = _address.Split(':')[^1],
            ["KUBERNETES_SERVICE_PORT_HTTPS"] = _address.Split(':')[^1],
        };
        var kubelet = new KubeletAgent(
            _server.Kubelet,
            new KubeletOptions
            {
                Directory = directory,
                NodeName = Node,
                Environment = inCluster,
                HostAws = options.HostAws,
                Evicts = () => _weather.Strike("kubernetes", Weather.PodStart) is SandboxFaultKind.Eviction,
                Images = options.Images.ToDictionary(image => image.Key, image => ImageStore.ToImage(image.Value), StringComparer.Ordinal),
            },
            time
        );
        _server.Runtime = kubelet;
        _kubelet = kubelet.RunAsync(_stop.Token);
    }

    public Task HandleAsync(HttpContext context)
    {
        // GKE accepts Google access tokens.
        var authorization = context.Request.Headers.Authorization.ToString();
        if (
            authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            && _tokens.Accepts(authorization["Bearer ".Length..].Trim())
        )
        {
            context.Request.Headers.Authorization = "Bearer " + AdministratorToken;
        }

        return _server.HandleAsync(context);
    }

    /// <summary>See <see cref="SandboxClouds.Contents"/>.</summary>
    public IEnumerable<KeyValuePair<string, string>> Contents() =>
        _server.Contents().Select(entry => KeyValuePair.Create($"kubernetes/{Cluster.Key}/{entry.Key}", entry.Value));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _kubelet;
        _server.Dispose();
        _stop.Dispose();
    }

    private static CloudCall Describe(string cluster, ApiRequest request) =>
        new(
            "kubernetes",
            KubernetesFront.OperationOf(request.Verb, request.Resource, request.Subresource),
            string.Join('/', new[] { cluster, request.Namespace, request.Resource, request.Name }.Where(part => part.Length > 0)),
            request.IsWrite && request.Subresource is not "token" && !request.Resource.EndsWith("reviews", StringComparison.Ordinal)
        );
}
