using Federation.Findings;
using Federation.Policies;
using Federation.Tests.WebIdentity;

namespace Federation.Tests.Policies;

public sealed class PolicyLintTests
{
    [Theory]
    [InlineData("""{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b"}""", "allows *")]
    [InlineData(
        """{"Sid":"All","Effect":"Allow","Action":["s3:GetObject","s3:*"],"Resource":"arn:aws:s3:::b"}""",
        "Statement All of the policy p allows s3:*"
    )]
    [InlineData("""{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}""", "Statement 1 of the policy p allows s3:GetObject on *")]
    [InlineData("""{"Effect":"Allow","NotAction":"iam:*","Resource":"arn:aws:s3:::b"}""", "allows everything but iam:*")]
    [InlineData(
        """{"Effect":"Allow","Action":"s3:GetObject","NotResource":"arn:aws:s3:::b"}""",
        "covers every resource but arn:aws:s3:::b"
    )]
    public void Permissions_wider_than_anyone_means_are_named_with_their_statement(string statement, string cause)
    {
        var finding = Assert.Single(PolicyLint.Permissions(Permissions(statement), "p"));

        Assert.Equal((FindingCodes.PermissionsTooBroad, Severity.Warning), (finding.Code, finding.Severity));
        Assert.Contains(cause, finding.Cause, StringComparison.Ordinal);
        Assert.Equal(Severity.Error, PolicyLint.Permissions(Permissions(statement), "p", strict: true)[0].Severity);
    }

    [Theory]
    [InlineData("""{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}""")]
    [InlineData("""{"Effect":"Allow","Action":["sts:GetCallerIdentity","ec2:DescribeInstances"],"Resource":"*"}""")]
    [InlineData("""{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"}""")]
    [InlineData("""{"Effect":"Deny","Action":"*","Resource":"*"}""")]
    public void What_names_its_actions_and_resources_is_fine(string statement) =>
        Assert.Empty(PolicyLint.Permissions(Permissions(statement), "p"));

    [Fact]
    public void A_trust_that_pins_both_is_fine()
    {
        Assert.Empty(PolicyLint.TrustTemplate(Scene.TrustPolicy));
        Assert.Empty(PolicyLint.LiveTrust(Scene.TrustPolicy, "role"));
    }

    public static TheoryData<string, PolicyCondition[]> Open =>
        new()
        {
            { "no condition at all", [] },
            { "a wildcard namespace", [new("StringLike", Scene.IssuerPath + ":sub", ["system:serviceaccount:*:a"])] },
            { "a wildcard service account", [new("StringLike", Scene.IssuerPath + ":sub", ["system:serviceaccount:a:*"])] },
            {
                "a variable that is always the caller's own subject",
                [new("StringEquals", Scene.IssuerPath + ":sub", ["${" + Scene.IssuerPath + ":sub}"])]
            },
            { "IfExists", [new("StringEqualsIfExists", Scene.IssuerPath + ":sub", ["system:serviceaccount:a:b"])] },
            { "a negation", [new("StringNotEquals", Scene.IssuerPath + ":sub", ["system:serviceaccount:a:b"])] },
            {
                "ForAllValues, true where the key is absent",
                [new("ForAllValues:StringEquals", Scene.IssuerPath + ":sub", ["system:serviceaccount:a:b"])]
            },
        };

    [Theory]
    [MemberData(nameof(Open))]
    public void A_subject_that_is_not_pinned_is_an_error(string name, PolicyCondition[] conditions)
    {
        var trust = Scene.Trust(
            Scene.Statement() with
            {
                Conditions = [new PolicyCondition("StringEquals", Scene.IssuerPath + ":aud", ["a"]), .. conditions],
            }
        );

        var template = Assert.Single(PolicyLint.TrustTemplate(trust));
        Assert.True(template is { Code: FindingCodes.SubjectNotPinned, Severity: Severity.Error }, name);
        var live = Assert.Single(PolicyLint.LiveTrust(trust, "gke-to-aws-test"));
        Assert.Equal(FindingCodes.TrustSubjectOpen, live.Code);
        Assert.StartsWith("Statement FederationMain", live.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void An_audience_that_is_not_pinned_is_an_error()
    {
        var trust = Scene.Trust(
            Scene.Statement() with
            {
                Conditions = [new PolicyCondition("StringEquals", Scene.IssuerPath + ":sub", [Scene.Subject])],
            }
        );

        Assert.Equal(FindingCodes.AudienceNotPinned, Assert.Single(PolicyLint.TrustTemplate(trust)).Code);
    }

    [Fact]
    public void What_admits_no_web_identity_is_not_checked()
    {
        var service = Scene.Statement().For("Service", "ec2.amazonaws.com") with { Actions = ["sts:AssumeRole"], Conditions = [] };
        var deny = Scene.Statement() with { Effect = PolicyEffect.Deny, Conditions = [] };

        Assert.Empty(PolicyLint.TrustTemplate(Scene.Trust(service, deny)));
        Assert.Empty(PolicyLint.LiveTrust(Scene.Trust(service, deny), "role"));
    }

    private static PolicyDocument Permissions(string statement) =>
        PolicyDocument.Parse($$"""{"Version":"2012-10-17","Statement":[{{statement}}]}""");
}
