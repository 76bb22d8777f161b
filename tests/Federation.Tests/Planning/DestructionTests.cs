using Federation.Findings;
using Federation.Planning;
using Federation.Resources;

namespace Federation.Tests.Planning;

/// <summary>What a federation made goes, and what is needed by a workload that stays does not.</summary>
public sealed class DestructionTests
{
    private static readonly FakeResource Provider = Resource(ResourceKind.Provider, "issuer", "reader", "writer");
    private static readonly FakeResource Reader = Resource(ResourceKind.Role, "reader", "reader");
    private static readonly FakeResource Writer = Resource(ResourceKind.Role, "writer", "writer");

    [Fact]
    public async Task Everything_that_carries_the_mark_goes_and_a_second_time_there_is_nothing_to_do()
    {
        var cloud = Live(Provider, Reader, Writer);

        await DestroyAsync(cloud, selected: null);
        Assert.Empty(cloud.Live);

        Assert.Empty((await DestroyAsync(cloud, selected: null)).Steps);
    }

    [Fact]
    public async Task What_a_workload_that_stays_needs_stays()
    {
        var cloud = Live(Provider, Reader, Writer);

        var plan = await DestroyAsync(cloud, selected: ["reader"]);

        Assert.Equal(
            [(Reader.Id, StepAction.Delete, StepReason.NoLongerConfigured)],
            plan.Steps.Where(step => step.Writes).Select(step => (step.Resource, step.Action, step.Reason))
        );
        Assert.Equal([Provider.Id, Writer.Id], cloud.Live.Keys.Order());
        Assert.All(
            plan.Steps.Where(step => !step.Writes),
            step => Assert.Equal((StepAction.Unchanged, StepReason.StillNeeded), (step.Action, step.Reason))
        );
    }

    [Fact]
    public async Task What_is_owned_elsewhere_stays_although_it_carries_the_mark()
    {
        var cloud = Live(Provider, Reader with { Existing = true }, Writer);

        var plan = await DestroyAsync(cloud, selected: null);

        Assert.Equal([Reader.Id], cloud.Live.Keys);
        Assert.Equal(StepReason.OwnedElsewhere, Assert.Single(plan.Steps, step => !step.Writes).Reason);
    }

    [Fact]
    public async Task What_stays_keeps_what_it_depends_on()
    {
        var cloud = Live(Provider, Reader with { Existing = true }, Writer);
        cloud.Dependencies[Reader.Id] = [Provider.Id];

        var plan = await DestroyAsync(cloud, selected: null);

        Assert.Equal([Provider.Id, Reader.Id], cloud.Live.Keys.Order());
        Assert.Equal(
            [(Provider.Id, StepReason.StillNeeded), (Reader.Id, StepReason.OwnedElsewhere)],
            plan.Steps.Where(step => !step.Writes).Select(step => (step.Resource, step.Reason))
        );
    }

    [Fact]
    public async Task Nothing_goes_if_a_cloud_does_not_say_what_is_ours()
    {
        var cloud = new FakeCloud("aws", [Reader]) { IsListingRefused = true, Live = { [Reader.Id] = Reader.State } };

        var plan = await DestroyAsync(cloud, selected: null);

        Assert.Equal(FindingCodes.AwsPermissionDenied, Assert.Single(plan.Findings).Code);
        Assert.Empty(plan.Steps);
        Assert.Equal([Reader.Id], cloud.Live.Keys);
    }

    private static FakeResource Resource(ResourceKind kind, string name, params string[] workloads) =>
        new(ResourceId.Aws("111122223333", kind, name), Fields.Empty.With("path", "/")) { Workloads = workloads };

    private static FakeCloud Live(params FakeResource[] resources)
    {
        var cloud = new FakeCloud("aws", resources);
        foreach (var resource in resources)
        {
            cloud.Live[resource.Id] = resource.State;
        }

        return cloud;
    }

    private static async Task<Plan> DestroyAsync(FakeCloud cloud, string[]? selected)
    {
        var workloads = new[] { Workloads.Reader("reader"), Workloads.Reader("writer") };
        var plan = await new Destruction(
            Workloads.Federation(workloads),
            [.. workloads.Select(Workloads.Unrendered)],
            selected?.ToHashSet(StringComparer.Ordinal),
            [cloud]
        ).PlanAsync(TestContext.Current.CancellationToken);
        await CarryOutAsync(cloud, plan);
        return plan;
    }

    private static Task<IReadOnlyList<StepProgress>> CarryOutAsync(FakeCloud cloud, Plan plan) =>
        PlanExecution.RunAsync(
            plan,
            new Dictionary<string, ICloud>(StringComparer.Ordinal) { [cloud.Name] = cloud },
            4,
            _ => { },
            TestContext.Current.CancellationToken
        );
}
