using Federation.Findings;
using Federation.Policies;

namespace Federation.Tests.Policies;

public sealed class PolicyEvaluatorTests
{
    private static readonly Dictionary<string, IReadOnlyList<string>> Context = new()
    {
        ["aws:username"] = ["ada"],
        ["aws:SourceIp"] = ["10.1.2.3"],
        ["aws:SecureTransport"] = ["true"],
        ["aws:CurrentTime"] = ["2026-11-23T12:00:00Z"],
        ["s3:max-keys"] = ["10"],
        ["aws:PrincipalArn"] = ["arn:aws:iam::111122223333:role/a:b"],
        ["aws:TagKeys"] = ["team", "cost"],
        ["empty"] = [""],
    };

    [Theory]
    [InlineData("""{"StringEquals":{"aws:username":"ada"}}""", true)]
    [InlineData("""{"StringEquals":{"aws:username":["bob","ada"]}}""", true)]
    [InlineData("""{"StringEquals":{"AWS:UserName":"ada"}}""", true)]
    [InlineData("""{"StringEquals":{"aws:username":"Ada"}}""", false)]
    [InlineData("""{"StringEquals":{"aws:username":"a*"}}""", false)]
    [InlineData("""{"StringEquals":{"aws:absent":"ada"}}""", false)]
    [InlineData("""{"StringEqualsIfExists":{"aws:absent":"ada"}}""", true)]
    [InlineData("""{"StringEqualsIfExists":{"aws:username":"bob"}}""", false)]
    [InlineData("""{"StringNotEquals":{"aws:username":"bob"}}""", true)]
    [InlineData("""{"StringNotEquals":{"aws:username":["bob","ada"]}}""", false)]
    [InlineData("""{"StringNotEquals":{"aws:absent":"x"}}""", true)]
    [InlineData("""{"StringEqualsIgnoreCase":{"aws:username":"ADA"}}""", true)]
    [InlineData("""{"StringNotEqualsIgnoreCase":{"aws:username":"ADA"}}""", false)]
    [InlineData("""{"StringLike":{"aws:username":"a?a"}}""", true)]
    [InlineData("""{"StringLike":{"aws:username":"A*"}}""", false)]
    [InlineData("""{"StringNotLike":{"aws:username":"b*"}}""", true)]
    [InlineData("""{"StringEquals":{"aws:username":"${aws:username}"}}""", true)]
    [InlineData("""{"StringEquals":{"aws:username":"${aws:absent}"}}""", false)]
    [InlineData("""{"StringNotEquals":{"aws:username":"${aws:absent}"}}""", false)]
    [InlineData("""{"StringEquals":{"aws:username":"${aws:absent, 'ada'}"}}""", true)]
    [InlineData("""{"StringLike":{"aws:username":"${*}da"}}""", false)]
    [InlineData("""{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}}""", true)]
    [InlineData("""{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::*:role/a:b"}}""", true)]
    [InlineData("""{"ArnLike":{"aws:PrincipalArn":"arn:aws:*:role/a:b"}}""", false)]
    [InlineData("""{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/*"}}""", true)]
    [InlineData("""{"Bool":{"aws:SecureTransport":"True"}}""", true)]
    [InlineData("""{"Bool":{"aws:SecureTransport":false}}""", false)]
    [InlineData("""{"Bool":{"aws:absent":"false"}}""", false)]
    [InlineData("""{"BoolIfExists":{"aws:absent":"false"}}""", true)]
    [InlineData("""{"NumericLessThanEquals":{"s3:max-keys":"10.0"}}""", true)]
    [InlineData("""{"NumericLessThan":{"s3:max-keys":10}}""", false)]
    [InlineData("""{"NumericGreaterThan":{"s3:max-keys":9}}""", true)]
    [InlineData("""{"NumericGreaterThanEquals":{"s3:max-keys":11}}""", false)]
    [InlineData("""{"NumericEquals":{"s3:max-keys":"ten"}}""", false)]
    [InlineData("""{"NumericNotEquals":{"s3:max-keys":11}}""", true)]
    [InlineData("""{"DateGreaterThan":{"aws:CurrentTime":"2026-11-23T11:59:59Z"}}""", true)]
    [InlineData("""{"DateLessThan":{"aws:CurrentTime":"2026-11-23T14:00:00+02:00"}}""", false)]
    [InlineData("""{"DateLessThanEquals":{"aws:CurrentTime":"2026-11-23T14:00:00+02:00"}}""", true)]
    [InlineData("""{"DateGreaterThanEquals":{"aws:CurrentTime":1795435200}}""", true)]
    [InlineData("""{"DateEquals":{"aws:CurrentTime":"2026-11-23T12:00Z"}}""", true)]
    [InlineData("""{"DateNotEquals":{"aws:CurrentTime":"2026"}}""", true)]
    [InlineData("""{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}""", true)]
    [InlineData("""{"IpAddress":{"aws:SourceIp":"10.1.2.4"}}""", false)]
    [InlineData("""{"IpAddress":{"aws:SourceIp":"2001:db8::/32"}}""", false)]
    [InlineData("""{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}""", false)]
    [InlineData("""{"Null":{"aws:absent":true}}""", true)]
    [InlineData("""{"Null":{"aws:username":true}}""", false)]
    [InlineData("""{"Null":{"aws:username":"false"}}""", true)]
    [InlineData("""{"ForAllValues:StringEquals":{"aws:TagKeys":["team","cost","x"]}}""", true)]
    [InlineData("""{"ForAllValues:StringEquals":{"aws:TagKeys":"team"}}""", false)]
    [InlineData("""{"ForAllValues:StringEquals":{"aws:absent":"x"}}""", true)]
    [InlineData("""{"ForAllValues:StringEquals":{"empty":"x"}}""", true)]
    [InlineData("""{"ForAnyValue:StringEquals":{"aws:TagKeys":"team"}}""", true)]
    [InlineData("""{"ForAnyValue:StringEquals":{"aws:TagKeys":"x"}}""", false)]
    [InlineData("""{"ForAnyValue:StringEquals":{"aws:absent":"x"}}""", false)]
    [InlineData("""{"ForAnyValue:StringNotEquals":{"aws:TagKeys":"team"}}""", true)]
    [InlineData("""{"ForAllValues:StringNotEquals":{"aws:TagKeys":"x"}}""", true)]
    [InlineData("""{"ForAllValues:StringNotEquals":{"aws:TagKeys":"team"}}""", false)]
    [InlineData("""{"StringResembles":{"aws:username":"ada"}}""", false)]
    [InlineData("""{"NullIfExists":{"aws:absent":"true"}}""", false)]
    [InlineData("""{"StringEquals":{"aws:username":"ada"},"Bool":{"aws:SecureTransport":false}}""", false)]
    public void A_condition_holds_or_not(string condition, bool holds) =>
        Assert.Equal(holds, Allows($$"""{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{{condition}}}"""));

