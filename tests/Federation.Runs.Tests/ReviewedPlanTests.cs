using Federation.Findings;
using Federation.Planning;
using Federation.Reporting;

namespace Federation.Runs.Tests;

/// <summary>A plan is saved, reviewed, and carried out only if it is still the plan.</summary>
public sealed class ReviewedPlanTests
{
    [Fact]
    public async Task A_plan_is_saved_with_a_checksum_and_the_same_state_gives_the_same_one()
    {
        using var scene = new Scene();

        var (first, second) = (await PlanAsync(scene), await PlanAsync(scene));

        Assert.Equal(first.PlanChecksum, second.PlanChecksum);
        Assert.Equal(
            first.PlanChecksum,
            PlanFile.ChecksumOf(await File.ReadAllBytesAsync(first.Plan!, TestContext.Current.CancellationToken))
        );
        Assert.Empty(scene.Cloud.Writes);
    }

    [Fact]
    public async Task The_plan_that_was_reviewed_is_carried_out_and_its_file_stays()
    {
        using var scene = new Scene();
        var planned = await PlanAsync(scene);

        var run = await ApplyAsync(scene, planned);

        Assert.Equal(ExitCodes.Done, run.ExitCode);
        Assert.Equal([Scene.Role], scene.Cloud.Writes);
        Assert.Equal(
            planned.PlanChecksum,
            PlanFile.ChecksumOf(await File.ReadAllBytesAsync(planned.Plan!, TestContext.Current.CancellationToken))
        );
    }

    [Fact]
    public async Task Nothing_is_written_if_what_is_live_has_moved_since()
    {
        using var scene = new Scene();
        var planned = await PlanAsync(scene);
        scene.Cloud.Live[Scene.Role] = Fields.Empty.With("path", "/somebody/else/");

        var run = await ApplyAsync(scene, planned);

        var finding = Assert.Single(run.Findings);
        Assert.Equal(FindingCodes.PlanStale, finding.Code);
        Assert.Contains($"{Scene.Role} was to be created, and is now to be updated", finding.Cause, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.No, run.ExitCode);
        Assert.Empty(scene.Cloud.Writes);
    }

    [Fact]
    public async Task Nothing_is_written_if_the_configuration_has_changed_since()
    {
        using var scene = new Scene();
        var planned = await PlanAsync(scene);
        await File.AppendAllTextAsync(scene.ConfigurationPath, "\n    verify: { run: aws s3 ls }\n", TestContext.Current.CancellationToken);

        var run = await ApplyAsync(scene, planned);

        var cause = Assert.Single(run.Findings).Cause;
        Assert.Contains("the configuration has changed", cause, StringComparison.Ordinal);
        Assert.Contains("the documents of the workload reader have changed", cause, StringComparison.Ordinal);
        Assert.Empty(scene.Cloud.Writes);
    }

    [Fact]
    public async Task A_run_that_writes_saves_no_plan()
    {
        using var scene = new Scene();
        await using var run = scene.Run();

        await run.Applied;

        Assert.Null((await run.CloseAsync(isInterrupted: false))!.Report.Plan);
        Assert.False(File.Exists(Path.Combine(scene.Output, "plan.json")));
    }

    private static async Task<Report> PlanAsync(Scene scene)
    {
        scene.Options = scene.Options with { SavesPlan = true };
        await using var run = scene.Run();
        await run.Planned;
        return (await run.CloseAsync(isInterrupted: false))!.Report;
    }

    private static async Task<FederationRun> ApplyAsync(Scene scene, Report planned)
    {
        var file = PlanFile.Parse(await File.ReadAllBytesAsync(planned.Plan!, TestContext.Current.CancellationToken), planned.Plan!);
        scene.Options = scene.Options with { SavesPlan = false, Reviewed = new ReviewedPlan(planned.Plan!, file) };
        await using var run = scene.Run();
        await run.Applied;
        return run;
    }
}
