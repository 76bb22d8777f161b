using Federation.Findings;
using Federation.Reporting;

namespace Federation.Runs.Tests;

/// <summary>How long the gate waits for what this run wrote, and what it does without a pod.</summary>
public sealed class ProvingTests
{
    [Fact]
    public async Task A_role_that_this_run_wrote_may_be_refused_for_a_minute()
    {
        using var scene = new Scene();
        await using var run = scene.Run();

        await run.Applied;
        await run.Proved;

        var request = Assert.Single(scene.Proved);
        Assert.Equal((Proving.Propagation, Proving.Propagation), (request.IdentityWait, request.CheckWait));
        Assert.Equal(ExitCodes.Done, run.ExitCode);
    }

    [Fact]
    public async Task A_role_that_was_there_before_is_not_waited_for()
    {
        using var scene = new Scene();
        await using var run = scene.Run();

        await run.Proved;

        var request = Assert.Single(scene.Proved);
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (request.IdentityWait, request.CheckWait));
        Assert.Empty(scene.Cloud.Writes);
    }

    [Fact]
    public async Task A_fault_in_what_this_run_wrote_is_read_again_before_it_is_believed()
    {
        using var scene = new Scene();
        scene.Readings.Enqueue(Evidence.WithoutRole);
        scene.Readings.Enqueue(Evidence.AsItIs);
        await using var run = scene.Run();
        await run.Applied;

        var proving = run.Proved;
        Assert.False(proving.IsCompleted);
        Assert.Equal(1, scene.TimesRead);

        scene.Time.Advance(Proving.ReadingDelay);
        await proving;

        Assert.Equal(2, scene.TimesRead);
        Assert.Single(scene.Proved);
    }

    [Fact]
    public async Task A_fault_in_what_was_there_before_is_believed_at_once_and_needs_no_pod()
    {
        using var scene = new Scene();
        scene.Readings.Enqueue(Evidence.WithoutRole);
        await using var run = scene.Run();

        await run.Proved;

        Assert.Equal(1, scene.TimesRead);
        Assert.Empty(scene.Proved);
        Assert.Single(scene.Events.OfType<RunEvent.GateSkipped>());
        Assert.Equal(FindingCodes.RoleMissing, run.Findings[0].Code);
        Assert.Equal(ExitCodes.No, run.ExitCode);
        Assert.True(File.Exists(Path.Combine(scene.Output, "evidence.json")));
    }

    [Fact]
    public async Task A_gate_that_breaks_in_a_way_nobody_foresaw_fails_its_workload_with_words()
    {
        using var scene = new Scene { GateFails = new FormatException("Unexpected token.") };
        await using var run = scene.Run();

        await run.Proved;
        var report = (await run.CloseAsync(isInterrupted: false))!.Report;

        var workload = Assert.Single(report.Workloads);
        Assert.Equal(Outcome.Failed, workload.Outcome);
        Assert.Equal(FindingCodes.UnexpectedFailure, workload.Findings[0].Code);
        Assert.Contains("proving the workload reader", workload.Findings[0].Cause, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Refused, run.ExitCode);
    }

    [Fact]
    public async Task What_a_pod_proved_is_reported_as_verified()
    {
        using var scene = new Scene();
        await using var run = scene.Run();

        await run.Applied;
        await run.Proved;
        var report = (await run.CloseAsync(isInterrupted: false))!.Report;

        Assert.Equal((Outcome.Verified, Outcome.Verified), (report.Outcome, report.Workloads[0].Outcome));
        Assert.Equal("arn:aws:sts::111122223333:assumed-role/reader/x", report.Workloads[0].AssumedRoleArn);
        Assert.Equal([RunPhase.Render, RunPhase.Plan, RunPhase.Apply, RunPhase.Verify], report.Phases.Select(phase => phase.Name));
    }
}
