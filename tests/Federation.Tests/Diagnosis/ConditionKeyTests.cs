using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Policies;
using Federation.Tests.WebIdentity;
using Federation.WebIdentity;
using Reading = Federation.Diagnosis.Evidence.Reading;

namespace Federation.Tests.Diagnosis;

/// <summary>A condition key has a value, is known to be absent, or is unknown from here.</summary>
public sealed class ConditionKeyTests
{
    [Theory]
    [InlineData("IpAddress", "aws:SourceIp", "203.0.113.0/24")]
    [InlineData("StringEquals", "aws:RequestedRegion", "ap-south-1")]
    [InlineData("StringLike", "aws:UserAgent", "Boto3/*")]
    [InlineData("StringEquals", "aws:SourceVpce", "vpce-1")]
    [InlineData("DateLessThan", "aws:CurrentTime", "2027-01-01T00:00:00Z")]
    [InlineData("NumericLessThan", "aws:EpochTime", "1")]
    [InlineData("StringEquals", "aws:ResourceOrgID", "o-1")]
    [InlineData("StringEquals", "aws:ResourceTag/team", "data")]
    [InlineData("StringEquals", "aws:KeyOfTomorrow", "x")]
    [InlineData("Null", "aws:SourceVpc", "true")]
    [InlineData("StringEquals", "aws:PrincipalType", "${aws:UserAgent}")]
    public void A_condition_over_a_key_that_is_unknown_from_here_is_a_warning_and_never_an_error(string @operator, string key, string value)
    {
        foreach (var trust in new[] { Allowing(@operator, key, value), Denying(@operator, key, value) })
        {
            var diagnosis = Judge(Healthy.Evidence.WithTrust(trust));

            var warning = Assert.Single(diagnosis.Findings);
            Assert.Equal((FindingCodes.TrustConditionUndecided, Severity.Warning), (warning.Code, warning.Severity));
            Assert.Contains(key, warning.Cause, StringComparison.Ordinal);
            Assert.Contains("CloudTrail", warning.Fix, StringComparison.Ordinal);
            Assert.Equal(LinkState.NotReached, diagnosis.Chain.Single(link => link.Link == "subject").State);
        }
    }

    [Theory]
    [InlineData("StringEquals", "sts:ExternalId", "12345")]
    [InlineData("Bool", "aws:MultiFactorAuthPresent", "true")]
    [InlineData("NumericLessThan", "aws:MultiFactorAuthAge", "3600")]
    [InlineData("StringEquals", "aws:PrincipalOrgID", "o-1")]
    [InlineData("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*")]
    [InlineData("StringEquals", "aws:PrincipalTag/team", "data")]
    [InlineData("StringEquals", "aws:SourceAccount", "111122223333")]
    [InlineData("ArnLike", "aws:SourceArn", "arn:aws:s3:::*")]
    [InlineData("StringEquals", "aws:RequestTag/team", "data")]
    [InlineData("Null", "sts:ExternalId", "false")]
    public void An_Allow_that_needs_a_key_that_no_web_identity_has_is_an_error(string @operator, string key, string value)
    {
        var error = Assert.Single(Judge(Healthy.Evidence.WithTrust(Allowing(@operator, key, value))).Findings);

        Assert.Equal((FindingCodes.TrustConditionKeyWrong, Severity.Error), (error.Code, error.Severity));
        Assert.Contains("can never hold", error.Cause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("StringEquals", "sts:ExternalId", "12345")]
    [InlineData("StringNotEqualsIfExists", "aws:PrincipalOrgID", "o-1")]
    [InlineData("StringEquals", "aws:PrincipalTag/team", "data")]
    public void A_Deny_over_such_a_key_is_decided(string @operator, string key, string value)
    {
        var denies = @operator.EndsWith("IfExists", StringComparison.Ordinal);
        var findings = Judge(Healthy.Evidence.WithTrust(Denying(@operator, key, value))).Findings;

        Assert.Equal(denies ? [FindingCodes.TrustDenied] : [], findings.Select(finding => finding.Code));
    }

    [Theory]
    [InlineData("Bool", "aws:SecureTransport", "true")]
    [InlineData("Bool", "aws:ViaAWSService", "false")]
    [InlineData("Null", "aws:RequestedRegion", "false")]
    [InlineData("StringEqualsIfExists", "sts:ExternalId", "12345")]
    [InlineData("BoolIfExists", "aws:MultiFactorAuthPresent", "true")]
    [InlineData("StringNotEquals", "aws:PrincipalOrgID", "o-1")]
    public void A_condition_that_holds_for_every_web_identity_is_silent(string @operator, string key, string value) =>
        Assert.Empty(Judge(Healthy.Evidence.WithTrust(Allowing(@operator, key, value))).Findings);

    [Fact]
    public void A_condition_that_fails_whatever_is_unknown_is_the_error()
    {
        var statement = Allowing("IpAddress", "aws:SourceIp", "203.0.113.0/24")[0];
        var evidence = Healthy.Evidence.WithTrust(
            statement with
            {
                Conditions = [.. statement.Conditions, new("StringEquals", "sts:ExternalId", ["1"])],
            }
        );

        Assert.Equal(FindingCodes.TrustConditionKeyWrong, Assert.Single(Judge(evidence).Findings).Code);
    }

    [Fact]
    public void Another_statement_that_admits_the_token_makes_an_undecided_Allow_harmless() =>
        Assert.Empty(
            Judge(Healthy.Evidence.WithTrust(Healthy.Statement, Allowing("IpAddress", "aws:SourceIp", "203.0.113.0/24")[0])).Findings
        );

    [Fact]
    public void Where_STS_refuses_the_role_the_undecided_condition_is_the_error()
    {
        var evidence = Healthy
            .Evidence.WithTrust(Denying("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"))
            .Failed(
                CheckVerdict.IdentityRefused,
                "An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to "
                    + "perform sts:AssumeRoleWithWebIdentity"
            );

        var error = Assert.Single(Judge(evidence).Findings);
        Assert.Equal((FindingCodes.TrustConditionUndecided, Severity.Error), (error.Code, error.Severity));
    }

    [Theory]
    [InlineData("203.0.113.7", true)]
    [InlineData("198.51.100.7", false)]
    public void For_STS_itself_nothing_is_unknown(string address, bool isAllowed)
    {
        var evidence = Scene.EvidenceOf(
            Scene.Statement(),
            Scene.Statement().With("NotIpAddress", "aws:SourceIp", "203.0.113.0/24") with
            {
                Effect = PolicyEffect.Deny,
            }
        ) with
        {
            CallKeys = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["aws:SourceIp"] = [address] },
        };

        Assert.Equal(isAllowed, SecurityTokenService.Decide(evidence) is WebIdentityDecision.Allowed);
        Assert.IsType<WebIdentityDecision.Undecided>(SecurityTokenService.Decide(evidence with { CallKeys = null }));
    }

