using System.Net;
using System.Net.Sockets;
using Build;
using Build.Host;
using Build.Targets;
using Federation.Calls;

namespace EndToEnd.Tests;

/// <summary>
/// Two targets on one line share one run. Whichever they are, and in whichever order: from the sandbox no call leaves, live
/// clouds are never replaced by it, and nothing ends in a failure that nobody foresaw.
/// </summary>
public sealed class TwoTargetsTests
{
    private static readonly string[] Product = ["Verify", "Render", "Plan", "Apply", "Diagnose", "Token"];

    /// <summary>Destroy takes no target beside it that writes.</summary>
    public static TheoryData<string, string> AllPairs =>
        new(
            TargetTable.All.SelectMany(first =>
                TargetTable.All.Where(second => !AreOpposed(first, second)).Select(second => (first.Name, second.Name))
            )
        );

    public static TheoryData<string, string> ProductPairs => PairsOf(Product);

    [Theory]
    [MemberData(nameof(AllPairs))]
    public void Every_pair_of_targets_gets_the_clouds_that_were_asked_for(string first, string second)
    {
        Assert.Equal("sandbox", Arguments(first, second, "--cloud=sandbox").Clouds.Cloud);
        Assert.Equal("sandbox", Arguments(first, second, "--cloud=sandbox", $"--config={HostRun.Example}").Clouds.Cloud);
        Assert.Equal("live", Arguments(first, second, "--cloud=live").Clouds.Cloud);
        Assert.Equal("live", Arguments(first, second, $"--config={HostRun.Example}").Clouds.Cloud);
    }

    [Theory]
    [MemberData(nameof(ProductPairs))]
    public void From_the_sandbox_no_call_leaves(string first, string second)
    {
        using var host = new HostRun();
        using var elsewhere = new Tripwire();
        LeadTo(host, elsewhere.Address);

        var run = host.Run([$"--target={first}", $"--target={second}", "--cloud=sandbox", $"--config={HostRun.Example}"]);

        Assert.Equal(0, elsewhere.Connections);
        Assert.DoesNotContain("FED8017", run.ToString(), StringComparison.Ordinal);
        Assert.Equal("sandbox", (string?)run.Report?["cloud"] ?? "sandbox");
        Assert.True(run.ExitCode is 0 or 1, run.ToString());
    }

    [Theory]
    [InlineData("Plan")]
    [InlineData("Apply")]
    [InlineData("Verify")]
    public void A_text_that_is_explained_beside_another_target_changes_nothing_of_it(string other)
    {
        using var host = new HostRun();
        using var elsewhere = new Tripwire();
        LeadTo(host, elsewhere.Address);

        var run = host.Run(
            $"--target={other}",
            "--target=Diagnose",
            "--error=nothing that anybody knows",
            "--cloud=sandbox",
            $"--config={HostRun.Example}"
        );

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal(0, elsewhere.Connections);
        Assert.Equal("sandbox", (string?)run.Report!["cloud"]);
        Assert.All(run.Actions, action => Assert.Equal("create", action));
        Assert.NotEmpty(run.Actions);
    }

    [Theory]
    [MemberData(nameof(ProductPairs))]
    public void Live_clouds_that_cannot_be_reached_end_in_words(string first, string second)
    {
        using var host = new HostRun { Time = new FastClock() };
        LeadTo(host, "http://127.0.0.1:1");

        var run = host.Run([$"--target={first}", $"--target={second}", "--cloud=live", $"--config={HostRun.Example}"]);

        Assert.DoesNotContain("FED8017", run.ToString(), StringComparison.Ordinal);
        var isOffline = first == "Render" && second == "Render";
        Assert.True(isOffline ? run.ExitCode == 0 : run.ExitCode is 1 or 3, run.ToString());
    }

    [Fact]
    public void On_a_pull_request_a_second_target_lifts_no_rule()
    {
        using var host = new HostRun();
        host.Variables["GITHUB_ACTIONS"] = "true";
        host.Variables["GITHUB_EVENT_NAME"] = "pull_request";
        host.Time = new FastClock();
        LeadTo(host, "http://127.0.0.1:1");

        var run = host.Run("--target=Verify", "--target=Apply", "--target=Diagnose", $"--config={HostRun.Example}");

        Assert.DoesNotContain("::group::Apply", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("::group::Verify", run.Output, StringComparison.Ordinal);
        Assert.Contains("Verify only plans here", run.Output, StringComparison.Ordinal);
    }

    private static void LeadTo(HostRun host, string address)
    {
        host.Variables[CloudEndpoints.Variables.Aws] = address;
        host.Variables["AWS_ACCESS_KEY_ID"] = "AKIAIOSFODNN7EXAMPLE";
        host.Variables["AWS_SECRET_ACCESS_KEY"] = "secret";
        host.Variables[CloudEndpoints.Variables.GoogleIam] = address;
        host.Variables[CloudEndpoints.Variables.GoogleContainer] = address;
        host.Variables[CloudEndpoints.Variables.GoogleCredentials] = host.Write("adc.json", """{"type":"none"}""");
        host.Variables[CloudEndpoints.Variables.KubeConfig] = host.Write(
            "kubeconfig",
            $$"""
            apiVersion: v1
            kind: Config
            current-context: x
            contexts: [{ name: x, context: { cluster: x, user: x } }]
            clusters: [{ name: x, cluster: { server: "{{address}}" } }]
            users: [{ name: x, user: { token: none } }]
            """
        );
        host.Variables[CloudEndpoints.Variables.IssuerConnectTo] = $"::{new Uri(address).Authority}";
    }

    private static RunArguments Arguments(params string[] arguments)
    {
        var environment = new HostEnvironment(_ => null, [], TextReader.Null, TimeProvider.System);
        var line = CommandLine.Parse([.. arguments.Select((word, index) => index < 2 ? $"--target={word}" : word)], TargetTable.Names);
        return new RunArguments(line, environment, isUnattended: false, finding => finding);
    }

    private static bool AreOpposed(TargetRow first, TargetRow second) =>
        first != second && first.Writes && second.Writes && (first.Type == typeof(Destroy) || second.Type == typeof(Destroy));

    private static TheoryData<string, string> PairsOf(IReadOnlyList<string> targets) =>
        new(targets.SelectMany(first => targets.Select(second => (first, second))));

    /// <summary>A clock that runs a hundred times as fast: what waits for seconds waits for hundredths.</summary>
    private sealed class FastClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / 100 : dueTime, period);
    }

    /// <summary>An address at which nobody may call.</summary>
    private sealed class Tripwire : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private int _connections;

        public Tripwire()
        {
            _listener.Start();
            _ = CountAsync();
        }

        public string Address => $"http://{_listener.LocalEndpoint}";

        public int Connections => Volatile.Read(ref _connections);

        public void Dispose() => _listener.Dispose();

        private async Task CountAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    Interlocked.Increment(ref _connections);
                }
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
