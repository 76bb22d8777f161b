using System.Text.Json.Nodes;
using Federation.Diagnosis;

namespace EndToEnd.Tests.Faults;

/// <summary>A good federation, broken in one way at a time as people break it: the diagnosis names that one thing first.</summary>
public sealed class FaultTests(LiveFederation federation) : IClassFixture<LiveFederation>
{
    private static readonly Dictionary<string, Fault> All = new Fault[][]
    {
        [.. CloudFaults.Cluster, .. CloudFaults.Provider, .. CloudFaults.Role, .. CloudFaults.Trust],
        [.. PodFaults.ServiceAccounts, .. PodFaults.Specifications, .. PodFaults.Lives],
        [.. TokenFaults.Files],
        [.. AccessFaults.Credentials, .. AccessFaults.Permissions],
    }
        .SelectMany(faults => faults)
        .ToDictionary(fault => fault.Name, StringComparer.Ordinal);

    /// <summary>One of each part of the way, in the order in which a token meets them.</summary>
    private static readonly string[] Way =
    [
        "a pod runs as the service account that it gets unasked",
        "the token is for two audiences",
        "the provider has a slash at the end",
        "the provider has the audience sts.amazon.com",
        "sessions are to be longer than the role allows",
        "a wildcard stands under StringEquals",
        "a permissions boundary allows something else",
    ];

    public static TheoryData<string> Names => [.. All.Keys];

    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            for (var first = 0; first < Way.Length; first++)
            {
                // Of a provider that is not there nobody can say which audiences it has.
                foreach (
                    var second in Way.Skip(first + 1).Where(second => !(All[Way[first]].Code == "FED3002" && All[second].Code == "FED3003"))
                )
                {
                    pairs.Add(Way[first], second);
                }
            }

            return pairs;
        }
    }

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Names))]
    public async Task The_one_thing_that_is_wrong_is_named_first(string name)
    {
        var fault = All[name];
        await using var scene = new Scene(federation);
        await fault.Break(scene).WaitAsync(TestContext.Current.CancellationToken);

        var run = scene.Run("Diagnose", fault.Workload);

        Assert.NotEqual(0, run.ExitCode);
        var errors = Errors(run);
        Assert.True(errors.Length > 0, run.ToString());
        Tells(fault, errors[0], run);
        Assert.All(fault.Says, text => Assert.Contains(text, (string?)errors[0]["cause"], StringComparison.Ordinal));
        Assert.Equal(fault.Beside, errors.Skip(1).Select(error => (string)error["code"]!));
        if (fault.Asks is not null)
        {
            var said = await fault.Asks(scene);
            Assert.Equal(
                fault.Text,
                said is null ? null
                    : ErrorTexts.Explain(said) is [var likeliest, ..] ? likeliest.Code
                    : null
            );
        }
    }

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Pairs))]
    public async Task Of_two_things_that_are_wrong_both_are_named_the_one_that_a_token_meets_first_before_the_other(
        string first,
        string second
    )
    {
        await using var scene = new Scene(federation);
        await All[second].Break(scene).WaitAsync(TestContext.Current.CancellationToken);
        await All[first].Break(scene).WaitAsync(TestContext.Current.CancellationToken);

        var run = scene.Run("Diagnose", "reader");

        var errors = Errors(run);
        Assert.True(errors.Length == 2, run.ToString());
        Tells(All[first], errors[0], run);
        Tells(All[second], errors[1], run);
    }

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(HarmlessThings.Names), MemberType = typeof(HarmlessThings))]
    public async Task What_does_no_harm_is_not_reported(string name)
    {
        await using var scene = new Scene(federation);
        await HarmlessThings.All[name](scene).WaitAsync(TestContext.Current.CancellationToken);

        var run = scene.Run("Diagnose", "*");

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.DoesNotContain(run.Findings, finding => (string?)finding["severity"] != "information");
    }

    [Fact(Timeout = 30_000)]
    public async Task A_token_like_the_workloads_own_is_found_right()
    {
        await using var scene = new Scene(federation);
        var token = await LiveFederation.TokenAsync(federation.Cluster).WaitAsync(TestContext.Current.CancellationToken);
        scene.Arguments.Add("--token-file=" + scene.Write("token", token));

        var run = scene.Run("Diagnose", "reader");

        Assert.True(run.ExitCode == 0 && !run.Findings.Any(), run.ToString());
        Assert.DoesNotContain(token.Split('.')[2], run.ToString(), StringComparison.Ordinal);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("    role: { name: reader", "    existing: [role]\n    role: { name: reader")]
    [InlineData("", "", "--exclusive")]
    public async Task A_trust_policy_that_cannot_hold_is_told_without_a_pod(string written, string instead, params string[] arguments)
    {
        await using var scene = new Scene(federation);
        var fault = All["the trusted subject is of another namespace"];
        await fault.Break(scene).WaitAsync(TestContext.Current.CancellationToken);
        if (written.Length > 0)
        {
            scene.Configure(written, instead);
        }

        scene.Arguments.AddRange(arguments);
        var before = federation.Calls.Calls.Count;
        var run = scene.Run("Verify", "reader");

        Assert.True(run.ExitCode == 1, run.ToString());
        Tells(fault, Assert.Single(Errors(run)), run);
        Assert.DoesNotContain(
            federation.Calls.Calls.Skip(before),
            call => call is { Cloud: "kubernetes", IsWrite: true } || call.Operation.StartsWith("create pods", StringComparison.Ordinal)
        );
        Assert.InRange((long)run.Report!["durationMilliseconds"]!, 0, 5_000);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_validation_pod_that_the_namespace_does_not_admit_is_told_with_the_rule_it_breaks()
    {
        await using var scene = new Scene(federation);
        await scene
            .LabelNamespaceAsync("pod-security.kubernetes.io/enforce", "restricted")
            .WaitAsync(TestContext.Current.CancellationToken);
        var template = await File.ReadAllTextAsync(
            Path.Combine(HostRun.Repository, "templates", "validation-pod.yaml"),
            TestContext.Current.CancellationToken
        );
        var templates = Directory.CreateDirectory(Path.Combine(federation.Host.Folder, "templates")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(templates, "validation-pod.yaml"),
            template.Replace("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", StringComparison.Ordinal),
            TestContext.Current.CancellationToken
        );
        scene.Arguments.Add($"--templates={templates}");

        var run = scene.Run("Verify", "reader");

        Assert.True(run.ExitCode == 1, run.ToString());
        var error = Assert.Single(Errors(run));
        Assert.Equal("FED6009", (string?)error["code"]);
        Assert.Contains("allowPrivilegeEscalation", (string?)error["cause"], StringComparison.Ordinal);
    }

    private static JsonNode[] Errors(HostResult run) => [.. run.Findings.Where(finding => (string?)finding["severity"] == "error")];

    private static void Tells(Fault fault, JsonNode error, HostResult run) =>
        Assert.True(
            (fault.Code, true, true) == ((string?)error["code"], Is(fault.Expected, error["expected"]), Is(fault.Actual, error["actual"])),
            $"""
            wanted {fault.Code}: {fault.Expected} / {fault.Actual}
            found  {error["code"]}: {error["expected"]} / {error["actual"]}
            {run}
            """
        );

    /// <summary>A star: some value; a question mark: whatever there is.</summary>
    private static bool Is(string? wanted, JsonNode? found) =>
        wanted == "?" || (wanted == "*" ? found is not null : wanted == (string?)found);
}