    [Theory]
    [InlineData("""{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/k"}""", true)]
    [InlineData("""{"Effect":"Allow","Action":"S3:get*","Resource":"arn:aws:s3:::b/*"}""", true)]
    [InlineData("""{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::B/*"}""", false)]
    [InlineData("""{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b"}""", false)]
    [InlineData("""{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/?"}""", true)]
    [InlineData("""{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}""", true)]
    [InlineData("""{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}""", false)]
    [InlineData("""{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::c/*"}""", true)]
    [InlineData("""{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::b/*"}""", false)]
    [InlineData("""{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::${aws:absent}/*"}""", false)]
    [InlineData("""{"Effect":"Allow","Action":"s3:*"}""", false)]
    [InlineData("""{"Effect":"Allow","Resource":"*"}""", false)]
    public void A_statement_covers_a_call_or_not(string statement, bool covers) => Assert.Equal(covers, Allows(statement));

    [Fact]
    public void Variables_are_text_before_2012()
    {
        const string statement = """{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}/*"}""";

        Assert.True(Evaluate("2012-10-17", statement, "arn:aws:s3:::ada/k").IsAllowed);
        Assert.False(Evaluate("2008-10-17", statement, "arn:aws:s3:::ada/k").IsAllowed);
        Assert.True(Evaluate("2008-10-17", statement, "arn:aws:s3:::${aws:username}/k").IsAllowed);
    }

