using System.Net.Sockets;
using Federation.Calls;
using Federation.Issuers;
using Federation.Sandbox.Aws;
using Federation.Sandbox.Google;
using Federation.Sandbox.Hosting;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox;

/// <summary>
/// AWS (IAM, STS, S3), Google (IAM, GKE) and a Kubernetes cluster with a kubelet for each configured cluster, embedded in
/// this process and reachable by any client over HTTP on loopback: the whole federation runs against it as it would
/// against the real clouds.
/// </summary>
public sealed class SandboxClouds : IAsyncDisposable
{
    private const string IssuerHost = "container.googleapis.com";
    private readonly Stack<object> _owned = [];
    private readonly List<WebListener> _listeners = [];
    private string? _environmentFile;

    private SandboxClouds(CallLog calls) => Calls = calls;

    /// <summary>Every call that reached the sandbox, in order.</summary>
    public CallLog Calls { get; }

    /// <summary>What to set so that AWS's, Google's and Kubernetes' own tools and clients use the sandbox. Holds keys.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; private set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Where the product's own clients find this sandbox. They need no variable.</summary>
    public CloudEndpoints Endpoints =>
        CloudEndpoints.FromEnvironment(Environment.GetValueOrDefault, Environment.Keys) with
        {
            IsSandbox = true,
            Aws = new Federation.Calls.AwsEndpoint(
                new Uri(Environment["AWS_ENDPOINT_URL"]),
                Environment["AWS_ACCESS_KEY_ID"],
                Environment["AWS_SECRET_ACCESS_KEY"],
                Environment["AWS_SHARED_CREDENTIALS_FILE"]
            ),
        };

    /// <summary>Variables to unset: what is set in this process, or known to win over <see cref="Environment"/>.</summary>
    public IReadOnlyList<string> Unset { get; private set; } = [];

