using CsCheck;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;

namespace Federation.Tests.Planning;

public sealed class PlannerTests
{
    private static readonly ResourceId Role = ResourceId.Aws("111122223333", ResourceKind.Role, "reader");

    private static readonly Gen<Fields> AnyFields = Gen.Select(Gen.String[Gen.Char["abc"], 1, 2], Gen.String[Gen.Char["xyz"], 0, 2])
        .Array[0, 4]
        .Select(pairs => pairs.Aggregate(Fields.Empty, (fields, pair) => fields.With(pair.Item1, pair.Item2)));

    /// <summary>A federation of up to eight resources: each depends on some before it, and is live in any state or absent.</summary>
    private static readonly Gen<(FakeResource[] Desired, Observation[] Observed)> AnyState = Gen.Select(
            AnyFields,
            AnyFields.Null(),
            Gen.Int[0, 255]
        )
        .Array[0, 8]
        .Select(states =>
        {
            var ids = states.Select((_, index) => ResourceId.Aws("111122223333", ResourceKind.Role, $"{(char)('h' - index)}")).ToArray();
            var desired = states.Select(
                (state, index) =>
                    new FakeResource(ids[index], state.Item1)
                    {
                        DependsOn = [.. ids.Take(index).Where((_, bit) => (state.Item3 >> bit & 1) == 1)],
                    }
            );
            var observed = states.Select((state, index) => new Observation(ids[index], state.Item2));
            return (desired.ToArray(), observed.ToArray());
        });

    [Fact]
    public void The_plan_after_an_apply_is_empty() =>
        AnyState.Sample(state =>
        {
            var plan = Planner.Plan(state.Desired, state.Observed);
            var after = state.Observed.Select(observation =>
                plan.Steps.Single(step => step.Resource == observation.Id) is { Writes: true } step
                    ? observation with
                    {
                        Fields = step.After!.Fields,
                    }
                    : observation
            );
            Assert.False(Planner.Plan(state.Desired, after).HasChanges);
        });

    [Fact]
    public void The_same_states_give_the_same_plan_in_whatever_order_they_come() =>
        AnyState.Sample(state =>
        {
            var one = Planner.Plan(state.Desired, state.Observed);
            var other = Planner.Plan([.. state.Desired.Reverse()], state.Observed.Reverse());
            Assert.Equal(one.Steps.Select(Described), other.Steps.Select(Described));
            Assert.Equal(PlanFileTests.Json(one), PlanFileTests.Json(other));

            static string Described(Step step) => $"{step.Id} {step.Action} {step.Reason} {string.Join(';', step.Fields)}";
        });

    [Fact]
    public void Dependencies_come_before_what_depends_on_them() =>
        AnyState.Sample(state =>
        {
            var order = Planner
                .Plan(state.Desired, state.Observed)
                .Steps.Select((step, index) => (step.Resource, index))
                .ToDictionary(pair => pair.Resource, pair => pair.index);
            Assert.All(
                state.Desired,
                resource => Assert.All(resource.DependsOn, dependency => Assert.True(order[dependency] < order[resource.Id]))
            );
        });

    [Fact]
    public void An_absent_resource_is_created_with_all_its_fields()
    {
        var change = Single(new FakeResource(Role, Fields.Empty.With("path", "/")), new Observation(Role, null));
        Assert.Equal(StepAction.Create, change.Action);
        Assert.Equal([new FieldChange("path", null, "/")], change.Fields);
    }

    [Fact]
    public void What_only_reading_could_tell_is_part_of_a_create_and_never_drifts()
    {
        var desired = new FakeResource(Role, Fields.Empty.With("path", "/"));
        var absent = Single(desired, new Observation(Role, null) { Initial = Fields.Empty.With("thumbprint", "ab") });
        Assert.Equal([new FieldChange("path", null, "/"), new FieldChange("thumbprint", null, "ab")], absent.Fields);
        Assert.Equal(StepAction.Unchanged, Single(desired, new Observation(Role, desired.Fields) { Ours = true }).Action);
    }

    [Fact]
    public void Only_the_fields_that_differ_are_updated()
    {
        var desired = Fields.Empty.With("path", "/").With("description", "new");
        var change = Single(
            new FakeResource(Role, desired),
            new Observation(Role, desired.With("description", "old").With("tag", "gone")) { Ours = true }
        );
        Assert.Equal(StepAction.Update, change.Action);
        Assert.Equal([new FieldChange("description", "old", "new"), new FieldChange("tag", "gone", null)], change.Fields);
    }

