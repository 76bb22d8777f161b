using System.Text;
using Federation.WebIdentity;

namespace Federation.Tests.WebIdentity;

public sealed class WebIdentityTokenTests
{
    [Fact]
    public void The_claims_of_a_projected_token_are_read()
    {
        Assert.True(WebIdentityToken.TryParse(TestIssuer.Cluster.Sign(Scene.Claims), out var token, out var defect));

        Assert.Equal(TokenDefect.None, defect);
        Assert.Equal(("RS256", "key-1"), (token.Algorithm, token.KeyId));
        Assert.Equal((Scene.Issuer, Scene.Subject), (token.Issuer, token.Subject));
        Assert.Equal([Scene.Audience], token.Audiences);
        Assert.Null(token.AuthorizedParty);
        Assert.Equal(
            (Scene.Now.AddSeconds(3540), Scene.Now.AddSeconds(-60), Scene.Now.AddSeconds(-60)),
            (token.ExpiresAt, token.IssuedAt, token.NotBefore)
        );
    }

    [Fact]
    public void Its_text_shows_claims_but_never_the_signature()
    {
        var text = TestIssuer.Cluster.Sign(Scene.Claims);
        Assert.True(WebIdentityToken.TryParse(text, out var token, out _));

        Assert.Contains(Scene.Subject, token.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(text[(text.LastIndexOf('.') + 1)..], token.ToString(), StringComparison.Ordinal);
    }

    public static TheoryData<string?, TokenDefect> Malformed
    {
        get
        {
            var token = TestIssuer.Cluster.Sign(Scene.Claims);
            return new TheoryData<string?, TokenDefect>
            {
                { null, TokenDefect.Empty },
                { " \n", TokenDefect.Empty },
                { "/var/run/secrets/eks.amazonaws.com/serviceaccount/token", TokenDefect.Path },
                { "./token.jwt", TokenDefect.Path },
                { @"C:\secrets\token", TokenDefect.Path },
                { "file:///token", TokenDefect.Path },
                { Convert.ToBase64String(Encoding.UTF8.GetBytes(token)), TokenDefect.Base64 },
                { Convert.ToBase64String(Encoding.UTF8.GetBytes(token + "\n")), TokenDefect.Base64 },
                { token + "\n", TokenDefect.SurroundingWhiteSpace },
                { " " + token, TokenDefect.SurroundingWhiteSpace },
                { "ya29.a0AfB_byDhQ", TokenDefect.Opaque },
                { token + ".x", TokenDefect.Opaque },
                { "Atza|IQEBLjAs", TokenDefect.Opaque },
                { "a.b.*", TokenDefect.NotBase64Url },
                { token + "=", TokenDefect.NotBase64Url },
                { "AAAA.AAAA.AAAA", TokenDefect.NotJson },
                { "W10.W10.AAAA", TokenDefect.NotJson },
                { TestIssuer.Cluster.Sign("""{"sub":"\ud800"}"""), TokenDefect.NotJson },
                { TestIssuer.Cluster.Sign("{}", """{"alg":"RS256","crit":["b64"]}"""), TokenDefect.CriticalHeader },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Malformed), DisableDiscoveryEnumeration = true)]
    public void Every_malformation_has_its_name(string? text, TokenDefect expected)
    {
        Assert.False(WebIdentityToken.TryParse(text, out var token, out var defect));

        Assert.Null(token);
        Assert.Equal(expected, defect);
    }

    [Fact]
    public void Of_a_claim_given_twice_the_last_counts()
    {
        Assert.True(WebIdentityToken.TryParse(TestIssuer.Cluster.Sign("""{"sub":"a","sub":"b"}"""), out var token, out _));

        Assert.Equal("b", token.Subject);
    }

    [Fact]
    public void A_numeric_subject_is_its_digits()
    {
        Assert.True(WebIdentityToken.TryParse(TestIssuer.Cluster.Sign("""{"sub":42}"""), out var token, out _));

        Assert.Equal("42", token.Subject);
    }
}
