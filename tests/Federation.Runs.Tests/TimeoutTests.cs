using Federation.Findings;
using Federation.Planning;
using Federation.Reporting;
using Federation.Resources;
using Federation.Tests.Planning;

namespace Federation.Runs.Tests;

/// <summary>A run that may take only so long ends then, and says how far it came.</summary>
public sealed class TimeoutTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private static readonly ResourceId Provider = ResourceId.Aws("111122223333", ResourceKind.Provider, "issuer");

    [Fact]
    public async Task A_change_that_does_not_end_ends_the_run_and_what_was_not_reached_is_said()
    {
        using var scene = new Scene();
        scene.Cloud = new FakeCloud(
            "aws",
            [
                new FakeResource(Provider, Fields.Empty.With("url", "issuer")) { Workloads = ["reader"] },
                new FakeResource(Scene.Role, Fields.Empty.With("path", "/")) { Workloads = ["reader"], DependsOn = [Provider] },
            ]
        )
        {
            Silent = new HashSet<ResourceId> { Provider },
        };
        scene.Options = scene.Options with { Timeout = Limit };
        await using var run = scene.Run();

        var applying = run.Applied;
        Assert.False(applying.IsCompleted);
        scene.Time.Advance(Limit);

        Assert.Null((await applying).Value);
        Assert.Null((await run.Proved).Value);
        var finding = Assert.Single(run.Findings);
        Assert.Equal(FindingCodes.RunTimedOut, finding.Code);
        Assert.Contains("10 min", finding.Cause, StringComparison.Ordinal);
        Assert.Contains("applying the plan", finding.Cause, StringComparison.Ordinal);
        Assert.Contains("Changes: 0 of 2 done, 1 under way or failed, 1 not reached.", finding.Cause, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Refused, run.ExitCode);
        var report = (await run.CloseAsync(isInterrupted: false))!.Report;
        Assert.Equal(Outcome.Failed, report.Outcome);
        Assert.Equal([ChangeState.Failed, ChangeState.NotReached], report.Workloads[0].Changes.Select(change => change.State));
    }

    [Fact]
    public async Task A_gate_that_does_not_end_ends_the_run_unproved()
    {
        using var scene = new Scene { IsGateEndless = true };
        scene.Options = scene.Options with { Timeout = Limit };
        await using var run = scene.Run();
        await run.Applied;

        var proving = run.Proved;
        Assert.False(proving.IsCompleted);
        scene.Time.Advance(Limit);

        Assert.Null((await proving).Value);
        Assert.Contains("Workloads proved: 0 of 1.", Assert.Single(run.Findings).Cause, StringComparison.Ordinal);
        Assert.Equal(Outcome.Skipped, (await run.CloseAsync(isInterrupted: false))!.Report.Workloads[0].Outcome);
    }

    [Fact]
    public async Task An_interruption_is_none_of_the_timeouts()
    {
        using var scene = new Scene { IsGateEndless = true };
        using var interruption = new CancellationTokenSource();
        scene.Options = scene.Options with { Timeout = Limit };
        await using var run = scene.Run(interruption.Token);
        await run.Applied;

        var proving = run.Proved;
        await interruption.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => proving);
        Assert.Empty(run.Findings);
    }

    [Fact]
    public async Task A_run_that_ends_in_time_hears_nothing_of_its_limit()
    {
        using var scene = new Scene();
        scene.Options = scene.Options with { Timeout = Limit };
        await using var run = scene.Run();

        await run.Applied;
        await run.Proved;
        scene.Time.Advance(Limit);

        Assert.Empty(run.Findings);
        Assert.Equal(ExitCodes.Done, run.ExitCode);
    }
}
