using Federation.Findings;
using Federation.Planning;
using Federation.Reporting;
using Federation.Resources;
using Federation.Tests.Planning;

namespace Federation.Runs.Tests;

/// <summary>A workload moves: the old access is valid until the gate has proved the new one.</summary>
public sealed class MoveTests : IDisposable
{
    private static readonly ResourceId OldRole = ResourceId.Aws("111122223333", ResourceKind.Role, "former");
    private static readonly Fields Both = Trusting("new", "old");

    private readonly Scene _scene = new();

    public MoveTests()
    {
        _scene.Cloud = new FakeCloud("aws", [new FakeResource(Scene.Role, Trusting("new")) { Workloads = ["reader"] }]);
        _scene.Cloud.Live[Scene.Role] = Trusting("old");
        _scene.Options = _scene.Options with { Proves = true };
    }

    [Fact]
    public async Task Both_stand_while_the_gate_proves_and_then_the_new_one_alone()
    {
        var report = await VerifyAsync();

        Assert.Equal(Both.Values, _scene.LiveAtGate[Scene.Role].Values);
        Assert.Equal(Trusting("new").Values, _scene.Cloud.Live[Scene.Role].Values);
        Assert.Equal(
            [(Stage.Widen, ChangeState.Done), (Stage.Narrow, ChangeState.Done)],
            report.Workloads[0].Changes.Select(change => (change.Stage, change.State))
        );
        Assert.Equal((Outcome.Verified, 2), (report.Outcome, ChangeCounts.Of(report).Updated));
        Assert.Contains(RunPhase.Narrow, report.Phases.Select(phase => phase.Name));
    }

    [Fact]
    public async Task A_failed_gate_leaves_both_and_the_report_says_so()
    {
        _scene.GateFails = new FindingException(FakeCloud.Refusal(Scene.Role));

        var report = await VerifyAsync();

        Assert.Equal(Both.Values, _scene.Cloud.Live[Scene.Role].Values);
        Assert.Equal(Outcome.Failed, report.Outcome);
        Assert.Equal(ChangeState.NotReached, report.Workloads[0].Changes[1].State);
        Assert.Contains(FindingCodes.OldAccessStands, report.Workloads[0].Findings.Select(finding => finding.Code));

        _scene.GateFails = null;
        Assert.Equal(Outcome.Verified, (await VerifyAsync()).Outcome);
        Assert.Equal(Both.Values, _scene.LiveAtGate[Scene.Role].Values);
        Assert.Equal(Trusting("new").Values, _scene.Cloud.Live[Scene.Role].Values);
    }

    [Fact]
    public async Task Without_a_gate_a_second_Apply_takes_the_old_access_away_and_the_first_one_says_so()
    {
        _scene.Options = _scene.Options with { Proves = false };

        var first = await RunAsync(run => run.Applied);
        Assert.Equal(Both.Values, _scene.Cloud.Live[Scene.Role].Values);
        var finding = Assert.Single(first.Workloads[0].Findings);
        Assert.Equal((FindingCodes.OldAccessStands, Severity.Information), (finding.Code, finding.Severity));
        Assert.Contains("a second Apply removes it", finding.Fix, StringComparison.Ordinal);
        Assert.Equal(Outcome.Applied, first.Outcome);

        var second = await RunAsync(run => run.Applied);
        Assert.Equal(Trusting("new").Values, _scene.Cloud.Live[Scene.Role].Values);
        Assert.Empty(second.Workloads[0].Findings);
        Assert.All((await RunAsync(run => run.Planned)).Workloads[0].Changes, change => Assert.Equal(StepAction.Unchanged, change.Action));
    }

    [Fact]
    public async Task Both_standing_is_drift()
    {
        _scene.Cloud.Live[Scene.Role] = Both;
        _scene.Options = _scene.Options with { FailOnDrift = true };

        Assert.Equal(Outcome.Drifted, (await RunAsync(run => run.Planned)).Outcome);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_left_behind_is_deleted_after_the_gate_and_only_if_that_passes(bool fails)
    {
        _scene.Cloud.Live[OldRole] = Fields.Empty.With("path", "/");
        _scene.Options = _scene.Options with { LeftBehind = LeftBehindPolicy.Delete, Force = true };
        _scene.GateFails = fails ? new FindingException(FakeCloud.Refusal(Scene.Role)) : null;
        Name();

        var report = await VerifyAsync();

        Assert.Contains(OldRole, _scene.LiveAtGate.Keys);
        Assert.Equal(fails, _scene.Cloud.Live.ContainsKey(OldRole));
        Assert.Equal(fails ? ChangeState.NotReached : ChangeState.Done, Assert.Single(report.Changes).State);
    }

    [Fact]
    public async Task A_refusal_to_take_the_old_access_away_fails_the_run_after_the_workload_was_proved()
    {
        _scene.Cloud.Live[Scene.Role] = Both;
        _scene.Cloud.Refused.Add(Scene.Role);

        var report = await VerifyAsync();

        Assert.Single(_scene.Proved);
        Assert.Equal(Outcome.Failed, report.Outcome);
        Assert.Equal(ChangeState.Failed, report.Workloads[0].Changes.Single(change => change.Stage == Stage.Narrow).State);
        Assert.Equal(Both.Values, _scene.Cloud.Live[Scene.Role].Values);
    }

    public void Dispose() => _scene.Dispose();

    private Task<Report> VerifyAsync() =>
        RunAsync(async run =>
        {
            await run.Applied;
            await run.Proved;
        });

    private async Task<Report> RunAsync(Func<FederationRun, Task> stage)
    {
        await using var run = _scene.Run();
        await stage(run);
        return (await run.CloseAsync(isInterrupted: false))!.Report;
    }

    /// <summary>Nothing is deleted by the mark of a federation without a name.</summary>
    private void Name() => File.WriteAllText(_scene.ConfigurationPath, "name: acme\n" + File.ReadAllText(_scene.ConfigurationPath));

    private static Fields Trusting(params string[] names) => Fields.Empty.WithSet("trust", names);
}
