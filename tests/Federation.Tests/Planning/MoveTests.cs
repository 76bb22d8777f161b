using CsCheck;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;

namespace Federation.Tests.Planning;

/// <summary>A move has no moment without valid access: what is new comes first, and what is old goes last.</summary>
public sealed class MoveTests
{
    private static readonly ResourceId Role = ResourceId.Aws("111122223333", ResourceKind.Role, "reader");
    private static readonly ResourceId OldProvider = ResourceId.Aws("111122223333", ResourceKind.Provider, "old-issuer");
    private static readonly ResourceId OldRole = ResourceId.Aws("111122223333", ResourceKind.Role, "former");
    private static readonly string[] Configured = ["reader", "writer"];

    [Fact]
    public void A_move_adds_the_new_access_and_then_takes_the_old_one_away()
    {
        var plan = Plan(Trusting("new"), Live("old"));

        Assert.Equal(
            [
                (Stage.Widen, StepAction.Update, StepReason.Differs, new FieldChange("trust[new]", null, "new")),
                (Stage.Narrow, StepAction.Update, StepReason.Superseded, new FieldChange("trust[old]", "old", null)),
            ],
            plan.Steps.Select(step => (step.Stage, step.Action, step.Reason, Assert.Single(step.Fields)))
        );
        Assert.Equal([new StepId(Role, Stage.Widen)], plan.Steps[1].DependsOn);
        Assert.Equal(Live("new", "old").Fields!.Values, plan.Steps[1].Before.Fields!.Values);
    }

    [Fact]
    public void Where_both_stand_already_only_the_old_access_is_left_to_take_away()
    {
        var plan = Plan(Trusting("new"), Live("new", "old"));

        Assert.Equal(Stage.Narrow, Assert.Single(plan.Steps, step => step.Writes).Stage);
        Assert.True(plan.HasChanges);
        Assert.False(Plan(Trusting("new"), Live("new")).HasChanges);
    }

    [Fact]
    public void What_is_not_ours_or_owned_elsewhere_is_not_moved()
    {
        var foreign = Live("old") with { Ours = false };

        Assert.Equal([Stage.Plain], Plan(Trusting("new") with { Adopt = true }, foreign).Steps.Select(step => step.Stage));
        Assert.Equal(
            [StepReason.NotOurs],
            Plan(Trusting("new") with { Foreign = ForeignResource.Refuse }, foreign).Steps.Select(step => step.Reason)
        );
        Assert.False(Plan(Trusting("new") with { Existing = true }, Live("old")).HasChanges);
    }

    [Fact]
    public void What_depends_on_a_moved_resource_waits_for_the_new_access_and_not_for_the_old_one_to_go()
    {
        var other = new FakeResource(OldRole, Fields.Empty.With("path", "/")) { DependsOn = [Role] };

        var plan = Planner.Plan([Trusting("new"), other], [Live("old"), new Observation(OldRole, null)]);

        Assert.Equal([new StepId(Role, Stage.Widen)], plan.Steps.Single(step => step.Resource == OldRole).DependsOn);
    }

    [Fact]
    public void What_was_left_behind_goes_last_and_after_what_lets_go_of_it()
    {
        var left = new Observation(OldProvider, Fields.Empty.With("clientIds[a]", "a")) { Ours = true };

        var plan = Planner.Plan([Trusting("new")], [Live("old") with { DependsOn = [OldProvider] }], left);

        var deletion = Assert.Single(plan.Steps, step => step.Action == StepAction.Delete);
        Assert.Equal(Stage.Narrow, deletion.Stage);
        Assert.Equal([new StepId(Role, Stage.Widen), new StepId(Role, Stage.Narrow)], deletion.DependsOn);
        Assert.Same(plan.Steps[^1], deletion);
    }

    [Fact]
    public void After_a_gate_the_old_access_goes_of_the_workloads_that_it_proved()
    {
        var plan = Planner.Plan([Trusting("new")], [Live("old")], LeftBehind("reader", "gone"), LeftBehind("writer"), LeftBehind());

        var narrowing = Narrowing.AfterGate(Configured, new HashSet<string> { "reader" });

        Assert.Equal(
            ["reader", "former-reader-gone"],
            plan.Steps.Where(step => step.Stage == Stage.Narrow && narrowing.IsDue(step)).Select(step => step.Resource.Name)
        );
    }

