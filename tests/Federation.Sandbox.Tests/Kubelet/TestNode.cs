using System.Text.Json.Nodes;
using Federation.Sandbox.Kubelet;
using Microsoft.Extensions.Time.Testing;

namespace Federation.Sandbox.Tests.Kubelet;

/// <summary>A kubelet on a <see cref="FakeCluster"/>, with a clock that the test sets.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task _work;

    public TestNode(Func<KubeletOptions, KubeletOptions>? configure = null)
    {
        var options = new KubeletOptions
        {
            Directory = Path.Combine(Path.GetTempPath(), "kubelet-" + Guid.NewGuid().ToString("N")[..12]),
            NodeName = "localhost",
            HostIP = "192.0.2.2",
            Isolation = ContainerIsolation.RewrittenPaths,
            Images = new Dictionary<string, ContainerImage>(StringComparer.Ordinal)
            {
                ["registry.test/busybox"] = new() { Command = ["sh"] },
            },
        };
        Options = configure?.Invoke(options) ?? options;
        Cluster = new FakeCluster(Time);
        Agent = new KubeletAgent(Cluster, Options, Time);
        _work = Agent.RunAsync(_end.Token);
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 18, 12, 28, TimeSpan.Zero));

    public KubeletOptions Options { get; }

    public FakeCluster Cluster { get; }

    public KubeletAgent Agent { get; }

    public JsonObject Run(string name, string spec) =>
        Cluster.Create(
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = name },
                ["spec"] = JsonNode.Parse(spec),
            }
        );

    /// <summary>Runs a shell script to its end; the pod as it ended.</summary>
    public async Task<JsonObject> RunScriptAsync(string script, string more = "{}")
    {
        var spec = JsonNode.Parse(
            """{"restartPolicy":"Never","containers":[{"name":"main","image":"registry.test/busybox:1","command":["sh","-c",""]}]}"""
        )!;
        spec["containers"]![0]!["command"]![2] = script;
        foreach (var (key, value) in (JsonObject)JsonNode.Parse(more)!)
        {
            (key is "volumes" or "activeDeadlineSeconds" ? (JsonObject)spec : (JsonObject)spec["containers"]![0]!)[key] =
                value?.DeepClone();
        }

        var pod = Run("script", spec.ToJsonString());
        return await Cluster.SeeAsync(
            FakeCluster.Uid(pod),
            change => change.Pod["status"]!["phase"]!.GetValue<string>() is "Succeeded" or "Failed"
        );
    }

    public async Task<string> LogAsync(JsonObject pod, string container = "main", bool previous = false)
    {
        var lines = new List<string>();
        await foreach (
            var line in Agent
                .FindLog(FakeCluster.Uid(pod), container, previous)!
                .ReadAsync(follow: false, TestContext.Current.CancellationToken)
        )
        {
            lines.Add(line.Text);
        }

        return string.Join('\n', lines);
    }

    /// <summary>Waits until a running container has written a line.</summary>
    public async Task SeeLineAsync(JsonObject pod, string text)
    {
        await Cluster.SeePhaseAsync(pod, "Running");
        await foreach (
            var line in Agent
                .FindLog(FakeCluster.Uid(pod), "main", previous: false)!
                .ReadAsync(follow: true, TestContext.Current.CancellationToken)
        )
        {
            if (line.Text == text)
            {
                return;
            }
        }

        Assert.Fail($"no line {text}");
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _work;
        _end.Dispose();
    }
}
