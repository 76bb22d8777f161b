using Federation.Findings;
using Federation.Policies;

namespace Federation.Tests.Policies;

/// <summary>Who comes in by a trust policy without having been named.</summary>
public sealed class OpenTrustTests
{
    private const string Account = "111122223333";

    [Theory]
    [InlineData("""{"Effect":"Allow","Principal":"*","Action":"sts:*"}""", "*")]
    [InlineData("""{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}""", "*")]
    [InlineData(
        """{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"sts:AssumeRole"}""",
        "arn:aws:iam::444455556666:root"
    )]
    [InlineData("""{"Effect":"Allow","Principal":{"AWS":["111122223333","444455556666"]},"Action":"sts:AssumeRole"}""", "444455556666")]
    public void A_principal_that_names_nobody_is_open(string statement, string principal)
    {
        var finding = Assert.Single(Judge(statement));

        Assert.Equal((FindingCodes.TrustOpenToOthers, Severity.Error, principal), (finding.Code, finding.Severity, finding.Actual));
        Assert.StartsWith("Statement 1 of the trust policy of gke-exports lets ", finding.Cause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:role/deployer"},"Action":"sts:AssumeRole"}""")]
    [InlineData("""{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}""")]
    [InlineData("""{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}""")]
    [InlineData("""{"Effect":"Allow","Principal":"*","Action":["sts:TagSession","sts:AssumeRoleWithWebIdentity"]}""")]
    [InlineData("""{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}""")]
    public void Who_is_named_or_cannot_come_in_is_not(string statement) => Assert.Empty(Judge(statement));

    [Theory]
    [InlineData("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5")]
    [InlineData("StringEquals", "sts:ExternalId", "a-shared-secret")]
    [InlineData("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::444455556666:role/deployer")]
    [InlineData("ArnLike", "aws:PrincipalArn", "arn:aws:iam::444455556666:role/ci-*")]
    [InlineData("StringEqualsIfExists", "aws:PrincipalAccount", "444455556666")]
    [InlineData("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/r-ab12/*")]
    public void A_condition_that_says_who_closes_it(string @operator, string key, string value) =>
        Assert.All(Principals, principal => Assert.Empty(Judge(Conditional(principal, @operator, key, value))));

    [Theory]
    [InlineData("StringNotEquals", "aws:PrincipalAccount", "444455556666")]
    [InlineData("StringEqualsIfExists", "aws:PrincipalOrgID", "o-a1b2c3d4e5")]
    [InlineData("ForAllValues:StringLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/*")]
    [InlineData("StringLike", "aws:PrincipalArn", "*")]
    [InlineData("Bool", "aws:SecureTransport", "true")]
    [InlineData("StringEquals", "sts:RoleSessionName", "deploy")]
    public void A_condition_that_everybody_meets_does_not(string @operator, string key, string value) =>
        Assert.All(
            Principals,
            principal => Assert.Equal(Severity.Error, Assert.Single(Judge(Conditional(principal, @operator, key, value))).Severity)
        );

    [Theory]
    [InlineData("IpAddress", "aws:SourceIp", "203.0.113.0/24")]
    [InlineData("StringEquals", "aws:PrincipalTag/team", "data")]
    [InlineData("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/deployer")]
    [InlineData("StringEquals", "aws:PrincipalOrgID", "${aws:PrincipalTag/organization}")]
    [InlineData("StringEquals", "aws:NewKeyOfTomorrow", "a")]
    public void What_cannot_be_known_from_here_is_a_warning_for_everybody_and_nothing_for_an_account(
        string @operator,
        string key,
        string value
    )
    {
        var finding = Assert.Single(Judge(Conditional(Principals[0], @operator, key, value)));

        Assert.Equal(Severity.Warning, finding.Severity);
        Assert.Contains($"{@operator} {key} = {value}", finding.Cause, StringComparison.Ordinal);
        Assert.Empty(Judge(Conditional(Principals[1], @operator, key, value)));
    }

    [Theory]
    [InlineData(
        """{"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}}"""
    )]
    [InlineData("""{"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::444455556666:role/ci"},"Action":"sts:AssumeRole"}""")]
    public void A_Deny_that_keeps_the_unnamed_out_closes_it(string deny) =>
        Assert.All(Principals, principal => Assert.Empty(Judge(Allow(principal), deny)));

    [Theory]
    [InlineData("""{"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}""")]
    [InlineData(
        """{"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":{"StringEquals":{"aws:PrincipalAccount":"777788889999"}}}"""
    )]
    [InlineData("""{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::777788889999:root"},"Action":"sts:AssumeRole"}""")]
    public void A_Deny_of_somebody_else_does_not(string deny) =>
        Assert.All(Principals, principal => Assert.Equal(Severity.Error, Assert.Single(Judge(Allow(principal), deny)).Severity));

    private static readonly string[] Principals = ["*", "arn:aws:iam::444455556666:root"];

    private static string Allow(string principal) =>
        $$"""{"Effect":"Allow","Principal":{"AWS":"{{principal}}"},"Action":"sts:AssumeRole"}""";

    private static string Conditional(string principal, string @operator, string key, string value) =>
        Allow(principal)[..^1] + $$""","Condition":{"{{@operator}}":{"{{key}}":"{{value}}"} } }""";

    private static IReadOnlyList<Finding> Judge(params string[] statements) =>
        PolicyLint.OpenToOthers(
            PolicyDocument.Parse($$"""{"Version":"2012-10-17","Statement":[{{string.Join(',', statements)}}]}"""),
            "gke-exports",
            Account,
            "aws/111122223333/role/gke-exports"
        );
}
