using Federation.Findings;
using Federation.Planning;
using Federation.Resources;

namespace Federation.Tests.Planning;

/// <summary>Policies and safety: small functions over a finished plan.</summary>
public sealed class PlanPolicyTests
{
    private static readonly Fields Desired = Fields.Empty.With("path", "/");

    [Fact]
    public void Converging_changes_nothing_of_a_plan()
    {
        var plan = Plan();
        Assert.Equal(plan, PlanPolicy.Apply(PlanMode.Converge, plan));
    }

    [Fact]
    public void Create_only_keeps_creations_and_shows_the_rest_as_suppressed()
    {
        var plan = PlanPolicy.Apply(PlanMode.CreateOnly, Plan());
        Assert.Equal(
            [
                ("absent", StepAction.Create, StepReason.Absent, true),
                ("other", StepAction.Update, StepReason.SuppressedByMode, false),
                ("same", StepAction.Unchanged, StepReason.Matches, false),
                ("left", StepAction.Delete, StepReason.SuppressedByMode, false),
            ],
            plan.Steps.Select(step => (step.Resource.Name, step.Action, step.Reason, step.Writes))
        );
        Assert.Equal((1, 0, 3), (plan.Count(StepAction.Create), plan.Count(StepAction.Update), plan.Count(StepAction.Unchanged)));
    }

    [Fact]
    public void Observing_writes_nothing() => Assert.False(PlanPolicy.Apply(PlanMode.Observe, Plan()).HasChanges);

    [Theory]
    [InlineData(30, 0, false)]
    [InlineData(30, 10, false)]
    [InlineData(30, 11, true)]
    [InlineData(2, 1, true)]
    [InlineData(300, 20, false)]
    [InlineData(300, 21, true)]
    public void More_than_a_third_or_more_than_twenty_is_too_much(int ours, int going, bool isRefused)
    {
        var kept = Enumerable.Range(0, ours - going).Select(index => $"kept-{index}").ToArray();
        var left = Enumerable.Range(0, going).Select(index => Live($"left-{index}")).ToArray();
        var plan = Planner.Plan([.. kept.Select(Resource)], kept.Select(Live), left);

        var refusal = PlanSafety.Check(plan);

        Assert.Equal(isRefused, refusal is not null);
        if (refusal is not null)
        {
            Assert.Equal((FindingCodes.TooMuchDeletion, $"{going} of {ours}"), (refusal.Code, refusal.Actual));
            Assert.Contains(left[0].Id.Value, refusal.Cause, StringComparison.Ordinal);
            Assert.Null(PlanSafety.Check(PlanPolicy.Apply(PlanMode.CreateOnly, plan)));
        }
    }

    private static Plan Plan() =>
        Planner.Plan(
            [Resource("absent"), Resource("other"), Resource("same")],
            [Absent("absent"), Live("other") with { Fields = Fields.Empty.With("path", "/x/") }, Live("same")],
            Live("left")
        );

    private static FakeResource Resource(string name) => new(Id(name), Desired);

    private static Observation Absent(string name) => new(Id(name), null);

    private static Observation Live(string name) => new(Id(name), Desired) { Ours = true };

    private static ResourceId Id(string name) => ResourceId.Aws("111122223333", ResourceKind.Role, name);
}
