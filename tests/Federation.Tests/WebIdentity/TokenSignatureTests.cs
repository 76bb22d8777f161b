using Federation.WebIdentity;

namespace Federation.Tests.WebIdentity;

/// <summary>What an issuer's keys say about a token's signature.</summary>
public sealed class TokenSignatureTests
{
    private const string Own = "https://issuer.example/own";

    [Fact]
    public void A_signature_holds_with_the_key_that_made_it_and_with_no_other()
    {
        Assert.True(Holds(TestIssuer.Cluster, Own));
        Assert.False(Holds(TestIssuer.Stranger, Own));
    }

    [Fact]
    public void The_keys_say_nothing_about_a_token_of_another_issuer() =>
        Assert.Null(Holds(TestIssuer.Stranger, "https://issuer.example/other"));

    [Fact]
    public void A_text_that_is_not_a_token_has_no_signature() =>
        Assert.Null(TokenSignature.Holds("ya29.access", Own, [TestIssuer.Cluster.Key("key-1")]));

    private static bool? Holds(TestIssuer signer, string issuer) =>
        TokenSignature.Holds(signer.Sign($$"""{"iss":"{{issuer}}","sub":"a"}"""), Own, [TestIssuer.Cluster.Key("key-1")]);
}
