using Federation.Policies;
using Federation.Tests.WebIdentity;

namespace Federation.Tests.Policies;

public sealed class TrustPoliciesTests
{
    [Fact]
    public void Workloads_that_differ_in_their_subject_alone_share_one_statement()
    {
        var merged = TrustPolicies.Merge([
            Scene.Trust(Scene.Statement(subject: "b")),
            Scene.Trust(Scene.Statement(subject: "a")),
            Scene.Trust(Scene.Statement(subject: "b")),
        ]);

        var statement = Assert.Single(merged.Statements);
        Assert.Equal("FederationMain", statement.Sid);
        Assert.Equal(["a", "b"], statement.Conditions.Single(condition => condition.Key.EndsWith(":sub", StringComparison.Ordinal)).Values);
    }

    [Fact]
    public void Another_issuer_has_a_statement_of_its_own()
    {
        var other = Scene.Statement(issuerPath: "issuer.example") with { Sid = "FederationOther" };

        Assert.Equal(
            ["FederationMain", "FederationOther"],
            TrustPolicies.Merge([Scene.Trust(other), Scene.Trust(Scene.Statement())]).Statements.Select(statement => statement.Sid)
        );
    }

    [Fact]
    public void Statements_that_differ_otherwise_are_told_apart_by_their_sid()
    {
        var merged = TrustPolicies.Merge([Scene.Trust(Scene.Statement()), Scene.Trust(Scene.Statement(audience: "other"))]);

        Assert.Equal(["FederationMain", "FederationMain2"], merged.Statements.Select(statement => statement.Sid));
        Assert.Empty(PolicyGrammar.Check(merged, PolicyKind.Trust));
    }

    [Fact]
    public void A_subject_under_another_operator_is_not_listed_with_others()
    {
        var like = Scene.Statement() with { Conditions = [new PolicyCondition("StringLike", Scene.IssuerPath + ":sub", ["a*"])] };

        Assert.Equal(2, TrustPolicies.Merge([Scene.Trust(like), Scene.Trust(Scene.Statement())]).Statements.Count);
    }

    [Fact]
    public void A_live_policy_is_taken_apart_and_put_together_without_touching_what_is_not_ours()
    {
        var first = new PolicyStatement { Effect = PolicyEffect.Allow, Actions = ["sts:AssumeRole"] };
        var last = first with { Sid = "Theirs", Effect = PolicyEffect.Deny };
        var live = Scene.Trust(first, Scene.Statement(), last) with { Version = "2008-10-17", Id = "theirs" };

        var parts = TrustPolicies.Split(live, "Federation");
        var again = TrustPolicies.Combine(Scene.TrustPolicy, parts.Others);

        Assert.Equal(["FederationMain"], parts.Ours.Statements.Select(statement => statement.Sid));
        Assert.Equal([null, "Theirs", "FederationMain"], again.Statements.Select(statement => statement.Sid));
        Assert.Equal(("2012-10-17", "theirs"), (again.Version, again.Id));
    }

    [Fact]
    public void An_old_version_stays_where_a_new_one_would_make_a_variable_of_their_text()
    {
        var theirs = Scene.Trust(Scene.Statement(subject: "${aws:username}") with { Sid = null }) with { Version = "2008-10-17" };

        Assert.Equal("2008-10-17", TrustPolicies.Combine(Scene.TrustPolicy, theirs).Version);
    }
}