    [Fact]
    public void The_value_of_a_variable_is_not_a_pattern()
    {
        var request = new PolicyRequest(
            "s3:GetObject",
            "arn:aws:s3:::bob/k",
            new Dictionary<string, IReadOnlyList<string>> { ["aws:username"] = ["*"] }
        );

        Assert.False(
            PolicyEvaluator
                .Evaluate(request, [Named("""{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}/*"}""")])
                .IsAllowed
        );
    }

    [Fact]
    public void A_deny_that_cannot_be_decided_denies() =>
        Assert.Equal(
            PolicyDecision.ExplicitDeny,
            Evaluate(
                "2012-10-17",
                """{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":"""
                    + """{"StringResembles":{"a:b":"c"}}}"""
            ).Decision
        );

    [Fact]
    public void The_verdict_names_the_deciding_statement_and_its_policy()
    {
        var allow = Named("""{"Sid":"Read","Effect":"Allow","Action":"s3:Get*","Resource":"*"}""", "reader");
        var deny = Named("""{"Sid":"Never","Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}""", "guard");

        var allowed = PolicyEvaluator.Evaluate(Request, [allow]);
        Assert.Equal(
            (PolicySource.Identity, "reader", "Read"),
            (allowed.Statement!.Source, allowed.Statement.PolicyName, allowed.Statement.Statement.Sid)
        );

        var denied = PolicyEvaluator.Evaluate(Request, [allow], boundary: deny);
        Assert.Equal(
            (PolicyDecision.ExplicitDeny, PolicySource.Boundary, "guard", "Never"),
            (denied.Decision, denied.Statement!.Source, denied.Statement.PolicyName, denied.Statement.Statement.Sid)
        );
    }

    [Fact]
    public void The_verdict_names_the_layer_that_does_not_allow()
    {
        var reads = Named("""{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}""");
        var lists = Named("""{"Effect":"Allow","Action":"s3:List*","Resource":"*"}""");

        Assert.Equal(PolicySource.Identity, PolicyEvaluator.Evaluate(Request, [lists], reads, reads).BlockedBy);
        Assert.Equal(PolicySource.Boundary, PolicyEvaluator.Evaluate(Request, [reads], lists, lists).BlockedBy);
        Assert.Equal(PolicySource.Session, PolicyEvaluator.Evaluate(Request, [reads], reads, lists).BlockedBy);
        Assert.Equal(PolicySource.Identity, PolicyEvaluator.Evaluate(Request, []).BlockedBy);
        Assert.Null(PolicyEvaluator.Evaluate(Request, [reads], reads, reads).BlockedBy);
    }

    [Theory]
    [InlineData("*", "", true)]
    [InlineData("a*b*c", "aXbYbZc", true)]
    [InlineData("a*b*c", "aXbYbZ", false)]
    [InlineData("?", "", false)]
    [InlineData("**", "x", true)]
    [InlineData("", "x", false)]
    [InlineData("*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false)]
    public void Wildcards_match(string pattern, string text, bool matches) => Assert.Equal(matches, Wildcard.IsMatch(pattern, text));

    private static PolicyRequest Request => new("s3:GetObject", "arn:aws:s3:::b/k", Context);

    private static NamedPolicy Named(string statement, string name = "p", string version = "2012-10-17") =>
        new(name, PolicyDocument.Parse($$"""{"Version":"{{version}}","Statement":[{{statement}}]}"""));

    private static bool Allows(string statement) => Evaluate("2012-10-17", statement).IsAllowed;

    private static PolicyVerdict Evaluate(string version, string statement, string resource = "arn:aws:s3:::b/k") =>
        PolicyEvaluator.Evaluate(Request with { Resource = resource }, [Named(statement, version: version)]);
}