    /// <summary>Starts everything; when the task ends every port answers.</summary>
    /// <exception cref="ArgumentException">No cluster or no account.</exception>
    /// <exception cref="FormatException"><see cref="SandboxOptions.ConnectTo"/> is malformed.</exception>
    /// <exception cref="IOException">A port is taken, or the directory cannot be written.</exception>
    public static async Task<SandboxClouds> StartAsync(
        SandboxOptions options,
        TimeProvider time,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        if (options.Clusters.Count == 0 || options.Accounts.Count == 0)
        {
            throw new ArgumentException("A sandbox needs a cluster and an account.", nameof(options));
        }

        var directory = Path.GetFullPath(options.Directory);
        PrivateFile.CreateDirectory(directory);
        File.Delete(Path.Combine(directory, SandboxEnvironment.FileName));

        var clouds = new SandboxClouds(new CallLog());
        try
        {
            await clouds.StartAsync(options, directory, time, cancellationToken);
            return clouds;
        }
        catch
        {
            await clouds.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Writes <c>env.sh</c> for a shell to read: it appears, by rename and readable by its owner alone, when every port
    /// answers, and goes with the sandbox.
    /// </summary>
    /// <returns>The absolute path of the file.</returns>
    public async Task<string> WriteEnvironmentAsync(string directory, CancellationToken cancellationToken = default)
    {
        var path = Path.GetFullPath(Path.Combine(directory, SandboxEnvironment.FileName));
        PrivateFile.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path);
        foreach (var listener in _listeners)
        {
            using var probe = new TcpClient();
            await probe.ConnectAsync("127.0.0.1", listener.Port, cancellationToken);
        }

        await SandboxEnvironment.WriteAsync(Path.GetDirectoryName(path)!, Environment, Unset, cancellationToken);
        _environmentFile = path;
        return path;
    }

    /// <summary>Stops everything: pods first, then the ports, then the keys are forgotten.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_environmentFile is not null)
        {
            File.Delete(_environmentFile);
        }

        List<Exception>? failures = null;
        while (_owned.TryPop(out var owned))
        {
            try
            {
                await (owned is IAsyncDisposable asynchronous ? asynchronous.DisposeAsync() : Dispose((IDisposable)owned));
            }
            catch (Exception failure)
            {
                // What is left must stop all the same: a port left open outlives its keys.
                (failures ??= []).Add(failure);
            }
        }

        if (failures is not null)
        {
            throw failures is [var only] ? only : new AggregateException(failures);
        }

        static ValueTask Dispose(IDisposable owned)
        {
            owned.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private async Task StartAsync(SandboxOptions options, string directory, TimeProvider time, CancellationToken cancellationToken)
    {
        var authority = Own(CertificateAuthority.Create([IssuerHost, "accounts.google.com", "localhost", "127.0.0.1", "::1"]));
        var files = new SandboxFiles(directory);
        await files.WriteAuthorityAsync(authority.RootPem, options.CertificateAuthorityFile, cancellationToken);

        var faults = new Faults(options.Faults);
        var port = options.Port;
        WebListener Listen(bool isTls, RequestDelegate handle)
        {
            var listener = new WebListener(isTls, port == 0 ? 0 : port++, handle);
            _listeners.Add(listener);
            return listener;
        }

        // Ports are known once all listeners have started; what needs one is asked for it later.
        var connectTo = ConnectTo.Parse(options.ConnectTo);
        WebListener? issuerListener = null;
        ConnectTo RouteToIssuers() => connectTo.Then(ConnectTo.Parse($"{IssuerHost}:443:{issuerListener!.HostAndPort}"));
        var issuers = new IssuerTransport(RouteToIssuers, IssuerTransport.Anchors(files.Authority), isClosed: true);
        var clusters = new Dictionary<string, SandboxCluster>(StringComparer.Ordinal);
        var clusterListeners = new Dictionary<string, WebListener>(StringComparer.Ordinal);
        var aws = Own(new AwsCloud(options.Accounts, options.Buckets, issuers, faults, Calls, time));
        var google = Own(
            new GoogleCloud(options.Clusters, cluster => clusterListeners[cluster.Key].HostAndPort, authority.RootPem, faults, Calls, time)
        );

        var awsListener = Listen(isTls: false, Delayed(aws.Endpoint.HandleAsync));
        var googleListener = Listen(isTls: false, Delayed(google.Endpoint.HandleAsync));
        issuerListener = Listen(
            isTls: true,
            faults.Issuer(context => new IssuerEndpoint([.. clusters.Values.Select(cluster => cluster.Issuer)]).HandleAsync(context), time)
        );
        foreach (var cluster in options.Clusters)
        {
            clusterListeners[cluster.Key] = Listen(
                isTls: true,
                Delayed(faults.Kubernetes(context => clusters[cluster.Key].HandleAsync(context)))
            );
        }

        Own(await WebListeners.StartAsync(_listeners, authority, cancellationToken));
        Environment = SandboxEnvironment.Of(
            options,
            files,
            awsEndpoint: new Uri("http://" + awsListener.HostAndPort),
            googleEndpoint: new Uri($"http://{googleListener.HostAndPort}/"),
            aws.AdministratorKeys[options.Accounts[0].Id],
            google.Tokens.AccessToken,
            RouteToIssuers()
        );
        Unset = SandboxEnvironment.Unset(Environment);

        foreach (var cluster in options.Clusters)
        {
            clusters[cluster.Key] = Own(
                new SandboxCluster(cluster, clusterListeners[cluster.Key].HostAndPort, authority.RootPem, google.Tokens, Calls, time)
            );
        }

        await files.WriteClientFilesAsync(
            google.Tokens.KeyFile(new Uri($"http://{googleListener.HostAndPort}/token")),
            KubeConfig.Of(clusters.Values, cluster => clusterListeners[cluster.Cluster.Key].HostAndPort, authority.RootPem),
            AwsProfiles.Config(options.Accounts),
            AwsProfiles.Credentials(options.Accounts, aws.AdministratorKeys),
            cancellationToken
        );
        var podEnvironment = SandboxEnvironment.OfPods(Environment);
        foreach (var cluster in clusters.Values)
        {
            cluster.Start(files.Pods(cluster.Cluster.Key), podEnvironment, options, time);
        }

        RequestDelegate Delayed(RequestDelegate handle) =>
            options.Latency <= TimeSpan.Zero
                ? handle
                : async context =>
                {
                    await Task.Delay(options.Latency, time, context.RequestAborted);
                    await handle(context);
                };
    }

    private T Own<T>(T owned)
        where T : class
    {
        _owned.Push(owned);
        return owned;
    }
}
