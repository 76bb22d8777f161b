using System.Collections.Immutable;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Policies;
using Federation.Resources;
using Federation.Templates;

namespace Federation.Aws.Tests;

/// <summary>What happens to the statements of other owners in a role's trust policy when it is planned and written.</summary>
public sealed class TrustTests
{
    private const string Theirs = """{"Sid":"Theirs","Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}""";
    private const string LooksLikeOurs =
        """{"Sid":"FederationOfOthers","Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}""";
    private const string Emergency = """{"Sid":"Emergency","Effect":"Deny","Principal":"*","Action":"sts:*"}""";
    private const string Unreadable = """{"Sid":"Newer","Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Purpose":"unknown"}""";

    private static readonly string Ours = TrustSid.Of("acme", Given.Workload());

    private readonly ImpatientTime _time = new();

    [Fact]
    public async Task A_statement_added_since_the_plan_is_kept()
    {
        using var iam = new RoleServer(Registered(Ours), Theirs, Statement(Ours, "wrong"));
        using var cloud = Cloud(iam);
        var step = await PlanAsync(cloud);
        iam.Trust = RoleServer.Policy(Emergency, Theirs, Statement(Ours, "wrong"));

        await cloud.ApplyAsync(step, TestContext.Current.CancellationToken);

        Assert.Equal(["Emergency", "Theirs", Ours], iam.Sids);
        Assert.Equal("system:serviceaccount:exports:runner", iam.SubjectOf(Ours));
        Assert.Equal(["TagRole", "GetRole", "UpdateAssumeRolePolicy", "GetRole"], iam.Endpoint.Actions.TakeLast(4));
    }

    [Fact]
    public async Task A_statement_removed_since_the_plan_does_not_come_back()
    {
        using var iam = new RoleServer(Registered(Ours), Theirs, LooksLikeOurs, Statement(Ours, "wrong"));
        using var cloud = Cloud(iam);
        var step = await PlanAsync(cloud);
        iam.Trust = RoleServer.Policy(LooksLikeOurs, Statement(Ours, "wrong"));

        await cloud.ApplyAsync(step, TestContext.Current.CancellationToken);

        Assert.Equal(["FederationOfOthers", Ours], iam.Sids);
        Assert.Equal([1, 2, 4], _time.Waits.Select(wait => wait.TotalSeconds));
    }

    [Fact]
    public async Task A_statement_that_is_lost_is_an_error_and_nothing_more_is_written()
    {
        using var iam = new RoleServer(Registered(Ours), Theirs, Statement(Ours, "wrong"));
        using var cloud = Cloud(iam);
        var step = await PlanAsync(cloud, ("s3-list-buckets", Given.ListBuckets));
        iam.Written = policy => iam.Trust = RoleServer.Policy(Statement(Ours, "wrong"));

        var refused = await Assert.ThrowsAsync<FindingException>(() => cloud.ApplyAsync(step, TestContext.Current.CancellationToken));

        var finding = Assert.Single(refused.Findings);
        Assert.Equal(("FED8009", Severity.Error, Theirs), (finding.Code, finding.Severity, finding.Expected));
        Assert.Contains("are missing from it: Theirs.", finding.Cause, StringComparison.Ordinal);
        Assert.DoesNotContain("PutRolePolicy", iam.Endpoint.Actions);
    }

    [Fact]
    public async Task An_outdated_answer_is_doubted_and_read_again()
    {
        using var iam = new RoleServer(Registered(Ours), Theirs, Statement(Ours, "wrong"));
        using var cloud = Cloud(iam);
        var step = await PlanAsync(cloud);
        iam.Stale.Enqueue(RoleServer.Policy(Statement(Ours, "wrong")));

        await cloud.ApplyAsync(step, TestContext.Current.CancellationToken);

        Assert.Equal(["Theirs", Ours], iam.Sids);
    }

