using System.Text.Json.Nodes;
using Federation.Templates;
using Federation.WebIdentity;

namespace Federation.Tests.WebIdentity;

public sealed class ExpectedExchangeTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_trust_policy_that_names_the_workload_will_be_allowed()
    {
        var allowed = Assert.IsType<WebIdentityDecision.Allowed>(ExpectedExchange.Decide(Trusting("system:serviceaccount:team:reader", "sts.amazonaws.com"), Now));
        Assert.Equal(("system:serviceaccount:team:reader", "sts.amazonaws.com"), (allowed.Subject, allowed.Audience));
    }

    [Theory]
    [InlineData("system:serviceaccount:team:writer", "sts.amazonaws.com", RefusalReason.TrustSubject)]
    [InlineData("system:serviceaccount:team:reader", "sts.amazon.com", RefusalReason.TrustAudience)]
    [InlineData("system:serviceaccount:team:*", "sts.amazonaws.com", RefusalReason.TrustWildcardLiteral)]
    public void A_trust_policy_that_does_not_will_be_refused_however_long_one_waits(string subject, string audience, RefusalReason reason) =>
        Assert.Equal(reason, Assert.IsType<WebIdentityDecision.Refused>(ExpectedExchange.Decide(Trusting(subject, audience), Now)).Reason);

    private static RenderedWorkload Trusting(string subject, string audience)
    {
        var workload = Workloads.Reader();
        var issuer = workload.Cluster.IssuerPath;
        return Workloads.Unrendered(workload) with
        {
            TrustPolicy = new JsonObject
            {
                ["Version"] = "2012-10-17",
                ["Statement"] = new JsonObject
                {
                    ["Effect"] = "Allow",
                    ["Principal"] = new JsonObject { ["Federated"] = workload.ProviderArn },
                    ["Action"] = "sts:AssumeRoleWithWebIdentity",
                    ["Condition"] = new JsonObject { ["StringEquals"] = new JsonObject { [issuer + ":sub"] = subject, [issuer + ":aud"] = audience } },
                },
            },
        };
    }
}
