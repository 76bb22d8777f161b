using Federation.Policies;
using Federation.Tests.WebIdentity;

namespace Federation.Tests.Policies;

public sealed class TrustPoliciesTests
{
    [Fact]
    public void Workloads_that_differ_only_in_their_subject_share_one_statement()
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
    public void Each_issuer_has_its_own_statement()
    {
        var other = Scene.Statement(issuerPath: "issuer.example") with { Sid = "FederationOther" };

        Assert.Equal(
            ["FederationMain", "FederationOther"],
            TrustPolicies.Merge([Scene.Trust(other), Scene.Trust(Scene.Statement())]).Statements.Select(statement => statement.Sid)
        );
    }

    [Fact]
    public void Statements_that_differ_otherwise_get_different_sids()
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
}