    [Fact]
    public async Task A_statement_that_lets_everybody_in_is_an_error_of_the_plan()
    {
        using var iam = new RoleServer(Registered(Ours), Theirs, Statement(Ours));
        using var cloud = Cloud(iam);

        var finding = Assert.Single((await PlanAsync(cloud)).Before.Findings);

        Assert.Equal(("FED1104", Severity.Error), (finding.Code, finding.Severity));
        Assert.StartsWith("Statement Theirs of the trust policy of gke-exports lets everybody", finding.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_of_another_repository_that_gave_its_federation_no_name_either_is_not_taken()
    {
        var unnamed = Given.Configuration(Given.Rendered(Given.Workload())) with { Name = "federation", HasDefaultName = true };
        using var iam = new RoleServer(new Mark("federation", ["imports"]).Tags, Statement("Theirs"));
        using var cloud = new AwsCloud(unnamed, new Directory(), iam.Endpoint.Clouds, _time);
        using var renamed = new AwsCloud(unnamed with { HasDefaultName = false }, new Directory(), iam.Endpoint.Clouds, _time);

        Assert.Equal(StepReason.NotOurs, (await PlanAsync(cloud)).Reason);
        // The name that it had by default, now in the configuration, changes nothing for what is its own.
        Assert.Equal(StepReason.Differs, (await PlanAsync(renamed)).Reason);
    }

    [Theory]
    [InlineData(1, false, "FED2008 Error")]
    [InlineData(1, true, "FED2008 Warning")]
    [InlineData(-1, false, null)]
    public async Task A_role_that_lost_the_id_of_its_cluster_is_told_where_the_cluster_is_younger(int hours, bool adopt, string? expected)
    {
        var made = new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
        using var iam = new RoleServer(Registered(Ours), Statement(Ours)) { Created = made };
        using var cloud = Cloud(iam, cluster => Given.Facts(cluster) with { Created = made.AddHours(hours) });

        var step = await PlanAsync(cloud, adopt);

        Assert.Equal(expected is null ? [] : [expected], step.Before.Findings.Select(finding => $"{finding.Code} {finding.Severity}"));
        Assert.Contains(step.Fields, field => field.Path == $"tags[{Mark.ClusterTag("acme-prod", "asia-south1-a", "main")}]");
    }

    [Fact]
    public async Task A_role_that_does_not_trust_the_cluster_yet_needs_no_id_of_it_and_gets_it_before_the_trust()
    {
        var made = new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
        using var iam = new RoleServer(Registered(Ours), Theirs) { Created = made };
        using var cloud = Cloud(iam, cluster => Given.Facts(cluster) with { Created = made.AddHours(1) });
        var step = await PlanAsync(cloud);
        var tag = Mark.ClusterTag("acme-prod", "asia-south1-a", "main");
        var tagged = false;
        iam.Written = _ => tagged = iam.Tags.ContainsKey(tag);

        await cloud.ApplyAsync(step, TestContext.Current.CancellationToken);

        Assert.DoesNotContain(step.Before.Findings, finding => finding.Code == "FED2008");
        Assert.True(tagged);
    }

    [Fact]
    public async Task What_a_role_that_is_taken_over_may_do_by_its_own_policies_is_told()
    {
        const string Everything = """{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}""";
        using var iam = new RoleServer(ImmutableSortedDictionary<string, string>.Empty, Statement("Theirs"))
        {
            Policies = { ["admin"] = Everything },
        };
        using var cloud = Cloud(iam);

        Assert.Empty((await PlanAsync(cloud)).Before.Findings);
        var adopting = (await PlanAsync(cloud, adopt: true)).Before.Findings;

        Assert.All(adopting, finding => Assert.Equal(("FED1101", Severity.Warning), (finding.Code, finding.Severity)));
        Assert.Contains(adopting, finding => finding.Cause.Contains("policy admin allows *", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_foreign_Sid_that_looks_like_ours_stays()
    {
        using var iam = new RoleServer(Registered(Ours), LooksLikeOurs, Statement("FederationMain", "theirs"));
        using var cloud = Cloud(iam);

        await cloud.ApplyAsync(await PlanAsync(cloud), TestContext.Current.CancellationToken);

        Assert.Equal(["FederationOfOthers", "FederationMain", Ours], iam.Sids);
    }

    [Fact]
    public async Task A_statement_of_ours_that_is_no_longer_configured_is_removed_because_the_register_lists_it()
    {
        using var iam = new RoleServer(
            Registered(Ours, "FederationAcmeGone5e6f7a8b"),
            Theirs,
            Statement(Ours),
            Statement("FederationAcmeGone5e6f7a8b")
        );
        using var cloud = Cloud(iam);
        var step = await PlanAsync(cloud);

        await cloud.ApplyAsync(step, TestContext.Current.CancellationToken);

        Assert.Contains(step.Fields, field => field.Path == "trustPolicy.FederationAcmeGone5e6f7a8b.Effect" && field.To is null);
        Assert.Equal(["Theirs", Ours], iam.Sids);
        Assert.Equal(Ours, iam.Tags["federation:statements"]);
        Assert.Equal(StepAction.Unchanged, (await PlanAsync(cloud)).Action);
    }

    [Fact]
    public async Task A_role_without_a_register_is_moved_to_the_new_Sids()
    {
        using var iam = new RoleServer(new Mark("acme", ["exports"]).Tags, LooksLikeOurs, Statement("FederationMain"));
        using var cloud = Cloud(iam);

        await cloud.ApplyAsync(await PlanAsync(cloud), TestContext.Current.CancellationToken);

        Assert.Equal(["FederationOfOthers", Ours], iam.Sids);
        Assert.Equal(Ours, iam.Tags["federation:statements"]);
        Assert.Equal(StepAction.Unchanged, (await PlanAsync(cloud)).Action);
    }

    [Fact]
    public async Task A_statement_is_registered_before_it_is_written()
    {
        using var iam = new RoleServer(Registered("FederationAcmeGone5e6f7a8b"), Statement("FederationAcmeGone5e6f7a8b"));
        using var cloud = Cloud(iam);
        var step = await PlanAsync(cloud);
        string? registered = null;
        iam.Written = _ => registered = iam.Tags["federation:statements"];

        await cloud.ApplyAsync(step, TestContext.Current.CancellationToken);

        Assert.Equal($"FederationAcmeGone5e6f7a8b {Ours}", registered);
        Assert.Equal(Ours, iam.Tags["federation:statements"]);
    }

    [Fact]
    public async Task A_role_adopted_from_another_federation_keeps_its_statements_and_loses_its_register()
    {
        var tags = new Mark("other", ["exports"]).Tags.AddRange(
            new TagRegister(
                TrustOwnership.RegisterKey,
                [.. Enumerable.Range(0, 12).Select(n => $"FederationOtherMain{n}{new string('a', 20)}")]
            ).Write()
        );
        using var iam = new RoleServer(tags, Statement("FederationOtherMain1" + new string('a', 20)));
        using var cloud = Cloud(iam);
        var step = await PlanAsync(cloud, adopt: true);

        await cloud.ApplyAsync(step, TestContext.Current.CancellationToken);

        Assert.Equal(["FederationOtherMain1" + new string('a', 20), Ours], iam.Sids);
        Assert.Equal(
            [Ours],
            iam.Tags.Where(tag => tag.Key.StartsWith("federation:statements", StringComparison.Ordinal)).Select(tag => tag.Value)
        );
        var writes = iam.Endpoint.Actions.Where(action => action is "TagRole" or "UntagRole" or "UpdateAssumeRolePolicy").ToArray();
        Assert.Equal(["UntagRole", "TagRole", "UpdateAssumeRolePolicy"], writes);
    }

    [Fact]
    public async Task A_statement_of_others_that_cannot_be_read_stays_word_for_word_with_a_warning()
    {
        using var iam = new RoleServer(Registered(Ours), Unreadable, Statement(Ours, "wrong"));
        using var cloud = Cloud(iam);
        var step = await PlanAsync(cloud);

        await cloud.ApplyAsync(step, TestContext.Current.CancellationToken);

        var warning = Assert.Single(step.Before.Findings);
        Assert.Equal(("FED8009", Severity.Warning), (warning.Code, warning.Severity));
        Assert.Contains(
            "The statement Newer of another owner in the trust policy of the role gke-exports",
            warning.Cause,
            StringComparison.Ordinal
        );
        Assert.Contains(Unreadable, iam.Trust, StringComparison.Ordinal);
        Assert.Equal(["Newer", Ours], iam.Sids);
    }

    [Fact]
    public async Task A_statement_and_a_policy_of_ours_that_cannot_be_read_are_rewritten()
    {
        using var iam = new RoleServer(
            Registered(Ours).AddRange(PolicyRegister.Of(["s3-list-buckets"], []).Write()),
            Unreadable.Replace("Newer", Ours, StringComparison.Ordinal)
        );
        iam.Policies["s3-list-buckets"] =
            """{"Statement":{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*","Purpose":"unknown"}}""";
        using var cloud = Cloud(iam);
        var step = await PlanAsync(cloud, ("s3-list-buckets", Given.ListBuckets));

        await cloud.ApplyAsync(step, TestContext.Current.CancellationToken);

        Assert.DoesNotContain(step.Before.Findings, finding => finding.Code != "FED1104");
        Assert.Contains(new FieldChange($"trustPolicy.{Ours}", "(cannot be read)", null), step.Fields);
        Assert.Contains(new FieldChange("inlinePolicies[s3-list-buckets]", "(cannot be read)", null), step.Fields);
        Assert.Equal("system:serviceaccount:exports:runner", iam.SubjectOf(Ours));
        Assert.True(PolicyDocument.Parse(iam.Policies["s3-list-buckets"]).MeansTheSame(PolicyDocument.Parse(Given.ListBuckets)));
    }

    [Fact]
    public async Task A_trust_policy_that_is_no_JSON_is_left_alone_with_a_warning()
    {
        using var iam = new RoleServer(Registered(Ours)) { Trust = "<html>" };
        using var cloud = Cloud(iam);

        var step = await PlanAsync(cloud);

        Assert.Contains("It is not changed", Assert.Single(step.Before.Findings).Cause, StringComparison.Ordinal);
        Assert.DoesNotContain(step.Fields, field => field.Path.StartsWith("trustPolicy", StringComparison.Ordinal));
    }

    private static ImmutableSortedDictionary<string, string> Registered(params string[] sids) =>
        new Mark("acme", ["exports"]).Tags.AddRange(TrustOwnership.Register(sids).Write());

    private static string Statement(string sid, string subject = "system:serviceaccount:exports:runner")
    {
        var statement = Given.Rendered(Given.Workload()).TrustPolicy["Statement"]![0]!.DeepClone().AsObject();
        statement["Sid"] = sid;
        statement["Condition"]!["StringEquals"]![Given.Cluster.IssuerPath + ":sub"] = subject;
        return statement.ToJsonString();
    }

    private AwsCloud Cloud(RoleServer iam, Func<Cluster, ClusterFacts>? facts = null) =>
        new(Given.Configuration(), new Directory(facts), iam.Endpoint.Clouds, _time);

    private static Task<Step> PlanAsync(AwsCloud cloud, params (string Name, string Document)[] permissions) =>
        PlanAsync(cloud, adopt: false, permissions);

    private static async Task<Step> PlanAsync(AwsCloud cloud, bool adopt, params (string Name, string Document)[] permissions)
    {
        var role = cloud.Desire(Given.Input(Given.Rendered(Given.Workload(), permissions))).OfType<Role>().Single() with { Adopt = adopt };
        return Assert.Single(Planner.Plan([role], await cloud.ReadAsync([role], TestContext.Current.CancellationToken)).Steps);
    }
}