    [Fact]
    public void A_foreign_role_stops_the_plan_unless_it_is_adopted()
    {
        var foreign = new Observation(Role, Fields.Empty.With("path", "/"));
        var desired = new FakeResource(Role, Fields.Empty.With("path", "/x/")) { Foreign = ForeignResource.Refuse, Workloads = ["reader"] };

        var refused = Planner.Plan([desired], [foreign]);
        Assert.Equal(FindingCodes.ResourceNotOurs, Assert.Single(refused.Findings).Code);
        Assert.False(refused.HasChanges);

        var adopted = Planner.Plan([desired with { Adopt = true }], [foreign]);
        Assert.Empty(adopted.Findings);
        Assert.True(adopted.HasChanges);
    }

    [Fact]
    public void What_is_owned_elsewhere_is_never_written()
    {
        var desired = new FakeResource(Role, Fields.Empty.With("path", "/x/")) { Existing = true };

        var absent = Planner.Plan([desired], [new Observation(Role, null)]);
        Assert.Equal((FindingCodes.RoleMissing, Severity.Error), (Assert.Single(absent.Findings).Code, absent.Findings[0].Severity));

        var different = Planner.Plan([desired], [new Observation(Role, Fields.Empty.With("path", "/"))]);
        var warning = Assert.Single(different.Findings);
        Assert.Equal(
            (FindingCodes.ResourceNotOurs, Severity.Warning, "/x/", "/"),
            (warning.Code, warning.Severity, warning.Expected, warning.Actual)
        );

        Assert.False(absent.HasChanges || different.HasChanges);
    }

    [Fact]
    public void A_step_says_why()
    {
        var desired = new FakeResource(Role, Fields.Empty.With("path", "/")) { Workloads = ["reader"] };
        var same = new Observation(Role, desired.Fields) { Ours = true };
        var other = new Observation(Role, Fields.Empty.With("path", "/x/"));

        Assert.Equal(StepReason.Absent, Single(desired, new Observation(Role, null)).Reason);
        Assert.Equal(StepReason.Matches, Single(desired, same).Reason);
        Assert.Equal(StepReason.Differs, Single(desired, other with { Ours = true }).Reason);
        Assert.Equal(StepReason.Adopted, Single(desired with { Adopt = true, Foreign = ForeignResource.Refuse }, other).Reason);
        Assert.Equal(StepReason.Differs, Single(desired with { Adopt = true }, other).Reason);
        var conflicting = other with { Conflicts = [FakeCloud.Refusal(Role)] };
        Assert.Equal(StepReason.Adopted, Single(desired with { Adopt = true }, conflicting).Reason);
        Assert.Equal(StepReason.NotOurs, Single(desired with { Foreign = ForeignResource.Refuse }, other).Reason);
        Assert.Equal(StepReason.OwnedElsewhere, Single(desired with { Existing = true }, other).Reason);
    }

    [Fact]
    public void A_shared_resource_is_adopted_only_if_every_workload_that_needs_it_says_so()
    {
        var shared = new FakeResource(Role, Fields.Empty) { Workloads = ["reader", "writer"] };

        Assert.False(Planner.WithAdoption(shared, new HashSet<string> { "reader" }).Adopt);
        Assert.True(Planner.WithAdoption(shared, new HashSet<string> { "reader", "writer" }).Adopt);
    }

    [Fact]
    public void What_another_manager_owns_blocks_the_plan_unless_it_is_adopted()
    {
        var desired = new FakeResource(Role, Fields.Empty.With("path", "/"));
        var observed = new Observation(Role, Fields.Empty.With("path", "/x/")) { Conflicts = [FakeCloud.Refusal(Role)] };

        Assert.Equal([FakeCloud.Refusal(Role)], Planner.Plan([desired], [observed]).Findings);
        Assert.Empty(Planner.Plan([desired with { Adopt = true }], [observed]).Findings);
    }

    [Fact]
    public void What_is_left_behind_is_deleted_dependents_first()
    {
        var provider = ResourceId.Aws("111122223333", ResourceKind.Provider, "issuer");
        Observation[] left =
        [
            new(provider, Fields.Empty.With("clientIds[a]", "a")) { Ours = true },
            new(Role, Fields.Empty.With("path", "/"))
            {
                Ours = true,
                Workloads = ["reader"],
                DependsOn = [provider],
            },
        ];

        var plan = Planner.Delete(left);

        Assert.Equal([Role, provider], plan.Steps.Select(step => step.Resource));
        Assert.All(plan.Steps, step => Assert.Equal((StepAction.Delete, StepReason.NoLongerConfigured), (step.Action, step.Reason)));
        Assert.Equal([new StepId(Role, Stage.Plain)], plan.Steps[1].DependsOn);
        Assert.Equal(["reader"], plan.Steps[0].Workloads);
        Assert.Equal([new FieldChange("path", "/", null)], plan.Steps[0].Fields);
    }

    private static Step Single(FakeResource desired, Observation observed) => Assert.Single(Planner.Plan([desired], [observed]).Steps);
}
