using Federation.Policies;

namespace Federation.Tests.Policies;

public sealed class PolicyGrammarTests
{
    [Fact]
    public void A_trust_policy_as_rendered_breaks_no_rule() =>
        Assert.Empty(PolicyGrammar.Check(PolicyDocumentTests.Example, PolicyKind.Trust));

    [Theory]
    [InlineData("""{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}""")]
    [InlineData("""{"Sid":"a1","Effect":"Deny","NotAction":["s3:*"],"NotResource":"arn:aws:s3:::b"}""")]
    [InlineData(
        """{"Effect":"Allow","Action":"*","Resource":["arn:aws:s3:::${aws:username}/*","arn:*:s3:::b"],"Condition":"""
            + """{"ForAnyValue:StringLikeIfExists":{"aws:TagKeys":["a"]}}}"""
    )]
    public void These_permissions_break_no_rule(string statement) => Assert.Empty(Check(statement, PolicyKind.Permissions));

    [Theory]
    [InlineData("""{"Effect":"Allow","Action":"s3:*"}""", "Policy statement must contain resources.")]
    [InlineData("""{"Effect":"Allow","Action":"s3:*","Resource":[]}""", "Policy statement must contain resources.")]
    [InlineData("""{"Effect":"Allow","Resource":"*"}""", "Policy statement must contain actions.")]
    [InlineData("""{"Effect":"Allow","Action":"s3:*","NotAction":"s3:*","Resource":"*"}""", "Syntax errors in policy.")]
    [InlineData("""{"Effect":"Allow","Action":"s3:*","Resource":"*","Extra":1}""", "Syntax errors in policy.")]
    [InlineData(
        """{"Effect":"Allow","Action":"ListBuckets","Resource":"*"}""",
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    )]
    [InlineData("""{"Effect":"Allow","Action":"s 3:a","Resource":"*"}""", "Vendor s 3 is not valid")]
    [InlineData("""{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}""", "Resource bucket must be in ARN format or \"*\".")]
    [InlineData("""{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3"}""", "The policy failed legacy parsing")]
    [InlineData(
        """{"Effect":"Allow","Action":"s3:*","Resource":"arn:aw:s3:::b"}""",
        "Partition \"aw\" is not valid for resource \"arn:aw:s3:::b\"."
    )]
    [InlineData("""{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}""", "Policy document should not specify a principal.")]
    [InlineData(
        """{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringIs":{"aws:username":"a"}}}""",
        "Syntax errors in policy."
    )]
    [InlineData(
        """{"Sid":"a-b","Effect":"Allow","Action":"s3:*","Resource":"*"}""",
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
    )]
    [InlineData(
        """{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"s3:*","Resource":"*"}""",
        "Statement IDs (SID) in a single policy must be unique."
    )]
    public void Permissions_are_refused_in_these_words(string statement, string message) =>
        Assert.Equal(message, Check(statement, PolicyKind.Permissions)[0].Message);

    private const string Federated = "\"Principal\":{\"Federated\":\"arn:aws:iam::111122223333:oidc-provider/a.example\"}";

    [Theory]
    [InlineData(
        "{\"Effect\":\"Allow\"," + Federated + ",\"Action\":\"sts:AssumeRoleWithWebIdentity\",\"Resource\":\"*\"}",
        "Has prohibited field Resource"
    )]
    [InlineData(
        "{\"Effect\":\"Allow\"," + Federated + ",\"Action\":\"s3:GetObject\"}",
        "AssumeRole policy may only specify STS AssumeRole actions."
    )]
    [InlineData("{\"Effect\":\"Allow\"," + Federated + ",\"Action\":\"*\"}", "AssumeRole policy may only specify STS AssumeRole actions.")]
    [InlineData("{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\"}", "Missing required field Principal")]
    [InlineData(
        "{\"Effect\":\"Allow\",\"NotPrincipal\":{\"AWS\":\"111122223333\"},\"Action\":\"sts:AssumeRole\"}",
        "AssumeRole policy must not contain NotPrincipal field."
    )]
    [InlineData(
        """{"Effect":"Allow","Principal":{"Federated":""},"Action":"sts:AssumeRoleWithWebIdentity"}""",
        "Federated principals must be valid domain names or SAML metadata ARNs"
    )]
    [InlineData(
        """{"Effect":"Allow","Principal":{"Federated":"https://a.example/x"},"Action":"sts:AssumeRoleWithWebIdentity"}""",
        "Federated principals must be valid domain names or SAML metadata ARNs"
    )]
    [InlineData("""{"Effect":"Allow","Principal":{"AWS":"me"},"Action":"sts:AssumeRole"}""", "Invalid principal in policy: \"AWS\":\"me\"")]
    [InlineData("""{"Effect":"Allow","Principal":{"aws":"*"},"Action":"sts:AssumeRole"}""", "Syntax errors in policy.")]
    public void A_trust_policy_is_refused_in_these_words(string statement, string message) =>
        Assert.Equal(message, Check(statement, PolicyKind.Trust)[0].Message);

    [Theory]
    [InlineData(
        """{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"""
            + """["sts:AssumeRoleWithWebIdentity","sts:TagSession"],"Condition":{"StringEquals":{"accounts.google.com:sub":"1"}}}"""
    )]
    [InlineData(
        """{"Effect":"Allow","Principal":{"AWS":["111122223333","arn:aws:iam::111122223333:root"]"""
            + ""","Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole*"}"""
    )]
    [InlineData("""{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}""")]
    public void These_trust_policies_break_no_rule(string statement) => Assert.Empty(Check(statement, PolicyKind.Trust));

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"StringLike":{"accounts.google.com:sub":"1"}}""")]
    [InlineData("""{"StringEqualsIfExists":{"accounts.google.com:sub":"1"}}""")]
    [InlineData("""{"StringEquals":{"Accounts.Google.com:sub":"1"}}""")]
    public void Googles_issuer_is_admitted_only_with_a_claim_of_it_pinned(string condition)
    {
        var statement =
            """{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"}"""
            + $$""","Action":"sts:AssumeRoleWithWebIdentity","Condition":{{condition}}}""";

        Assert.Contains("accounts.google.com:oaud", Assert.Single(Check(statement, PolicyKind.Trust)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_that_is_not_JSON_has_syntax_errors_with_their_place()
    {
        var violation = Assert.Single(PolicyGrammar.Check("{", PolicyKind.Trust));

        Assert.Equal("Syntax errors in policy.", violation.Message);
        Assert.Contains("line 1", violation.Detail, StringComparison.Ordinal);
    }

    private static IReadOnlyList<PolicyViolation> Check(string statement, PolicyKind kind) =>
        PolicyGrammar.Check($$"""{"Version":"2012-10-17","Statement":[{{statement}}]}""", kind);
}
