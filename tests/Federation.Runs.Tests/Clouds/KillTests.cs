using Federation.Planning;
using Federation.Reporting;

namespace Federation.Runs.Tests.Clouds;

/// <summary>
/// A run that is killed outright, at any of its calls, needs no help: the next one ends in the state of a run that nobody
/// disturbed. <c>FEDERATION_KILLS=all</c> tries every moment of every call; otherwise a few calls are tried, from first to last.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const string Reader = """
        name: payments
        clusters:
          main: { project: acme-prod, location: asia-south1-a, name: main }
        accounts:
          data: { id: "111122223333", region: ap-south-1 }
        workloads:
          - name: reader
            namespace: team
            serviceAccount: reader

        """;

    private const string Before =
        Reader
        + """
                googleServiceAccount: exports-reader
                role: { name: reader, policies: [s3-list-buckets, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"] }
              - name: writer
                namespace: other-team
                serviceAccount: writer
                role: { name: writer, policies: [s3-list-buckets] }

            """;

    /// <summary>One workload is gone, and the other has another role and no Google service account.</summary>
    private const string After =
        Reader
        + """
                role: { name: exports-reader, policies: [s3-list-buckets] }

            """;

    private const int Sample = 3;

    private static bool All => Environment.GetEnvironmentVariable("FEDERATION_KILLS") == "all";

    public static TheoryData<string> Targets => [.. Killed.Select(target => target.Name)];

    private static readonly Target[] Killed = [Target.Apply, Target.Verify, Target.Destroy, Target.Prune];

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task The_next_run_ends_where_an_undisturbed_one_does(string name)
    {
        var target = Killed.Single(target => target.Name == name);
        var (isApplied, then) = (target == Target.Destroy || target == Target.Prune, target == Target.Prune ? After : Before);
        IReadOnlyDictionary<string, string> expected;
        int calls;
        await using (var undisturbed = await World.StartAsync())
        {
            await PrepareAsync(undisturbed, isApplied);
            undisturbed.Edge.Arm(0, Moment.Before, () => { });
            await undisturbed.RunAsync(target, then);
            calls = undisturbed.Edge.Calls;
            await SucceedAsync(undisturbed, target, then);
            expected = undisturbed.Contents;
        }

        var positions = 0;
        var tried = Positions(calls).ToArray();
        foreach (var (call, moment) in tried)
        {
            await using var world = await World.StartAsync();
            await PrepareAsync(world, isApplied);
            if (!await KillAsync(world, target, then, call, moment))
            {
                // What runs side by side can take a call less.
                continue;
            }

            positions++;
            await world.PodsEndedAsync();
            var context = $"{target}, killed {moment} its call {call} of {calls}";
            await SucceedAsync(world, target, then, context);
            Same(expected, world.Contents, context);
            if (target != Target.Destroy)
            {
                var plan = await world.RunAsync(Target.Plan, then);
                Assert.True(plan.Workloads.All(workload => workload.Changes.All(change => change.Action == StepAction.Unchanged)), context);
                Assert.DoesNotContain(plan.Findings, finding => finding.Code == "FED8014");
            }
        }

        output.WriteLine($"{target}: {positions} positions in {calls} calls.");
        Assert.InRange(positions, All ? tried.Length * 9 / 10 : tried.Length, tried.Length);
    }

    private static IEnumerable<(int Call, Moment Moment)> Positions(int calls) =>
        All
            ? Enumerable.Range(1, calls).SelectMany(call => Enum.GetValues<Moment>().Select(moment => (call, moment)))
            // Not the very last ones: what runs side by side can take a few calls less.
            : Enumerable.Range(0, Sample).Select(number => (1 + (number * (calls * 9 / 10) / Sample), (Moment)(number % 3)));

    /// <returns>Whether it was killed: there is no such call if it was not.</returns>
    private static async Task<bool> KillAsync(World world, Target target, string configuration, int call, Moment moment)
    {
        using var end = new CancellationTokenSource();
        var time = new RestlessTime();
        world.Edge.Arm(
            call,
            moment,
            () =>
            {
                time.Hurry();
                end.Cancel();
            }
        );
        await world.RunAsync(target, configuration, time, end.Token);
        var isCut = world.Edge.IsCut;
        world.Edge.Arm(0, Moment.Before, () => { });
        return isCut;
    }

    private static async Task PrepareAsync(World world, bool applies)
    {
        if (applies)
        {
            await SucceedAsync(world, Target.Apply, Before);
        }
    }

    private static async Task SucceedAsync(World world, Target target, string configuration, string? context = null)
    {
        for (var earlier = 1; earlier < target.Runs; earlier++)
        {
            await world.RunAsync(target, configuration);
        }

        var report = await world.RunAsync(target, configuration);
        var expected =
            target == Target.Destroy ? Outcome.Destroyed
            : target == Target.Verify ? Outcome.Verified
            : Outcome.Applied;
        var findings = report.Findings.Concat(report.Workloads.SelectMany(workload => workload.Findings)).Select(finding => $"{finding}");
        Assert.True(report.Outcome == expected, $"{context ?? $"{target}"}: {report.Outcome}\n{string.Join('\n', findings)}");
    }

    private static void Same(IReadOnlyDictionary<string, string> expected, IReadOnlyDictionary<string, string> actual, string context)
    {
        foreach (var key in expected.Keys.Union(actual.Keys))
        {
            var (wanted, found) = (expected.GetValueOrDefault(key), actual.GetValueOrDefault(key));
            Assert.True(wanted == found, $"{context}: {key}\nundisturbed: {wanted ?? "(absent)"}\nafter the kill: {found ?? "(absent)"}");
        }
    }
}
