using System.Collections.Immutable;
using System.Net.Sockets;
using Federation.Calls;
using Federation.Configuration;
using Federation.Findings;
using Federation.Issuers;
using Federation.Sandbox.Aws;
using Federation.Sandbox.Google;
using Federation.Sandbox.Hosting;
using Federation.Sandbox.Kubernetes;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox;

/// <summary>
/// AWS (IAM, STS, S3), Google (IAM, GKE) and a Kubernetes API with a kubelet for each cluster, embedded in this process. Any
/// client reaches them over HTTP on loopback, so that the whole federation runs as it would against the real clouds.
/// </summary>
public sealed class SandboxClouds : IAsyncDisposable
{
    private const string IssuerHost = "container.googleapis.com";
    private readonly Stack<object> _owned = [];
    private readonly List<WebListener> _listeners = [];
    private readonly SandboxFiles _files;
    private string? _environmentFile;
    private Weather? _weather;
    private GoogleCloud? _google;
    private Func<IReadOnlyDictionary<string, string>>? _contents;

    private SandboxClouds(string directory) => _files = new SandboxFiles(directory);

    /// <summary>The calls that reached the sandbox.</summary>
    public CallLog Calls { get; } = new();

    /// <summary>Where the product's own clients find this sandbox. They need no variable.</summary>
    public CloudEndpoints Endpoints { get; private set; } = new() { IsSandbox = true };

    /// <summary>The variables that lead the tools and SDKs of AWS, Google and Kubernetes to the sandbox. Contains keys.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; private set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// Variables to unset: those of <see cref="SandboxOptions.AmbientVariables"/> and those known to win over
    /// <see cref="Environment"/>.
    /// </summary>
    public IReadOnlyList<string> Unset { get; private set; } = [];

    /// <summary>Starts everything. When the task completes, every port answers.</summary>
    /// <exception cref="ArgumentException">No cluster or no account.</exception>
    /// <exception cref="FormatException"><see cref="SandboxOptions.ConnectTo"/> is malformed.</exception>
    /// <exception cref="FindingException">Another sandbox uses the folder (FED8013).</exception>
    /// <exception cref="IOException">A port is taken, or the folder cannot be written.</exception>
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

