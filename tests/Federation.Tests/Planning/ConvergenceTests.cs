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

    [Fact]
    public async Task What_is_no_longer_configured_is_reported_and_stays()
    {
        var cloud = new FakeCloud("aws", [Reader, Writer]);
        await ConvergeAsync(cloud, "reader", "writer");
        var smaller = new FakeCloud("aws", [Reader]) { Live = cloud.Live };

        var plan = await ConvergeAsync(smaller, LeftBehindPolicy.Report, "reader");

        var left = Assert.Single(plan.Findings);
        Assert.Equal((FindingCodes.LeftBehind, Severity.Warning, Writer.Id.Value), (left.Code, left.Severity, left.Resource));
        Assert.Contains("can still assume it", left.Cause, StringComparison.Ordinal);
        Assert.DoesNotContain("another repository's", left.Cause, StringComparison.Ordinal);
        Assert.False(plan.HasChanges);
        Assert.Contains(Writer.Id, smaller.Live.Keys);
    }

    [Fact]
    public void What_carries_the_mark_of_a_federation_without_a_name_may_be_of_another_one() =>
        Assert.Contains(
            "may also be another repository's",
            LeftBehind
                .Describe(
                    new Observation(Writer.Id, Writer.State) { Ours = true },
                    Workloads.Federation(Workloads.Reader("reader")) with
                    {
                        HasDefaultName = true,
                    }
                )
                .Cause,
            StringComparison.Ordinal
        );

    [Fact]
    public void A_cluster_that_left_the_configuration_is_named_where_a_mark_names_it()
    {
        var configuration = Workloads.Federation(Workloads.Reader("reader"));
        var (known, gone) = (configuration.Clusters[0].ResourceName, "projects/acme-old/locations/asia-south1/clusters/old");
        Observation[] owned =
        [
            new(Reader.Id, Reader.State) { Clusters = [known, gone] },
            new(Writer.Id, Writer.State) { Clusters = [gone] },
        ];

        var finding = Assert.Single(LeftBehind.OutOfSight(owned, configuration));

        Assert.Equal((FindingCodes.LeftBehind, Severity.Information), (finding.Code, finding.Severity));
        Assert.StartsWith($"{Reader.Id}, {Writer.Id} were made for the cluster {gone}, which", finding.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_longer_configured_is_deleted_if_that_is_asked_for()
    {
        var cloud = new FakeCloud("aws", [Reader, Writer]);
        await ConvergeAsync(cloud, "reader", "writer");
        var smaller = new FakeCloud("aws", [Reader]) { Live = cloud.Live };

        var plan = await ConvergeAsync(smaller, LeftBehindPolicy.Delete, "reader");

        var step = Assert.Single(plan.Steps, step => step.Writes);
        Assert.Equal((Writer.Id, StepAction.Delete, StepReason.NoLongerConfigured), (step.Resource, step.Action, step.Reason));
        Assert.Empty(plan.Findings);
        Assert.Equal([Reader.Id], smaller.Live.Keys);
        Assert.False((await ConvergeAsync(smaller, LeftBehindPolicy.Delete, "reader")).HasChanges);
    }

    [Fact]
    public async Task What_a_workload_that_is_not_selected_needs_was_not_left_behind()
    {
        var cloud = new FakeCloud("aws", [Reader, Writer]);
        await ConvergeAsync(cloud, "reader", "writer");

        Assert.Empty((await ConvergeAsync(cloud, LeftBehindPolicy.Report, "reader")).Findings);
        Assert.False((await ConvergeAsync(cloud, LeftBehindPolicy.Delete, "reader")).HasChanges);
    }

    [Fact]
    public async Task What_may_not_be_looked_for_is_unknown_and_keeps_nothing_from_being_written_but_a_deletion()
    {
        var cloud = new FakeCloud("aws", [Reader]) { IsListingRefused = true };

        var reported = await ConvergeAsync(cloud, LeftBehindPolicy.Report, "reader");
        Assert.Equal(Severity.Information, Assert.Single(reported.Findings).Severity);
        Assert.Contains("could not be looked for", reported.Findings[0].Cause, StringComparison.Ordinal);
        Assert.True(reported.HasChanges);

        var deleting = await ConvergeAsync(cloud, LeftBehindPolicy.Delete, "reader");
        Assert.Equal(Severity.Error, Assert.Single(deleting.Findings).Severity);
        Assert.Empty(deleting.Steps);
    }

    private static Task<Plan> ConvergeAsync(FakeCloud cloud, params string[] selected) =>
        ConvergeAsync(cloud, LeftBehindPolicy.Ignore, selected);

    private static async Task<Plan> ConvergeAsync(FakeCloud cloud, LeftBehindPolicy leftBehind, params string[] selected)
    {
        var workloads = new[] { Workloads.Reader("reader"), Workloads.Reader("writer") };
        var convergence = new Convergence(
            Workloads.Federation(workloads),
            [.. workloads.Select(Workloads.Unrendered)],
            selected.ToHashSet(StringComparer.Ordinal),
            [cloud],
            cloud,
            leftBehind
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
