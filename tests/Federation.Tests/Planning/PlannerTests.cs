using CsCheck;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;

namespace Federation.Tests.Planning;

public sealed class PlannerTests
{
    private static readonly ResourceId Role = ResourceId.Aws("111122223333", "role", "reader");

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
            var ids = states.Select((_, index) => ResourceId.Aws("111122223333", "thing", $"{(char)('h' - index)}")).ToArray();
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
    public void A_plan_made_after_its_own_changes_were_applied_is_empty() =>
        AnyState.Sample(state =>
        {
            var plan = Planner.Plan(state.Desired, state.Observed);
            var after = state.Observed.Select(observation =>
                plan.Changes.Single(change => change.Desired.Id == observation.Id) is { Action: not ChangeAction.Unchanged } change
                    ? observation with
                    {
                        Fields = change.Desired.Fields,
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
            Assert.Equal(one.Changes.Select(Described), other.Changes.Select(Described));

            static string Described(Change change) => $"{change.Desired.Id} {change.Action} {string.Join(';', change.Fields)}";
        });

    [Fact]
    public void Dependencies_come_before_what_depends_on_them() =>
        AnyState.Sample(state =>
        {
            var order = Planner
                .Plan(state.Desired, state.Observed)
                .Changes.Select((change, index) => (change.Desired.Id, index))
                .ToDictionary(pair => pair.Id, pair => pair.index);
            Assert.All(
                state.Desired,
                resource => Assert.All(resource.DependsOn, dependency => Assert.True(order[dependency] < order[resource.Id]))
            );
        });

    [Fact]
    public void An_absent_resource_is_created_with_all_its_fields()
    {
        var change = Single(new FakeResource(Role, Fields.Empty.With("path", "/")), new Observation(Role, null));
        Assert.Equal(ChangeAction.Create, change.Action);
        Assert.Equal([new FieldChange("path", null, "/")], change.Fields);
    }

    [Fact]
    public void What_only_reading_could_tell_is_part_of_a_create_and_never_drifts()
    {
        var desired = new FakeResource(Role, Fields.Empty.With("path", "/"));
        var absent = Single(desired, new Observation(Role, null) { Initial = Fields.Empty.With("thumbprint", "ab") });
        Assert.Equal([new FieldChange("path", null, "/"), new FieldChange("thumbprint", null, "ab")], absent.Fields);
        Assert.Equal(ChangeAction.Unchanged, Single(desired, new Observation(Role, desired.Fields) { Ours = true }).Action);
    }

    [Fact]
    public void Only_the_fields_that_differ_are_updated()
    {
        var desired = Fields.Empty.With("path", "/").With("description", "new");
        var change = Single(
            new FakeResource(Role, desired),
            new Observation(Role, desired.With("description", "old").With("tag", "gone")) { Ours = true }
        );
        Assert.Equal(ChangeAction.Update, change.Action);
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

    private static Change Single(FakeResource desired, Observation observed) => Assert.Single(Planner.Plan([desired], [observed]).Changes);
}