    [Theory]
    [InlineData("IpAddress", "aws:SourceIp", FindingCodes.PermissionDenied)]
    [InlineData("StringEquals", "s3:authType", FindingCodes.PermissionDenied)]
    public void A_permission_that_depends_on_the_call_is_a_warning(string @operator, string key, string code)
    {
        var deny = Healthy.Allow("s3:*", "*").Statements[0] with
        {
            Effect = PolicyEffect.Deny,
            Conditions = [new(@operator, key, ["203.0.113.0/24"])],
        };
        var evidence = Policies(new("list", Healthy.Listing), new("guard", new PolicyDocument { Statements = [deny] }));

        var warning = Assert.Single(Judge(evidence).Findings, finding => finding.Code == code);
        Assert.Equal(Severity.Warning, warning.Severity);
        Assert.Null(Judge(evidence).RootCause);
    }

    [Fact]
    public void A_permission_denied_by_the_role_s_own_known_values_is_an_error()
    {
        var deny = Healthy.Allow("s3:*", "*").Statements[0] with
        {
            Effect = PolicyEffect.Deny,
            Conditions = [new("StringNotEquals", "aws:RequestedRegion", ["eu-west-1"])],
        };

        Assert.Equal(
            FindingCodes.PermissionDenied,
            Judge(Policies(new("list", Healthy.Listing), new("guard", new PolicyDocument { Statements = [deny] }))).RootCause!.Code
        );
    }

    private static WorkloadEvidence Policies(params IReadOnlyList<NamedPolicy> policies) =>
        Healthy.Evidence.WithRole(role => role with { Policies = Reading.Of<IReadOnlyList<NamedPolicy>>(policies) });

    private static PolicyStatement[] Allowing(string @operator, string key, string value) =>
        [Healthy.Statement with { Conditions = [.. Healthy.Statement.Conditions, new(@operator, key, [value])] }];

    private static PolicyStatement[] Denying(string @operator, string key, string value) =>
        [
            Healthy.Statement,
            Healthy.Statement with
            {
                Sid = "Guard",
                Effect = PolicyEffect.Deny,
                Conditions = [new(@operator, key, [value])],
            },
        ];

    private static WorkloadDiagnosis Judge(WorkloadEvidence evidence) => Diagnostician.Diagnose(evidence, Healthy.Now);
}
