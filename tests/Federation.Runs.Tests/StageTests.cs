using System.Text.Json.Nodes;
using Federation.Findings;
using Federation.Planning;
using Federation.Reporting;

namespace Federation.Runs.Tests;

/// <summary>The chain of a run: each stage is made once, and a stage that was stopped stops those after it.</summary>
public sealed class StageTests
{
    public static TheoryData<string, string> Pairs => new(Stages.Keys.SelectMany(first => Stages.Keys.Select(second => (first, second))));

    private static readonly Dictionary<string, Func<FederationRun, Task>> Stages = new(StringComparer.Ordinal)
    {
        ["Opened"] = run => run.Opened,
        ["Rendered"] = run => run.Rendered,
        ["Planned"] = run => run.Planned,
        ["Applied"] = run => run.Applied,
        ["Proved"] = run => run.Proved,
        ["Diagnosed"] = run => run.Diagnosed,
        ["Tokens"] = run => run.CompareTokensAsync(),
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Any_two_stages_may_be_asked_for_in_any_order_and_share_one_session(string first, string second)
    {
        using var scene = new Scene();
        await using var run = scene.Run();

        await Stages[first](run);
        await Stages[second](run);

        Assert.Empty(scene.Codes);
        Assert.Equal(ExitCodes.Done, run.ExitCode);
        Assert.InRange(scene.Sessions.TimesOpened, 0, 1);
        Assert.True(scene.Events.OfType<RunEvent.Opened>().Count() == 1);
        Assert.InRange(scene.Events.OfType<RunEvent.PlanMade>().Count(), 0, 1);
    }

    [Fact]
    public async Task A_stage_is_made_once_however_often_it_is_asked_for()
    {
        using var scene = new Scene();
        await using var run = scene.Run();

        var applied = await Task.WhenAll(run.Applied, run.Applied);

        Assert.Same(applied[0], applied[1]);
        Assert.Equal([Scene.Role], scene.Cloud.Writes);
    }

    [Fact]
    public async Task A_configuration_with_an_error_opens_no_session_and_is_told_once()
    {
        using var scene = new Scene();
        await File.WriteAllTextAsync(scene.ConfigurationPath, "clusters: 7\n", TestContext.Current.CancellationToken);
        await using var run = scene.Run();

        Assert.Null((await run.Rendered).Value);
        Assert.Null((await run.Applied).Value);
        Assert.Null((await run.Diagnosed).Value);

        Assert.Equal(0, scene.Sessions.TimesOpened);
        Assert.Single(scene.Events.OfType<RunEvent.Found>());
        Assert.Equal(ExitCodes.Invalid, run.ExitCode);
    }

    [Fact]
    public async Task What_nobody_foresaw_is_a_finding_that_says_what_was_being_done()
    {
        using var scene = new Scene();
        scene.Sessions.Fails = new InvalidCastException("Object of type X cannot be cast.");
        await using var run = scene.Run();

        var planned = await run.Planned;

        var finding = Assert.Single(planned.Findings);
        Assert.Equal(FindingCodes.UnexpectedFailure, finding.Code);
        Assert.Contains("opening the clouds", finding.Cause, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Refused, run.ExitCode);
        Assert.Single(scene.Events.OfType<RunEvent.Threw>());
    }

    [Fact]
    public async Task A_failed_step_stops_the_gate_and_the_report_says_what_was_not_reached()
    {
        using var scene = new Scene();
        scene.Cloud.Refused.Add(Scene.Role);
        await using var run = scene.Run();

        Assert.Null((await run.Applied).Value);
        Assert.Null((await run.Proved).Value);
        var written = await run.CloseAsync(isInterrupted: false);

        Assert.Empty(scene.Proved);
        var workload = Assert.Single(written!.Report.Workloads);
        Assert.Equal(Outcome.Failed, workload.Outcome);
        Assert.Equal((ChangeState.Failed, StepReason.Absent), (workload.Changes[0].State, workload.Changes[0].Reason));
        Assert.Equal(FindingCodes.AwsPermissionDenied, Assert.Single(workload.Findings).Code);
        Assert.Equal(0, ChangeCounts.Of(written.Report).Created);
        Assert.Equal(1, ChangeCounts.Of(written.Report).Failed);
    }

    [Fact]
    public async Task Drift_ends_with_1_and_writes_nothing()
    {
        using var scene = new Scene();
        scene.Options = scene.Options with { FailOnDrift = true };
        await using var run = scene.Run();

        await run.Planned;

        Assert.Equal(ExitCodes.No, run.ExitCode);
        Assert.Empty(scene.Cloud.Writes);
        Assert.Equal(Outcome.Drifted, (await run.CloseAsync(isInterrupted: false))!.Report.Outcome);
    }

    [Fact]
    public async Task A_mode_suppresses_steps_and_the_report_keeps_them_with_the_reason()
    {
        using var scene = new Scene();
        scene.Options = scene.Options with { Mode = PlanMode.Observe };
        await using var run = scene.Run();

        await run.Applied;
        var report = (await run.CloseAsync(isInterrupted: false))!.Report;

        Assert.Empty(scene.Cloud.Writes);
        var change = Assert.Single(report.Workloads[0].Changes);
        Assert.Equal((StepAction.Create, StepReason.SuppressedByMode, ChangeState.Planned), (change.Action, change.Reason, change.State));
    }

    [Fact]
    public async Task Adoption_that_is_asked_for_holds_for_the_selected_workloads()
    {
        using var scene = new Scene();
        scene.Options = scene.Options with { Adopt = true };
        await using var run = scene.Run();

        var planned = (await run.Planned).Value!;

        Assert.True(Assert.Single(planned.Plan.Steps).After!.Adopt);
        Assert.True(Assert.Single(planned.Rendered.Opened.Selected).Adopt);
    }

    [Fact]
    public async Task The_results_of_an_earlier_run_are_gone_as_soon_as_a_run_begins()
    {
        using var scene = new Scene();
        await File.WriteAllTextAsync(scene.ReportPath, """{"outcome":"verified"}""", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(scene.Output, "evidence.json"), "{}", TestContext.Current.CancellationToken);
        await using var run = scene.Run();

        await run.Opened;

        Assert.False(File.Exists(scene.ReportPath));
        Assert.False(File.Exists(Path.Combine(scene.Output, "evidence.json")));
        await run.CloseAsync(isInterrupted: true);
        var report = JsonNode.Parse(await File.ReadAllTextAsync(scene.ReportPath, TestContext.Current.CancellationToken));
        Assert.Equal("interrupted", (string?)report!["outcome"]);
    }

    [Fact]
    public async Task A_report_that_is_a_link_is_replaced_and_not_written_through()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a right that ordinary users of Windows lack.");
        using var scene = new Scene();
        var target = Path.Combine(scene.Output, "precious.txt");
        await File.WriteAllTextAsync(target, "precious", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(scene.ReportPath, target);
        await using var run = scene.Run();

        await run.Planned;
        await run.CloseAsync(isInterrupted: false);

        Assert.Equal("precious", await File.ReadAllTextAsync(target, TestContext.Current.CancellationToken));
        Assert.Null(new FileInfo(scene.ReportPath).LinkTarget);
    }

    [Fact]
    public async Task A_folder_in_the_way_of_the_report_is_a_wrong_argument_and_no_crash()
    {
        using var scene = new Scene();
        Directory.CreateDirectory(scene.ReportPath);
        await using var run = scene.Run();

        await run.Planned;

        Assert.Equal([FindingCodes.ArgumentInvalid], scene.Codes);
        Assert.Null(await run.CloseAsync(isInterrupted: false));
        Assert.Equal(ExitCodes.Invalid, run.ExitCode);
    }

    [Fact]
    public async Task An_output_that_cannot_be_written_is_a_wrong_argument()
    {
        using var scene = new Scene();
        scene.Options = scene.Options with { Output = scene.ConfigurationPath };
        await using var run = scene.Run();

        await run.Planned;

        Assert.Equal([FindingCodes.ArgumentInvalid], scene.Codes);
        Assert.Null(await run.CloseAsync(isInterrupted: false));
    }
}
