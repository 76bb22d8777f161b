using System.Net.Sockets;
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

    /// <summary>Variables to unset: what is set in this process, or known to win over <see cref="Environment"/>.</summary>
    public IReadOnlyList<string> Unset { get; private set; } = [];

    /// <summary>Starts everything; when the task ends every port answers.</summary>
    /// <exception cref="ArgumentException">No cluster or no account.</exception>
    /// <exception cref="FormatException"><see cref="SandboxOptions.ConnectTo"/> is malformed.</exception>
    /// <exception cref="IOException">A port is taken, or the directory cannot be written.</exception>
    public static async Task<SandboxClouds> StartAsync(SandboxOptions options, TimeProvider time, CancellationToken cancellationToken = default)
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

        while (_owned.TryPop(out var owned))
        {
            if (owned is IAsyncDisposable asynchronous)
            {
                await asynchronous.DisposeAsync();
            }
            else
            {
                ((IDisposable)owned).Dispose();
            }
        }
    }

    private async Task StartAsync(SandboxOptions options, string directory, TimeProvider time, CancellationToken cancellationToken)
    {
        var authority = Own(CertificateAuthority.Create([IssuerHost, "accounts.google.com", "localhost", "127.0.0.1", "::1"]));
        var files = new SandboxFiles(directory);
        await files.WriteAuthorityAsync(authority.RootPem, options.CertificateAuthorityFile, cancellationToken);

        var port = options.Port;
        WebListener Listen(bool isTls, RequestDelegate handle)
        {
            var listener = new WebListener(isTls, port == 0 ? 0 : port++, handle);
            _listeners.Add(listener);
            return listener;
        }

        // The ports are known once all listeners have started; what needs one is asked for it later.
        var connectTo = ConnectTo.Parse(options.ConnectTo);
        WebListener? issuerListener = null;
        ConnectTo RouteToIssuers() => connectTo.Then(ConnectTo.Parse($"{IssuerHost}:443:{issuerListener!.HostAndPort}"));
        var issuers = new IssuerTransport(RouteToIssuers, files.Anchors());
        var aws = Own(new AwsCloud(options.Accounts, options.Buckets, issuers, Calls, time, options.IamPropagation));
        var kubernetesListeners = new Dictionary<string, WebListener>(StringComparer.Ordinal);
        var google = Own(new GoogleCloud(options.Clusters, cluster => kubernetesListeners[cluster.Key].HostAndPort, authority.RootPem, Calls, time));

        var awsListener = Listen(isTls: false, Delayed(aws.Endpoint.HandleAsync));
        var googleListener = Listen(isTls: false, Delayed(google.Endpoint.HandleAsync));
        issuerListener = Listen(isTls: true, new IssuerEndpoint([]).HandleAsync);

        Own(await WebListeners.StartAsync(_listeners, authority, cancellationToken));

        var tokenEndpoint = new Uri($"http://{googleListener.HostAndPort}/token");
        await files.WriteClientFilesAsync(google.Tokens.KeyFile(tokenEndpoint), "", cancellationToken);
        var account = options.Accounts[0];
        var key = aws.AdministratorKeys[account.Id];
        Environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["AWS_ENDPOINT_URL"] = "http://" + awsListener.HostAndPort,
            ["AWS_ACCESS_KEY_ID"] = key.AccessKeyId,
            ["AWS_SECRET_ACCESS_KEY"] = key.SecretAccessKey,
            ["AWS_REGION"] = account.Region,
            ["AWS_DEFAULT_REGION"] = account.Region,
            ["AWS_EC2_METADATA_DISABLED"] = "true",
            ["AWS_CONFIG_FILE"] = files.AwsConfig,
            ["AWS_SHARED_CREDENTIALS_FILE"] = files.AwsCredentials,
            ["CLOUDSDK_CONFIG"] = files.CloudSdkConfig,
            ["CLOUDSDK_CORE_PROJECT"] = options.Clusters[0].Project,
            ["CLOUDSDK_AUTH_ACCESS_TOKEN"] = google.Tokens.AccessToken,
            ["CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM"] = $"http://{googleListener.HostAndPort}/",
            ["CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER"] = $"http://{googleListener.HostAndPort}/",
            // Nothing is asked, counted, looked for or updated.
            ["CLOUDSDK_CORE_DISABLE_PROMPTS"] = "1",
            ["CLOUDSDK_CORE_DISABLE_USAGE_REPORTING"] = "true",
            ["CLOUDSDK_CORE_CHECK_GCE_METADATA"] = "false",
            ["CLOUDSDK_CORE_DISABLE_FILE_LOGGING"] = "true",
            ["CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK"] = "true",
            ["CLOUDSDK_SURVEY_DISABLE_PROMPTS"] = "true",
            ["GOOGLE_APPLICATION_CREDENTIALS"] = files.GoogleKey,
            ["KUBECONFIG"] = files.KubeConfig,
            ["KUBECACHEDIR"] = files.KubeCache,
            [SandboxEnvironment.ConnectToVariable] = RouteToIssuers().ToString(),
            [SandboxEnvironment.CertificateAuthorityVariable] = files.Authority,
            ["NO_PROXY"] = SandboxEnvironment.NoProxy(),
            ["no_proxy"] = SandboxEnvironment.NoProxy(),
        };
        Unset = SandboxEnvironment.Unset(Environment);

        RequestDelegate Delayed(RequestDelegate handle) => options.Latency <= TimeSpan.Zero ? handle : async context =>
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