    [Fact]
    public void Without_a_gate_it_goes_in_a_run_that_has_nothing_else_to_do_for_its_workloads()
    {
        Assert.Equal([Stage.Widen], Due(Plan(Trusting("new"), Live("old"))));
        Assert.Equal([Stage.Narrow], Due(Plan(Trusting("new"), Live("new", "old"))));
        Assert.Equal([Stage.Widen], Due(Planner.Plan([Trusting("new")], [Live("old")], LeftBehind("reader"), LeftBehind())));
        Assert.Equal([Stage.Narrow, Stage.Narrow], Due(Planner.Plan([Trusting("new")], [Live("new")], LeftBehind("reader"), LeftBehind())));

        // Nobody uses any more what was made for a workload that is gone, whatever else happens.
        Assert.Equal([Stage.Widen, Stage.Narrow], Due(Planner.Plan([Trusting("new")], [Live("old")], LeftBehind("gone"))));

        static Stage[] Due(Plan plan) =>
            [.. plan.Steps.Where(step => step.Writes && Narrowing.WithoutGate(Configured, plan).IsDue(step)).Select(step => step.Stage)];
    }

    [Fact]
    public void What_was_not_due_is_told_with_the_workloads_that_it_waits_for()
    {
        var plan = Planner.Plan([Trusting("new")], [Live("new", "old") with { DependsOn = [OldProvider] }], LeftBehind("reader"));

        var finding = Narrowing.AfterGate(Configured, new HashSet<string>()).Pending(PlanExecution.Begin(plan)).First();

        Assert.Equal((FindingCodes.OldAccessStands, Severity.Information, Role.Value), (finding.Code, finding.Severity, finding.Resource));
        Assert.Equal($"{Role} has its old access beside the new one, and both are valid: this run did not prove reader.", finding.Cause);
        Assert.Empty(Narrowing.AfterGate(Configured, new HashSet<string> { "reader" }).Pending(PlanExecution.Begin(plan)));
    }

    [Fact]
    public void One_resource_that_moves_is_counted_once_among_ours()
    {
        var moved = Planner.Plan([Trusting("new")], [Live("old")], LeftBehind("reader"));

        Assert.Equal("1 of 2", PlanSafety.Check(moved)?.Actual);
    }

    /// <summary>Whatever was trusted, whatever is to be, and however often the gate fails: nothing goes before it has passed.</summary>
    [Fact]
    public Task Until_the_gate_has_passed_both_ways_stand_and_then_the_new_one_alone() =>
        Gen.Select(Gen.Int[1, 7], Gen.Int[1, 7], Gen.Bool.Array[1, 4])
            .SampleAsync(
                async (from, to, gates) =>
                {
                    var cloud = new FakeCloud("aws", []) { Live = { [Role] = Live(Names(from)).Fields! } };
                    var standing = from;
                    foreach (var hasPassed in gates)
                    {
                        var plan = Plan(Trusting(Names(to)), new Observation(Role, cloud.Live[Role]) { Ours = true });
                        var steps = await ContinueAsync(cloud, PlanExecution.Begin(plan), step => step.Stage != Stage.Narrow);
                        Assert.Equal(Trusting(Names(standing | to)).Fields.Values, cloud.Live[Role].Values);

                        string[] proved = hasPassed ? ["reader"] : [];
                        await ContinueAsync(cloud, steps, Narrowing.AfterGate(Configured, proved.ToHashSet(StringComparer.Ordinal)).IsDue);
                        standing = hasPassed ? to : standing | to;
                        Assert.Equal(Trusting(Names(standing)).Fields.Values, cloud.Live[Role].Values);
                    }
                }
            );

    private static string[] Names(int bits) => [.. new[] { "a", "b", "c" }.Where((_, bit) => (bits >> bit & 1) == 1)];

    private static Task<IReadOnlyList<StepProgress>> ContinueAsync(
        FakeCloud cloud,
        IReadOnlyList<StepProgress> soFar,
        Func<Step, bool> isDue
    ) =>
        PlanExecution.ContinueAsync(
            soFar,
            isDue,
            new Dictionary<string, ICloud>(StringComparer.Ordinal) { [cloud.Name] = cloud },
            4,
            _ => { },
            TestContext.Current.CancellationToken
        );

    private static Plan Plan(FakeResource desired, Observation observed) => Planner.Plan([desired], [observed]);

    private static FakeResource Trusting(params string[] names) =>
        new(Role, Fields.Empty.WithSet("trust", names)) { Workloads = ["reader"] };

    private static Observation Live(params string[] names) => new(Role, Fields.Empty.WithSet("trust", names)) { Ours = true };

    private static Observation LeftBehind(params string[] workloads) =>
        new(
            ResourceId.Aws("111122223333", ResourceKind.Role, string.Join('-', (string[])["former", .. workloads])),
            Fields.Empty.With("path", "/")
        )
        {
            Ours = true,
            Workloads = workloads,
        };
}
