using System.Collections.Concurrent;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;

namespace Federation.Tests.Planning;

public sealed class PlanExecutionTests
{
    private static readonly ResourceId Namespace = ResourceId.Kubernetes("main", "team", ResourceKind.Namespace, "team");
    private static readonly ResourceId Account = ResourceId.Kubernetes("main", "team", ResourceKind.ServiceAccount, "reader");
    private static readonly ResourceId Role = ResourceId.Aws("111122223333", ResourceKind.Role, "reader");

    [Fact]
    public async Task What_is_depended_on_is_written_first()
    {
        var (plan, clouds, kubernetes, aws) = Federation();
        var results = await PlanExecution.RunAsync(plan, clouds, 16, _ => { }, TestContext.Current.CancellationToken);
        Assert.All(results, result => Assert.Equal(StepState.Done, result.State));
        Assert.Equal([Namespace, Account], kubernetes.Writes);
        Assert.Equal([Role], aws.Writes);
    }

    [Fact]
    public async Task When_one_fails_its_dependents_are_not_reached_and_the_others_continue()
    {
        var (plan, clouds, kubernetes, aws) = Federation(refused: Namespace);
        var results = (await PlanExecution.RunAsync(plan, clouds, 16, _ => { }, TestContext.Current.CancellationToken)).ToDictionary(
            result => result.Step.Resource
        );
        Assert.Equal(StepState.Failed, results[Namespace].State);
        Assert.Equal(FakeCloud.Refusal(Namespace), Assert.Single(results[Namespace].Findings));
        Assert.Equal(StepState.NotReached, results[Account].State);
        Assert.Equal(StepState.Done, results[Role].State);
        Assert.Empty(kubernetes.Writes);
        Assert.Equal([Role], aws.Writes);
    }

    [Fact]
    public async Task An_unforeseen_exception_fails_only_its_step()
    {
        var (plan, clouds, _, aws) = Federation(broken: Namespace);

        var results = await PlanExecution.RunAsync(plan, clouds, 16, _ => { }, TestContext.Current.CancellationToken);

        var failed = Assert.Single(results, result => result.State == StepState.Failed);
        var finding = Assert.Single(failed.Findings);
        Assert.Equal((FindingCodes.UnexpectedFailure, Namespace.Value), (finding.Code, finding.Resource));
        Assert.Contains($"creating {Namespace}", finding.Cause, StringComparison.Ordinal);
        Assert.Contains("answered with something else", finding.Cause, StringComparison.Ordinal);
        Assert.Equal([Role], aws.Writes);
    }

    [Fact]
    public async Task A_deletion_is_carried_out_by_its_cloud_and_a_suppressed_step_by_none()
    {
        var (plan, clouds, _, aws) = Federation();
        aws.Live[Role] = Fields.Empty;
        var left = new Observation(Role, Fields.Empty) { Ours = true };

        var suppressed = PlanPolicy.Apply(PlanMode.Observe, plan);
        await PlanExecution.RunAsync(suppressed, clouds, 16, _ => { }, TestContext.Current.CancellationToken);
        Assert.Empty(aws.Writes);

        await PlanExecution.RunAsync(Planner.Delete([left]), clouds, 16, _ => { }, TestContext.Current.CancellationToken);
        Assert.Empty(aws.Live);
    }

    [Fact]
    public async Task What_others_use_stays_with_what_it_depends_on_and_that_is_no_failure()
    {
        var kubernetes = new FakeCloud("kubernetes", []) { Used = new HashSet<ResourceId> { Account } };
        var clouds = new Dictionary<string, ICloud>(StringComparer.Ordinal) { ["kubernetes"] = kubernetes };
        var plan = Planner.Plan(
            [],
            [],
            new Observation(Account, Fields.Empty) { Ours = true, DependsOn = [Namespace] },
            new Observation(Namespace, Fields.Empty) { Ours = true }
        );

        var ended = await PlanExecution.RunAsync(plan, clouds, 16, _ => { }, TestContext.Current.CancellationToken);

        Assert.Equal([StepState.Kept, StepState.Kept], ended.Select(one => one.State));
        Assert.All(ended, one => Assert.Equal(Severity.Warning, Assert.Single(one.Findings).Severity));
        Assert.Equal($"{Namespace} was not deleted: {Account} stays, and depends on it.", ended[1].Findings[0].Cause);
        Assert.Empty(kubernetes.Writes);
    }

    [Fact]
    public async Task Each_change_is_reported_when_it_begins_and_when_it_ends()
    {
        var (plan, clouds, _, _) = Federation();
        var seen = new ConcurrentQueue<(ResourceId, StepState)>();
        await PlanExecution.RunAsync(
            plan,
            clouds,
            1,
            progress => seen.Enqueue((progress.Step.Resource, progress.State)),
            TestContext.Current.CancellationToken
        );
        Assert.Equal(
            new[] { Namespace, Account, Role }.SelectMany(id => new[] { (id, StepState.Running), (id, StepState.Done) }).ToHashSet(),
            seen.ToHashSet()
        );
    }

    [Fact]
    public async Task After_a_cancellation_nothing_more_begins()
    {
        var (plan, clouds, kubernetes, aws) = Federation();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var results = await PlanExecution.RunAsync(plan, clouds, 16, _ => { }, cancelled.Token);
        Assert.All(results, result => Assert.Equal(StepState.NotReached, result.State));
        Assert.Empty(kubernetes.Writes.Concat(aws.Writes));
    }

    private static (Plan Plan, IReadOnlyDictionary<string, ICloud> Clouds, FakeCloud Kubernetes, FakeCloud Aws) Federation(
        ResourceId? refused = null,
        ResourceId? broken = null
    )
    {
        FakeResource[] desired =
        [
            new(Role, Fields.Empty.With("path", "/")),
            new(Account, Fields.Empty.With("labels[a]", "b")) { DependsOn = [Namespace] },
            new(Namespace, Fields.Empty.With("labels[a]", "b")),
        ];
        var refusals = new HashSet<ResourceId>(refused is null ? [] : [refused]);
        var kubernetes = new FakeCloud("kubernetes", desired)
        {
            Refused = refusals,
            Broken = new HashSet<ResourceId>(broken is null ? [] : [broken]),
        };
        var aws = new FakeCloud("aws", desired) { Refused = refusals };
        var plan = Planner.Plan(desired, desired.Select(resource => new Observation(resource.Id, null)));
        return (
            plan,
            new Dictionary<string, ICloud>(StringComparer.Ordinal) { ["kubernetes"] = kubernetes, ["aws"] = aws },
            kubernetes,
            aws
        );
    }
}
