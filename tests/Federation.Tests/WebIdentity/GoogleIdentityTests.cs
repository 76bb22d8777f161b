using System.Text.Json.Nodes;
using Federation.Policies;
using Federation.WebIdentity;

namespace Federation.Tests.WebIdentity;

/// <summary>ID tokens of Google service accounts: AWS trusts accounts.google.com without a provider in the account.</summary>
public sealed class GoogleIdentityTests
{
    private const string UniqueId = "104567890123456789012";

    [Theory]
    [InlineData("https://accounts.google.com")]
    [InlineData("accounts.google.com")]
    public void The_working_trio_is_allowed_and_answered_under_googles_name(string issuer)
    {
        var allowed = Assert.IsType<WebIdentityDecision.Allowed>(SecurityTokenService.Decide(Evidence(Trio(), issuer: issuer)));

        Assert.Equal(("accounts.google.com", UniqueId, UniqueId), (allowed.Provider, allowed.Audience, allowed.Subject));
    }

    [Fact]
    public void With_azp_the_tokens_audience_is_under_oaud_and_not_under_aud() =>
        Assert.Equal(RefusalReason.TrustAudience, Refused(Evidence(Trust(("aud", "sts.amazonaws.com"), ("sub", UniqueId)))).Reason);

    [Fact]
    public void Without_azp_the_audience_is_under_aud()
    {
        var trust = Trust(("aud", "sts.amazonaws.com"), ("sub", UniqueId));

        Assert.IsType<WebIdentityDecision.Allowed>(SecurityTokenService.Decide(Evidence(trust, claims => claims.Remove("azp"))));
    }

    [Fact]
    public void A_recreated_service_account_has_another_unique_id() =>
        Assert.Equal(RefusalReason.TrustSubject, Refused(Evidence(Trust(("sub", "999999999999999999999")))).Reason);

    [Fact]
    public void A_clusters_provider_as_principal_does_not_admit_googles_token() =>
        Assert.Equal(RefusalReason.TrustPrincipal, Refused(Evidence(Trio().For("Federated", Scene.ProviderArn))).Reason);

    private static WebIdentityDecision.Refused Refused(WebIdentityEvidence evidence) =>
        Assert.IsType<WebIdentityDecision.Refused>(SecurityTokenService.Decide(evidence));

    private static PolicyStatement Trio() => Trust(("aud", UniqueId), ("oaud", "sts.amazonaws.com"), ("sub", UniqueId));

    private static PolicyStatement Trust(params (string Key, string Value)[] conditions) =>
        Scene.Statement().For("Federated", "accounts.google.com") with
        {
            Conditions =
            [
                .. conditions.Select(condition => new PolicyCondition(
                    "StringEquals",
                    "accounts.google.com:" + condition.Key,
                    [condition.Value]
                )),
            ],
        };

    private static WebIdentityEvidence Evidence(
        PolicyStatement trust,
        Action<JsonObject>? spoil = null,
        string issuer = "https://accounts.google.com"
    )
    {
        var claims = new JsonObject
        {
            ["iss"] = issuer,
            ["aud"] = "sts.amazonaws.com",
            ["azp"] = UniqueId,
            ["sub"] = UniqueId,
            ["email"] = "gke-to-aws-test@acme-prod.iam.gserviceaccount.com",
            ["iat"] = Scene.At(0),
            ["exp"] = Scene.At(3600),
        };
        spoil?.Invoke(claims);
        var evidence = Scene.EvidenceOf(TestIssuer.Cluster.Sign(claims));
        return evidence with { Provider = null, Role = evidence.Role! with { TrustPolicy = Scene.Trust(trust) } };
    }
}
