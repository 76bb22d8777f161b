using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Policies;
using Federation.Resources;
using Federation.Templates;
using Federation.WebIdentity;

namespace Federation.Aws.Tests;

/// <summary>A workload's identity moves: the role trusts the old one until the new one is proved.</summary>
public sealed class MoveTests
{
    /// <summary>Four statements have room in its trust policies.</summary>
    private static readonly Account Account = Given.Account with { TrustPolicyLimit = TrustPolicyQuota.Largest };

    private static readonly Workload Before = Given.Workload() with { Account = Account };
    private static readonly Cluster Edge = new("edge", "acme-prod", "europe-west1", "edge");

    private static readonly Dictionary<string, Workload> Moved = new(StringComparer.Ordinal)
    {
        ["namespace"] = Before with { Namespace = "elsewhere" },
        ["service account"] = Before with { ServiceAccount = "other" },
        ["cluster"] = Before with { Cluster = Edge },
        ["location of the cluster"] = Before with { Cluster = Given.Cluster with { Location = "asia-south1" } },
        ["audience"] = Before with { Audience = "aws.example.com" },
    };

    public static TheoryData<string> Kinds => [.. Moved.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_old_identity_is_trusted_beside_the_new_one_and_then_the_new_one_alone(string kind)
    {
        using var iam = await LiveAsync(Before);
        using var cloud = Cloud(iam);
        var plan = await PlanAsync(cloud, Moved[kind]);
        Assert.Equal([Stage.Widen, Stage.Narrow], plan.Steps.Select(step => step.Stage));
        Assert.Empty(plan.Findings);

        await cloud.ApplyAsync(plan.Steps[0], TestContext.Current.CancellationToken);
        Assert.True(Trusts(iam.Trust, Before) && Trusts(iam.Trust, Moved[kind]));
        Assert.Equal([Stage.Narrow], (await PlanAsync(cloud, Moved[kind])).Steps.Where(step => step.Writes).Select(step => step.Stage));

        await cloud.ApplyAsync(plan.Steps[1], TestContext.Current.CancellationToken);
        Assert.Equal((false, true), (Trusts(iam.Trust, Before), Trusts(iam.Trust, Moved[kind])));
        Assert.Equal([Sid(Moved[kind])], iam.Sids);
        Assert.Equal(Sid(Moved[kind]), iam.Tags[TrustOwnership.RegisterKey]);
        Assert.False((await PlanAsync(cloud, Moved[kind])).HasChanges);
    }

    [Fact]
    public async Task What_the_old_access_is_can_be_read_from_the_plan()
    {
        using var iam = await LiveAsync(Before);
        using var cloud = Cloud(iam);

        var narrow = (await PlanAsync(cloud, Moved["namespace"])).Steps[1];

        Assert.Equal((StepAction.Update, StepReason.Superseded), (narrow.Action, narrow.Reason));
        Assert.Contains(narrow.Fields, field => field is { From: "system:serviceaccount:exports:runner", To: null });
        Assert.All(narrow.Fields, field => Assert.True(field.To is null || field.Path.StartsWith("tags[", StringComparison.Ordinal)));
    }

    public static TheoryData<string, string> Broken =>
        new()
        {
            { "any subject", Trust(Before, statement => Subject(statement, "*", "StringLike")) },
            { "another service account", Trust(Before, statement => Subject(statement, "system:serviceaccount:default:runner")) },
            { "a subject that never was one", Trust(Before, statement => Subject(statement, "exports:runner")) },
            { "no subject", Trust(Before, statement => Conditions(statement).Remove(Given.Cluster.IssuerPath + ":sub")) },
            { "no audience", Trust(Before, statement => Conditions(statement).Remove(Given.Cluster.IssuerPath + ":aud")) },
            { "more actions", Trust(Before, statement => statement["Action"] = "sts:*") },
            {
                "the provider of another account",
                Trust(
                    Before with
                    {
                        Account = Given.Account with { Id = "999999999999" },
                    },
                    statement => Subject(statement, "system:serviceaccount:a:b")
                )
            },
            { "what this tool cannot read", Trust(Before, statement => statement["Purpose"] = "unknown") },
        };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task A_statement_that_this_federation_did_not_write_so_is_corrected_at_once(string what, string trust)
    {
        using var iam = await LiveAsync(Before);
        using var cloud = Cloud(iam);
        iam.Trust = trust;

        var step = Assert.Single((await PlanAsync(cloud, Moved["namespace"])).Steps);
        await cloud.ApplyAsync(step, TestContext.Current.CancellationToken);

        Assert.True(step.Stage == Stage.Plain, what);
        Assert.Equal([Sid(Before)], iam.Sids);
    }

    [Fact]
    public async Task The_trust_of_a_workload_that_leaves_a_shared_role_goes_at_once()
    {
        using var iam = await LiveAsync(Before, Other);
        using var cloud = Cloud(iam);

        var step = Assert.Single((await PlanAsync(cloud, Other)).Steps);
        await cloud.ApplyAsync(step, TestContext.Current.CancellationToken);

        Assert.Equal((Stage.Plain, false, true), (step.Stage, Trusts(iam.Trust, Before), Trusts(iam.Trust, Other)));
    }

    [Fact]
    public async Task So_does_it_where_another_workload_comes_in_its_place()
    {
        using var iam = await LiveAsync(Before);
        using var cloud = Cloud(iam);

        Assert.Equal(Stage.Plain, Assert.Single((await PlanAsync(cloud, Other)).Steps).Stage);
    }

    [Fact]
    public async Task Of_a_shared_role_only_the_identities_that_are_no_longer_configured_are_old()
    {
        using var iam = await LiveAsync(Before, Other);
        using var cloud = Cloud(iam);

        var plan = await PlanAsync(cloud, Moved["namespace"], Other);

        var removed = plan
            .Steps.Single(step => step.Stage == Stage.Narrow)
            .Fields.Where(field => field.Path.Contains(":sub", StringComparison.Ordinal));
        Assert.Equal(["system:serviceaccount:exports:runner"], removed.Select(field => field.From));
    }

    [Fact]
    public async Task Where_one_workload_leaves_and_another_moves_only_the_one_that_moves_keeps_its_old_identity()
    {
        using var iam = await LiveAsync(Before, Other);
        using var cloud = Cloud(iam);
        var moved = Other with { Namespace = "elsewhere" };

        await cloud.ApplyAsync((await PlanAsync(cloud, moved)).Steps[0], TestContext.Current.CancellationToken);

        Assert.Equal((false, true, true), (Trusts(iam.Trust, Before), Trusts(iam.Trust, Other), Trusts(iam.Trust, moved)));
    }

    [Fact]
    public async Task Whoever_goes_back_keeps_what_was_tried_until_the_old_way_is_proved()
    {
        using var iam = await LiveAsync(Before);
        using var cloud = Cloud(iam);
        await cloud.ApplyAsync((await PlanAsync(cloud, Moved["namespace"])).Steps[0], TestContext.Current.CancellationToken);

        var back = await PlanAsync(cloud, Before);
        await cloud.ApplyAsync(back.Steps[0], TestContext.Current.CancellationToken);
        Assert.True(Trusts(iam.Trust, Before) && Trusts(iam.Trust, Moved["namespace"]));

        await cloud.ApplyAsync(back.Steps[1], TestContext.Current.CancellationToken);
        Assert.Equal([Sid(Before)], iam.Sids);
        Assert.False((await PlanAsync(cloud, Before)).HasChanges);
    }

    [Fact]
    public async Task Where_both_have_no_room_the_move_is_made_at_once_and_the_plan_says_so()
    {
        var account = Given.Account with { TrustPolicyLimit = 600 };
        using var iam = await LiveAsync(Before with { Account = account });
        using var cloud = Cloud(iam);

        var plan = await PlanAsync(cloud, Moved["namespace"] with { Account = account });

        Assert.Equal(Stage.Plain, Assert.Single(plan.Steps).Stage);
        var finding = Assert.Single(plan.Findings);
        Assert.Equal((FindingCodes.TrustPolicyTooLarge, Severity.Warning), (finding.Code, finding.Severity));
        Assert.Contains("go at once", finding.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tags_that_IAM_answers_late_do_not_make_the_old_statement_somebody_elses()
    {
        using var iam = await LiveAsync(Before);
        using var cloud = Cloud(iam);
        var plan = await PlanAsync(cloud, Moved["namespace"]);
        await cloud.ApplyAsync(plan.Steps[0], TestContext.Current.CancellationToken);
        iam.Tags[TrustOwnership.RegisterKey] = Sid(Before);

        await cloud.ApplyAsync(plan.Steps[1], TestContext.Current.CancellationToken);

        Assert.Equal([Sid(Before)], iam.Sids);
    }

    /// <summary>
    /// Through any moves of two workloads of a role, with runs that are killed at any write and gates that fail: STS accepts the
    /// token of the identity that was proved last until another one is, and in the end of the configured one alone.
    /// </summary>
    [Fact]
    public Task STS_always_accepts_a_workload_in_the_identity_that_was_proved_last() =>
        Gen.Select(Gen.Int[0, Moves.Length - 1], Gen.Int[0, 4], Gen.Bool)
            .Array[1, 4]
            .SampleAsync(
                async moves =>
                {
                    var proved = Before;
                    using var iam = await LiveAsync(Before, Other);
                    var refused = new List<string>();
                    iam.Written = trust => refused.AddRange(Trusts(trust, proved) && Trusts(trust, Other) ? [] : [trust]);
                    foreach (var (move, writes, hasPassed) in moves)
                    {
                        var wanted = Moves[move];
                        await RunAsync(iam, wanted, writes, narrows: false);
                        await RunAsync(iam, wanted, int.MaxValue, narrows: false);
                        Assert.True(Trusts(iam.Trust, wanted));
                        if (hasPassed)
                        {
                            proved = wanted;
                            await RunAsync(iam, wanted, writes, narrows: true);
                            await RunAsync(iam, wanted, int.MaxValue, narrows: true);
                            Assert.All(Moves, other => Assert.Equal(other == wanted, Trusts(iam.Trust, other)));
                        }

                        Assert.Empty(refused);
                    }
                },
                iter: 12
            );

    /// <summary>A federation has one cluster of a name.</summary>
    private static readonly Workload[] Moves = [Before, .. Moved.Values.Where(one => one.Cluster == Given.Cluster || one.Cluster == Edge)];

    private static readonly Workload Other = Given.Workload("imports") with { Account = Account };

    /// <summary>A run that is killed before a write.</summary>
    private static async Task RunAsync(RoleServer iam, Workload wanted, int writes, bool narrows)
    {
        using var cloud = Cloud(iam);
        iam.WritesLeft = writes;
        try
        {
            foreach (
                var step in (await PlanAsync(cloud, wanted, Other)).Steps.Where(step =>
                    step.Writes && (narrows || step.Stage != Stage.Narrow)
                )
            )
            {
                await cloud.ApplyAsync(step, TestContext.Current.CancellationToken);
            }
        }
        catch (FindingException)
        {
            Assert.NotEqual(int.MaxValue, writes);
        }
        finally
        {
            iam.WritesLeft = int.MaxValue;
        }
    }

    private static AwsCloud Cloud(RoleServer iam) => new(Given.Configuration(), new Directory(), iam.Endpoint.Clouds, new ImpatientTime());

    /// <summary>A role as an Apply left it.</summary>
    private static async Task<RoleServer> LiveAsync(params Workload[] workloads)
    {
        var iam = new RoleServer(new Mark("acme", [.. workloads.Select(workload => workload.Name)]).Tags);
        using var cloud = Cloud(iam);
        await cloud.ApplyAsync((await PlanAsync(cloud, workloads)).Steps[0], TestContext.Current.CancellationToken);
        Assert.False((await PlanAsync(cloud, workloads)).HasChanges);
        return iam;
    }

    private static async Task<Plan> PlanAsync(AwsCloud cloud, params Workload[] workloads)
    {
        var roles = cloud.Desire(Given.Input([.. workloads.Select(workload => Given.Rendered(workload))])).OfType<Role>().ToArray();
        return Planner.Plan(roles, await cloud.ReadAsync(roles, TestContext.Current.CancellationToken));
    }

    private static string Sid(Workload workload) => TrustSid.Of("acme", workload);

    /// <summary>What STS says to the token of the workload's pods.</summary>
    private static bool Trusts(string trust, Workload workload)
    {
        var now = new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
        var claims = new JsonObject
        {
            ["iss"] = workload.Cluster.Issuer,
            ["sub"] = workload.Subject,
            ["aud"] = new JsonArray(workload.Audience),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.AddHours(1).ToUnixTimeSeconds(),
        };
        var token = $"{Base64Url("""{"alg":"RS256","kid":"k"}""")}.{Base64Url(claims.ToJsonString())}.{Base64Url("signature")}";
        var decision = SecurityTokenService.Decide(
            new WebIdentityEvidence(
                new AssumeRoleWithWebIdentityRequest(workload.RoleArn, "check", token),
                new OpenIdConnectProvider(workload.ProviderArn, workload.Cluster.IssuerPath, [workload.Audience]),
                new IssuerKeys.Unknown(),
                new AssumableRole(workload.RoleArn, "AROAEXAMPLEEXAMPLE", PolicyDocument.Parse(trust)),
                now
            )
        );
        return decision is WebIdentityDecision.Allowed;

        static string Base64Url(string text) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
    }

    private static string Trust(Workload workload, Action<JsonObject> edit)
    {
        var trust = Given.Rendered(workload).TrustPolicy;
        edit(trust["Statement"]![0]!.AsObject());
        return trust.ToJsonString();
    }

    private static JsonObject Conditions(JsonObject statement) => statement["Condition"]!["StringEquals"]!.AsObject();

    private static void Subject(JsonObject statement, string value, string @operator = "StringEquals")
    {
        Conditions(statement).Remove(Given.Cluster.IssuerPath + ":sub");
        var conditions = statement["Condition"]!.AsObject();
        conditions[@operator] ??= new JsonObject();
        conditions[@operator]![Given.Cluster.IssuerPath + ":sub"] = value;
    }
}
