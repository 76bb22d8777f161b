using CsCheck;
using Federation.Policies;
using Federation.WebIdentity;

namespace Federation.Tests.WebIdentity;

/// <summary>What must hold for every token and every pinned trust policy.</summary>
public sealed class SecurityTokenServicePropertyTests
{
    private static readonly Gen<string> Name = Gen.Char["abcdefghijklmnopqrstuvwxyz0123456789-:/.*?"]
        .Array[1, 24]
        .Select(characters => new string(characters));

    [Fact]
    public void A_token_signed_by_another_key_is_never_allowed() =>
        Gen.Select(Name, Name, Gen.Int[-400, 4000])
            .Sample(
                (subject, audience, expires) =>
                {
                    var claims = Scene.Claims;
                    (claims["sub"], claims["aud"], claims["exp"]) = (subject, audience, Scene.At(expires));
                    var evidence = EvidenceFor(TestIssuer.Stranger.Sign(claims), Scene.IssuerPath, subject, audience);
                    return SecurityTokenService.Decide(evidence) is WebIdentityDecision.Refused;
                },
                iter: 200
            );

    [Fact]
    public void A_pinned_trust_admits_its_own_issuer_audience_and_subject_and_no_other() =>
        Gen.Select(Name, Name, Name, Name)
            .Where((_, _, subject, audience) => !Looks(subject) && !Looks(audience))
            .Sample(
                (otherSubject, otherAudience, subject, audience) =>
                {
                    var claims = Scene.Claims;
                    (claims["sub"], claims["aud"]) = (subject, audience);
                    var evidence = EvidenceFor(TestIssuer.Cluster.Sign(claims), Scene.IssuerPath, subject, audience);
                    Assert.IsType<WebIdentityDecision.Allowed>(SecurityTokenService.Decide(evidence));

                    claims["sub"] = otherSubject;
                    Assert.Equal(
                        string.Equals(otherSubject, subject, StringComparison.Ordinal),
                        IsAllowed(evidence, claims.ToJsonString())
                    );

                    (claims["sub"], claims["aud"]) = (subject, otherAudience);
                    Assert.Equal(
                        string.Equals(otherAudience, audience, StringComparison.Ordinal),
                        IsAllowed(evidence, claims.ToJsonString())
                    );

                    (claims["aud"], claims["iss"]) = (audience, Scene.Issuer + otherSubject);
                    Assert.False(IsAllowed(evidence, claims.ToJsonString()));
                },
                iter: 100
            );

    [Fact]
    public void Any_change_to_the_signed_bytes_is_noticed()
    {
        var token = TestIssuer.Cluster.Sign(Scene.Claims);
        var end = token.LastIndexOf('.');
        Gen.Select(Gen.Int[0, end - 1], Gen.Char["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"])
            .Where((index, character) => token[index] != '.' && token[index] != character)
            .Sample(
                (index, character) =>
                {
                    var changed = token[..index] + character + token[(index + 1)..];
                    return SecurityTokenService.Decide(Scene.EvidenceOf(changed)) is WebIdentityDecision.Refused;
                }
            );
    }

    [Fact]
    public void Any_text_is_judged_without_an_exception() =>
        Gen.String[0, 80]
            .Select(Gen.String[0, 20], (a, b) => $"{a}.{b}.{a}")
            .Sample(text =>
            {
                var evidence = Scene.Evidence;
                evidence = evidence with { Request = evidence.Request with { WebIdentityToken = text } };
                return SecurityTokenService.Decide(evidence) is WebIdentityDecision.Refused;
            });

    [Fact]
    public void The_decision_is_the_first_of_the_refusals() =>
        Gen.Select(Gen.Int[-400, 400], Gen.OneOf<string>(Scene.Audience, "other"), Gen.OneOf<string>(Scene.Subject, "other"), Gen.Bool)
            .Sample(
                (expires, audience, subject, registered) =>
                {
                    var claims = Scene.Claims;
                    (claims["exp"], claims["aud"], claims["sub"]) = (Scene.At(expires), audience, subject);
                    var evidence = Scene.EvidenceOf(TestIssuer.Cluster.Sign(claims));
                    evidence = registered ? evidence : evidence with { Provider = null };
                    var refusals = SecurityTokenService.Refusals(evidence);
                    var decision = SecurityTokenService.Decide(evidence);
                    Assert.Equal(refusals.Count > 0 ? refusals[0].Reason : null, (decision as WebIdentityDecision.Refused)?.Reason);
                },
                iter: 200
            );

    private static bool Looks(string text) => text.AsSpan().IndexOfAny('*', '?') >= 0;

    private static bool IsAllowed(WebIdentityEvidence evidence, string claims)
    {
        evidence = evidence with { Request = evidence.Request with { WebIdentityToken = TestIssuer.Cluster.Sign(claims) } };
        return SecurityTokenService.Decide(evidence) is WebIdentityDecision.Allowed;
    }

    private static WebIdentityEvidence EvidenceFor(string token, string issuerPath, string subject, string audience)
    {
        var evidence = Scene.EvidenceOf(token);
        return evidence with
        {
            Provider = evidence.Provider! with { ClientIds = [audience] },
            Role = evidence.Role! with
            {
                TrustPolicy = new PolicyDocument { Statements = [Scene.Statement(audience, subject, issuerPath)] },
            },
        };
    }
}
