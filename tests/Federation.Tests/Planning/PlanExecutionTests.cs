using System.Collections.Concurrent;
using Federation.Planning;
using Federation.Resources;

namespace Federation.Tests.Planning;

public sealed class PlanExecutionTests
{
    private static readonly ResourceId Namespace = ResourceId.Kubernetes("main", "team", "namespace", "team");
    private static readonly ResourceId Account = ResourceId.Kubernetes("main", "team", "service-account", "reader");
    private static readonly ResourceId Role = ResourceId.Aws("111122223333", "role", "reader");

    [Fact]
    public async Task What_is_depended_on_is_written_first()
    {
        var (plan, clouds, kubernetes, aws) = Federation();
        var results = await PlanExecution.ApplyAsync(plan, clouds, 16, _ => { }, TestContext.Current.CancellationToken);
        Assert.All(results, result => Assert.Equal(ChangeState.Done, result.State));
        Assert.Equal([Namespace, Account], kubernetes.Writes);
        Assert.Equal([Role], aws.Writes);
    }

    [Fact]
    public async Task When_one_fails_its_dependents_are_not_reached_and_the_rest_goes_on()
    {
        var (plan, clouds, kubernetes, aws) = Federation(refused: Namespace);
        var results = (await PlanExecution.ApplyAsync(plan, clouds, 16, _ => { }, TestContext.Current.CancellationToken)).ToDictionary(
            result => result.Change.Desired.Id
        );
        Assert.Equal(ChangeState.Failed, results[Namespace].State);
        Assert.Equal(FakeCloud.Refusal(Namespace), Assert.Single(results[Namespace].Findings));
        Assert.Equal(ChangeState.NotReached, results[Account].State);
        Assert.Equal(ChangeState.Done, results[Role].State);
        Assert.Empty(kubernetes.Writes);
        Assert.Equal([Role], aws.Writes);
    }

    [Fact]
    public async Task Each_change_is_reported_when_it_begins_and_when_it_ends()
    {
        var (plan, clouds, _, _) = Federation();
        var seen = new ConcurrentQueue<(ResourceId, ChangeState)>();
        await PlanExecution.ApplyAsync(
            plan,
            clouds,
            1,
            progress => seen.Enqueue((progress.Change.Desired.Id, progress.State)),
            TestContext.Current.CancellationToken
        );
        Assert.Equal(
            new[] { Namespace, Account, Role }.SelectMany(id => new[] { (id, ChangeState.Running), (id, ChangeState.Done) }).ToHashSet(),
            seen.ToHashSet()
        );
    }

    [Fact]
    public async Task After_a_cancellation_nothing_more_begins()
    {
        var (plan, clouds, kubernetes, aws) = Federation();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var results = await PlanExecution.ApplyAsync(plan, clouds, 16, _ => { }, cancelled.Token);
        Assert.All(results, result => Assert.Equal(ChangeState.NotReached, result.State));
        Assert.Empty(kubernetes.Writes.Concat(aws.Writes));
    }

    private static (Plan Plan, IReadOnlyDictionary<string, ICloud> Clouds, FakeCloud Kubernetes, FakeCloud Aws) Federation(
        ResourceId? refused = null
    )
    {
        FakeResource[] desired =
        [
            new(Role, Fields.Empty.With("path", "/")),
            new(Account, Fields.Empty.With("labels[a]", "b")) { DependsOn = [Namespace] },
            new(Namespace, Fields.Empty.With("labels[a]", "b")),
        ];
        var refusals = new HashSet<ResourceId>(refused is null ? [] : [refused]);
        var kubernetes = new FakeCloud("kubernetes", desired) { Refused = refusals };
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
