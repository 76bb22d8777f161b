using System.Collections.Concurrent;
using Federation.Diagnosis;
using Federation.Findings;
using k8s;
using k8s.Models;
using Microsoft.AspNetCore.Http;

namespace Federation.Kubernetes.Tests;

/// <summary>How the gate follows a pod to its end although watches and logs are cut, expired, silent or forbidden.</summary>
public sealed class WatchTests : IAsyncLifetime
{
    private const int Window = 4;
    private const string Watch = "watch pods";
    private const string List = "list pods";
    private const string Log = "GET log";

    private readonly ConcurrentQueue<string> _log = [];
    private LiveCluster _cluster = null!;
    private LoopbackProxy _proxy = null!;
    private KubernetesCloud _cloud = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _cluster = await LiveCluster.StartAsync(watchWindow: Window);
        using (var direct = Given.Cloud(_cluster))
        {
            await Given.ConvergeAsync(direct, Given.Input(Given.Workload()));
        }

        _proxy = new LoopbackProxy(int.Parse(_cluster.HostAndPort.Split(':')[1]));
        var kubeconfig = _cluster.Kubeconfig();
        kubeconfig["clusters"]![0]!["cluster"]!["server"] = "https://" + _proxy.HostAndPort;
        _cluster.Use(kubeconfig);
        _cloud = Given.CloudWithoutPauses(_cluster);
    }

    public async ValueTask DisposeAsync()
    {
        _cloud.Dispose();
        await _proxy.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task An_expired_version_costs_one_list_and_no_verdict()
    {
        var proving = ProveAsync();
        var pod = await _cluster.PodAsync();
        _cluster.Run(pod);
        await _cluster.Arrivals.ArrivedAsync(Log);
        await ForgetAsync();
        _proxy.Cut();
        await PausesAsync(ResourceWatch<V1Pod>.FirstPause);
        _cluster.End(pod, exitCode: 0, Given.Identity);
        _cluster.Time.Advance(ResourceWatch<V1Pod>.FirstPause);

        var ended = await Task.WhenAny(proving, _cluster.Arrivals.ArrivedAsync(Watch, 10));
        Assert.Same(proving, ended);
        Assert.True((await proving).Passed);
        Assert.InRange(_cluster.Arrivals.Count(Watch), 1, 3);
        Assert.Equal(2, _cluster.Arrivals.Count(List));
    }

    [Fact]
    public async Task A_watch_that_is_cut_after_a_long_silence_sees_the_pod_end()
    {
        var proving = ProveAsync();
        var pod = await _cluster.PodAsync();
        await _cluster.Arrivals.ArrivedAsync(Watch);
        for (var silences = 1; silences <= 3; silences++)
        {
            _cluster.Time.Advance(ResourceWatch<V1Pod>.Silence);
            await _cluster.Arrivals.ArrivedAsync(List, silences + 1);
            await _cluster.Arrivals.ArrivedAsync(Watch, silences + 1);
        }

        await ForgetAsync();
        _proxy.Cut();
        await PausesAsync(ResourceWatch<V1Pod>.FirstPause);
        _cluster.End(pod, exitCode: 0, Given.Identity);
        _cluster.Time.Advance(ResourceWatch<V1Pod>.FirstPause);

        Assert.True((await proving).Passed);
        Assert.Equal(5, _cluster.Arrivals.Count(List));
        Assert.InRange(_cluster.Arrivals.Count(Watch), 4, 5);
    }

    [Fact]
    public async Task A_watch_that_always_ends_at_once_is_restarted_less_and_less_often()
    {
        _cluster.Interference = (context, handle) => RequestLog.IsWatch(context.Request) ? Task.CompletedTask : handle(context);
        var proving = ProveAsync();
        var pod = await _cluster.PodAsync();
        foreach (var (seconds, times) in new[] { (1, 1), (2, 1), (4, 1), (8, 1), (10, 1), (10, 2) })
        {
            await PausesAsync(TimeSpan.FromSeconds(seconds), times);
            _cluster.Time.Advance(TimeSpan.FromSeconds(seconds));
        }

        await PausesAsync(ResourceWatch<V1Pod>.LongestPause, times: 3);
        _cluster.End(pod, exitCode: 0, Given.Identity);
        _cluster.Time.Advance(ResourceWatch<V1Pod>.LongestPause);
        Assert.True((await proving).Passed);
        Assert.InRange(_cluster.Arrivals.Count(Watch), 7, 8);
    }

    [Theory]
    [InlineData("a page")]
    [InlineData("nothing")]
    public async Task A_first_watch_that_is_answered_with_something_else_does_not_lose_the_pod(string answer)
    {
        _cluster.Interference = (context, handle) =>
            !RequestLog.IsWatch(context.Request) ? handle(context)
            : answer == "nothing" ? Task.Delay(Timeout.Infinite, context.RequestAborted)
            : context.Response.WriteAsync("<html></html>", Cancelled);
        var proving = ProveAsync();
        var pod = await _cluster.PodAsync();
        await _cluster.Arrivals.ArrivedAsync(Watch);
        _cluster.End(pod, exitCode: 0, Given.Identity);
        if (answer == "nothing")
        {
            _cluster.Time.Advance(ResourceWatch<V1Pod>.Silence);
        }
        else
        {
            await PausesAsync(ResourceWatch<V1Pod>.FirstPause);
            _cluster.Time.Advance(ResourceWatch<V1Pod>.FirstPause);
        }

        Assert.True((await proving).Passed);
    }

    [Fact]
    public async Task A_deletion_between_two_watches_is_noticed()
    {
        var proving = ProveAsync();
        await _cluster.PodAsync();
        await _cluster.Arrivals.ArrivedAsync(Watch);
        _cluster.Interference = (context, handle) => RequestLog.IsWatch(context.Request) ? Task.CompletedTask : handle(context);
        _proxy.Cut();
        await PausesAsync(ResourceWatch<V1Pod>.FirstPause);
        await _cluster.Administrator.DeleteNamespacedPodAsync(
            "exports-verify-r1",
            "reports",
            gracePeriodSeconds: 0,
            cancellationToken: Cancelled
        );
        _cluster.Time.Advance(ResourceWatch<V1Pod>.FirstPause);

        var finding = Assert.Single((await proving).Diagnosis.Findings);
        Assert.Contains("deleted by somebody else", finding.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_that_is_cut_continues_without_losing_or_repeating_a_line()
    {
        var proving = ProveAsync();
        var pod = await _cluster.PodAsync();
        _cluster.Run(pod, "one", "two", "two");
        await LinesAsync(3);
        _proxy.Cut();
        await _cluster.Time.StartedAsync(PodLogReader.Pause);
        _cluster.Append("two", "three");
        _cluster.Time.Hurry(PodLogReader.Pause);
        await LinesAsync(5);
        _cluster.End(pod, exitCode: 0, Given.Identity, "four");

        var result = await proving;
        Assert.True(result.Passed);
        Assert.Empty(result.Diagnosis.Findings);
        Assert.Equal(["one", "two", "two", "two", "three", "four"], _log);
    }

    [Fact]
    public async Task A_pod_that_may_not_be_watched_ends_the_gate()
    {
        await AllowAsync("""[{"apiGroups":[""],"resources":["pods"],"verbs":["create","get","list","delete"]}]""");

        var refused = await Assert.ThrowsAsync<FindingException>(() => ProveAsync());

        var finding = Assert.Single(refused.Findings);
        Assert.Equal((FindingCodes.KubernetesPermissionDenied, Severity.Error), (finding.Code, finding.Severity));
        Assert.Contains("watch pods in reports", finding.Cause, StringComparison.Ordinal);
        Assert.Empty(await _cluster.PodNamesAsync());
    }

    [Fact]
    public async Task Events_that_may_not_be_watched_are_a_warning_of_a_gate_that_passes()
    {
        await AllowAsync(
            """
            [{"apiGroups":[""],"resources":["pods"],"verbs":["create","get","list","watch","delete"]},
             {"apiGroups":[""],"resources":["pods/log"],"verbs":["get"]}]
            """
        );

        var proving = ProveAsync();
        var pod = await _cluster.PodAsync();
        await _cluster.Answers.ArrivedAsync("watch events");
        // The verdict waits for no event: the pod ends when the refusal has long come.
        _cluster.Run(pod, "a line");
        await _lines.WaitAsync(Cancelled);
        _cluster.End(pod, exitCode: 0, Given.Identity);

        await AssertWarnedAsync(proving, "watch events in reports");
    }

    [Fact]
    public async Task A_log_that_may_not_be_read_is_a_warning_of_a_gate_that_passes()
    {
        await AllowAsync(
            """
            [{"apiGroups":[""],"resources":["pods"],"verbs":["create","get","list","watch","delete"]},
             {"apiGroups":[""],"resources":["events"],"verbs":["list","watch"]}]
            """
        );

        var proving = ProveAsync();
        _cluster.End(await _cluster.PodAsync(), exitCode: 0, Given.Identity);

        await AssertWarnedAsync(proving, "get pods/log");
    }

    private static async Task AssertWarnedAsync(Task<GateResult> proving, string missing)
    {
        var result = await proving;
        Assert.True(result.Passed);
        var finding = Assert.Single(result.Diagnosis.Findings);
        Assert.Equal((FindingCodes.KubernetesPermissionDenied, Severity.Warning), (finding.Code, finding.Severity));
        Assert.Contains(missing, finding.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_timer_that_fires_milliseconds_early_does_not_delay_giving_up()
    {
        _cluster.Time.Early = TimeSpan.FromMilliseconds(3);
        var proving = ProveAsync();
        _cluster.Report(
            await _cluster.PodAsync(),
            """
            {"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/1 nodes."}]}
            """
        );
        await _cluster.Time.StartedAsync(PodVerdict.SchedulingGrace);
        _cluster.Time.Advance(PodVerdict.SchedulingGrace - TimeSpan.FromMilliseconds(3));
        await _cluster.Time.StartedAsync(TimeSpan.FromMilliseconds(3));
        Assert.False(proving.IsCompleted);
        _cluster.Time.Advance(TimeSpan.FromMilliseconds(3));

        Assert.Equal(FindingCodes.PodUnschedulable, Assert.Single((await proving).Diagnosis.Findings).Code);
    }

    private Task<GateResult> ProveAsync() =>
        new ValidationGate(_cloud, _cluster.Time).ProveAsync(
            new GateRequest(Given.Input(Given.Workload()).Workloads[0], "r1", TimeSpan.Zero, TimeSpan.Zero),
            line =>
            {
                _log.Enqueue(line);
                _lines.Release();
            },
            Cancelled
        );

    private readonly SemaphoreSlim _lines = new(0);
    private int _linesSeen;

    /// <summary>Ends when so many lines of the log have come.</summary>
    private async Task LinesAsync(int count)
    {
        for (; _linesSeen < count; _linesSeen++)
        {
            await _lines.WaitAsync(Cancelled);
        }
    }

    /// <summary>Ends when the watches of the pod and of its events have both begun such a pause, so many times.</summary>
    private Task PausesAsync(TimeSpan pause, int times = 1) => _cluster.Time.StartedAsync(pause, 2 * times);

    /// <summary>Runs as an identity that has these rules in the namespace and no others.</summary>
    private async Task AllowAsync(string rules)
    {
        await _cluster.AllowAsync(rules);
        _cloud.Dispose();
        _cloud = Given.CloudWithoutPauses(_cluster);
    }

    /// <summary>Changes other pods so often that the version a watch began from expires.</summary>
    private async Task ForgetAsync()
    {
        for (var other = 0; other <= Window; other++)
        {
            await _cluster.Administrator.CreateNamespacedPodAsync(
                new V1Pod
                {
                    Metadata = new() { Name = $"other-{other}" },
                    Spec = new() { Containers = [new() { Name = "main", Image = "a:1" }] },
                },
                "default",
                cancellationToken: Cancelled
            );
        }
    }
}