        var clouds = new SandboxClouds(options.Folder.Path);
        try
        {
            clouds.Own(options.Folder.Take());
            await clouds.OpenAsync(options, time, cancellationToken);
            return clouds;
        }
        catch
        {
            await clouds.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Changes what befalls calls from now on; they are counted anew. What lasts for seconds stays as it was at the start.
    /// </summary>
    public void Change(SandboxWeather weather) => _weather!.Change(weather);

    /// <summary>
    /// Allows callers of Google's APIs these permissions alone, such as <c>iam.serviceAccounts.get</c>; null: everything. In AWS and
    /// Kubernetes a caller is limited by its policies and roles.
    /// </summary>
    public void LimitGoogle(IReadOnlySet<string>? permissions) => _google!.Api.Permissions = permissions;

    /// <summary>
    /// What the accounts, projects and clusters hold, each by a name like a resource id's and as JSON, without what would differ
    /// if it were made again: ids, times and versions.
    /// </summary>
    internal IReadOnlyDictionary<string, string> Contents() => _contents!();

    /// <summary>
    /// Writes <c>env.sh</c> for a shell to read: it appears when every port answers, by rename and readable by its owner
    /// alone, and is deleted when the sandbox ends.
    /// </summary>
    /// <returns>The absolute path of the file.</returns>
    public async Task<string> WriteEnvironmentAsync(CancellationToken cancellationToken = default)
    {
        foreach (var listener in _listeners)
        {
            using var probe = new TcpClient();
            await probe.ConnectAsync("127.0.0.1", listener.Port, cancellationToken);
        }

        await SandboxEnvironment.WriteAsync(_files.Environment, Environment, Unset, cancellationToken);
        _environmentFile = _files.Environment;
        return _environmentFile;
    }

    /// <summary>Stops everything: pods first, then the ports. The files with keys, and the environment file, are deleted.</summary>
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
                // The others must stop too: a port must not stay open without its keys.
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

    private async Task OpenAsync(SandboxOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var authority = Own(CertificateAuthority.Create([IssuerHost, "accounts.google.com", "localhost", "127.0.0.1", "::1"]));
        await _files.WriteAuthorityAsync(authority.RootPem, options.CertificateAuthorityFile, cancellationToken);

        var weather = _weather = new Weather(options.Weather, Calls, time);
        var port = options.Port;
        WebListener Listen(bool isTls, RequestDelegate handle)
        {
            var listener = new WebListener(isTls, port == 0 ? 0 : port++, handle);
            _listeners.Add(listener);
            return listener;
        }

        // Ports are known only once all listeners have started, so they are passed as functions.
        var connectTo = ConnectTo.Parse(options.ConnectTo);
        WebListener? issuerListener = null;
        ConnectTo RouteToIssuers() => connectTo.Then(ConnectTo.Parse($"{IssuerHost}:443:{issuerListener!.HostAndPort}"));
        var issuers = new IssuerTransport(RouteToIssuers, IssuerTransport.Anchors(_files.Authority), isClosed: true);
        var clusters = new Dictionary<string, SandboxCluster>(StringComparer.Ordinal);
        var clusterListeners = new Dictionary<string, WebListener>(StringComparer.Ordinal);
        var aws = Own(new AwsCloud(options.Accounts, options.Buckets, issuers, weather, Calls, weather.ClockOf("aws")));
        var google = Own(
            new GoogleCloud(
                options.Clusters,
                cluster => clusterListeners[cluster.Key].HostAndPort,
                authority.RootPem,
                weather,
                Calls,
                weather.ClockOf("google")
            )
        );
        _google = google;

        var awsListener = Listen(isTls: false, Delayed(Behind(new AwsFront(), aws.Api.HandleAsync)));
        var googleListener = Listen(isTls: false, Delayed(Behind(new GoogleFront(), google.Api.HandleAsync)));
        issuerListener = Listen(
            isTls: true,
            Behind(
                new IssuerFront(),
                context => new IssuerEndpoint([.. clusters.Values.Select(cluster => cluster.Issuer)]).HandleAsync(context)
            )
        );
        foreach (var cluster in options.Clusters)
        {
            clusterListeners[cluster.Key] = Listen(
                isTls: true,
                Delayed(Behind(new KubernetesFront(), context => clusters[cluster.Key].HandleAsync(context)))
            );
        }

        Own(await WebListeners.StartAsync(_listeners, authority, cancellationToken));
        var awsEndpoint = new Uri("http://" + awsListener.HostAndPort);
        var googleEndpoint = new Uri($"http://{googleListener.HostAndPort}/");
        var administrator = aws.AdministratorKeys[options.Accounts[0].Id];
        Environment = SandboxEnvironment.Variables(
            options,
            _files,
            awsEndpoint,
            googleEndpoint,
            administrator,
            google.Tokens.AccessToken,
            RouteToIssuers()
        );
        Unset = SandboxEnvironment.Unset(options.AmbientVariables, Environment);
        Endpoints = new CloudEndpoints
        {
            IsSandbox = true,
            Aws = new AwsEndpoint(awsEndpoint, administrator.AccessKeyId, administrator.SecretAccessKey, _files.AwsCredentials),
            GoogleIam = googleEndpoint,
            GoogleContainer = googleEndpoint,
            GoogleCredentialsFile = _files.GoogleKey,
            KubeConfigs = [_files.KubeConfig],
            IssuerConnectTo = RouteToIssuers().ToString(),
            IssuerAuthorityFile = _files.Authority,
            IssuerHosts = [.. connectTo.TargetHosts],
            Overrides = Environment
                .Where(variable => CloudEndpoints.Variables.IsOverride(variable.Key))
                .ToImmutableSortedDictionary(StringComparer.Ordinal),
        };

        foreach (var cluster in options.Clusters)
        {
            clusters[cluster.Key] = Own(
                new SandboxCluster(
                    cluster,
                    clusterListeners[cluster.Key].HostAndPort,
                    authority.RootPem,
                    google.Tokens,
                    weather,
                    Calls,
                    weather.ClockOf("kubernetes")
                )
            );
        }

        await _files.WriteClientFilesAsync(
            google.Tokens.KeyFile(new Uri(googleEndpoint, "token")),
            KubeConfig.Write(clusters.Values, cluster => clusterListeners[cluster.Cluster.Key].HostAndPort, authority.RootPem),
            AwsProfiles.Config(options.Accounts),
            AwsProfiles.Credentials(options.Accounts, aws.AdministratorKeys),
            cancellationToken
        );
        var podEnvironment = SandboxEnvironment.OfPods(Environment);
        foreach (var cluster in clusters.Values)
        {
            cluster.Start(_files.Pods(cluster.Cluster.Key), podEnvironment, options, weather.ClockOf("kubernetes"));
        }

        _contents = () =>
            new SortedDictionary<string, string>(
                aws.Contents()
                    .Concat(google.Contents())
                    .Concat(clusters.Values.SelectMany(cluster => cluster.Contents()))
                    .ToDictionary(StringComparer.Ordinal),
                StringComparer.Ordinal
            );

        RequestDelegate Behind(CloudFront front, RequestDelegate handle) => options.Before(front, weather.Over(front, handle));

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
