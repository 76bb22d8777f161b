using System.Text.RegularExpressions;
using Federation.Configuration;
using Federation.Planning;
using Federation.Reporting;
using Federation.Sandbox;
using k8s;
using k8s.Models;

namespace Federation.Runs.Tests.Clouds;

/// <summary>A sandbox of the test's own, and runs against it as against live clouds.</summary>
internal sealed partial class World : IAsyncDisposable
{
    private readonly string _folder;
    private readonly SandboxClouds _sandbox;
    private readonly TimeProvider _time;

    private World(SandboxClouds sandbox, Edge edge, string folder, TimeProvider time) =>
        (_sandbox, Edge, _folder, _time) = (sandbox, edge, folder, time);

    public Edge Edge { get; }

    /// <summary>What there is, without what differs from one sandbox to the next.</summary>
    public IReadOnlyDictionary<string, string> Contents =>
        _sandbox.Contents().ToDictionary(entry => entry.Key, entry => OfOneSandbox().Replace(entry.Value, "(…)"), StringComparer.Ordinal);

    public static async Task<World> StartAsync(TimeProvider? time = null)
    {
        var folder = Directory.CreateTempSubdirectory("federation-world-").FullName;
        var edge = new Edge();
        var options = new SandboxOptions
        {
            Clusters = [new Cluster("main", "acme-prod", "asia-south1-a", "main")],
            Accounts = [new Account("data", "111122223333", "ap-south-1")],
            Folder = SandboxFolder.Own(folder),
            Before = edge.Before,
        };
        var sandbox = await SandboxClouds.StartAsync(options, time ?? TimeProvider.System, TestContext.Current.CancellationToken);
        return new World(sandbox, edge, folder, time ?? TimeProvider.System);
    }

    /// <summary>Runs a target to its end.</summary>
    public async Task<Report> RunAsync(Target target, string configuration, TimeProvider? time = null, CancellationToken end = default)
    {
        var clock = time ?? _time;
        var path = Path.Combine(_folder, Guid.NewGuid().ToString("N") + ".yaml");
        await File.WriteAllTextAsync(path, configuration, CancellationToken.None);
        var options = new RunOptions
        {
            Target = target.Name,
            Output = Path.Combine(_folder, Guid.NewGuid().ToString("N")),
            Configuration = () => new ConfigurationFile(path, "federation.yaml", IsExample: false),
            UsesClouds = true,
            HasReport = true,
            Destroys = target == Target.Destroy,
            LeftBehind =
                target == Target.Prune ? LeftBehindPolicy.Delete
                : target == Target.Destroy ? LeftBehindPolicy.Ignore
                : LeftBehindPolicy.Report,
            Force = true,
        };
        await using var run = new FederationRun(options, new LiveSessions(() => _sandbox.Endpoints, clock), [], clock, end);
        var isInterrupted = false;
        try
        {
            await target.AskAsync(run);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            isInterrupted = true;
        }

        return (await run.CloseAsync(isInterrupted))!.Report;
    }

    /// <summary>Ends when no pod runs any more: a run that was killed leaves its pods to themselves.</summary>
    public async Task PodsEndedAsync()
    {
        var cancelled = TestContext.Current.CancellationToken;
        var kubeconfig = new FileInfo(_sandbox.Environment["KUBECONFIG"]);
        using var cluster = new k8s.Kubernetes(await KubernetesClientConfiguration.BuildConfigFromConfigFileAsync(kubeconfig));
        var pods = await cluster.CoreV1.ListPodForAllNamespacesAsync(cancellationToken: cancelled);
        var running = pods.Items.Where(pod => !HasEnded(pod)).Select(pod => pod.Uid()).ToHashSet(StringComparer.Ordinal);
        if (running.Count == 0)
        {
            return;
        }

        var watch = cluster.CoreV1.WatchListPodForAllNamespacesAsync(resourceVersion: pods.ResourceVersion(), cancellationToken: cancelled);
        await foreach (var (type, pod) in watch)
        {
            if ((type == WatchEventType.Deleted || HasEnded(pod)) && running.Remove(pod.Uid()) && running.Count == 0)
            {
                return;
            }
        }

        static bool HasEnded(V1Pod pod) => pod.Status?.Phase is "Succeeded" or "Failed";
    }

    public async ValueTask DisposeAsync()
    {
        await _sandbox.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A cluster's id, a certificate, and a certificate's thumbprint.</summary>
    [GeneratedRegex(
        "[0-9a-f]{64}|-----BEGIN CERTIFICATE-----[^\"]*|(?<=\")[0-9a-f]{40}(?=\")",
        RegexOptions.None,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex OfOneSandbox();
}

/// <summary>What a run is asked for.</summary>
/// <param name="Runs">How many it takes to the end: without a gate, a move takes a second one.</param>
internal sealed record Target(string Name, Func<FederationRun, Task> AskAsync, int Runs = 1)
{
    public static readonly Target Plan = new("Plan", run => run.Planned);
    public static readonly Target Apply = new("Apply", run => run.Applied);
    public static readonly Target Prune = new("Prune", run => run.Applied, Runs: 2);
    public static readonly Target Destroy = new("Destroy", run => run.Applied);

    public static readonly Target Verify = new(
        "Verify",
        async run =>
        {
            await run.Applied;
            await run.Proved;
        }
    );

    public override string ToString() => Name;
}
