using Federation.Findings;
using Federation.Planning;
using Federation.Resources;

namespace Federation.Tests.Planning;

public sealed class ConvergenceTests
{
    private static readonly FakeResource Reader = new(
        ResourceId.Aws("111122223333", ResourceKind.Role, "reader"),
        Fields.Empty.With("path", "/")
    )
    {
        Workloads = ["reader"],
    };
    private static readonly FakeResource Writer = new(
        ResourceId.Aws("111122223333", ResourceKind.Role, "writer"),
        Fields.Empty.With("path", "/")
    )
    {
        Workloads = ["writer"],
    };

    [Fact]
    public async Task A_second_run_writes_nothing()
    {
        var cloud = new FakeCloud("aws", [Reader, Writer]);
        await ConvergeAsync(cloud, "reader", "writer");
        Assert.Equal([Reader.Id, Writer.Id], cloud.Writes.Order());

        var second = await ConvergeAsync(cloud, "reader", "writer");
        Assert.False(second.HasChanges);
        Assert.Equal(2, cloud.Writes.Count);
    }

    [Fact]
    public async Task Only_what_a_selected_workload_needs_is_written()
    {
        var cloud = new FakeCloud("aws", [Reader, Writer]);
        await ConvergeAsync(cloud, "writer");
        Assert.Equal([Writer.Id], cloud.Writes);
    }

    [Fact]
    public async Task Nothing_is_planned_against_the_wrong_account()
    {
        var wrong = new Finding
        {
            Code = FindingCodes.AwsAccountMismatch,
            Cause = "Another account.",
            Fix = "Use the right one.",
        };
        var cloud = new FakeCloud("aws", [Reader]) { Confirmation = [wrong] };
        var plan = await ConvergeAsync(cloud, "reader");
        Assert.Equal([wrong], plan.Findings);
        Assert.Empty(plan.Steps);
        Assert.Empty(cloud.Writes);
    }

    private static async Task<Plan> ConvergeAsync(FakeCloud cloud, params string[] selected)
    {
        var workloads = new[] { Workloads.Reader("reader"), Workloads.Reader("writer") };
        var convergence = new Convergence(
            Workloads.Federation(workloads),
            [.. workloads.Select(Workloads.Unrendered)],
            selected.ToHashSet(StringComparer.Ordinal),
            [cloud],
            cloud
        );
        var plan = await convergence.PlanAsync(TestContext.Current.CancellationToken);
        await PlanExecution.RunAsync(
            plan,
            new Dictionary<string, ICloud>(StringComparer.Ordinal) { [cloud.Name] = cloud },
            4,
            _ => { },
            TestContext.Current.CancellationToken
        );
        return plan;
    }
}
