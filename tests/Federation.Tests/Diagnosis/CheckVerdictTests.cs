using Federation.Diagnosis;

namespace Federation.Tests.Diagnosis;

public sealed class CheckVerdictTests
{
    private const string Became = """{"UserId":"AROA:reader","Account":"111122223333","Arn":"arn:aws:sts::111122223333:assumed-role/reader/reader"}""";

    [Fact]
    public void The_assumed_role_is_read_from_the_termination_message() =>
        Assert.Equal("arn:aws:sts::111122223333:assumed-role/reader/reader", CheckVerdict.AssumedRole(Became));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Unable to locate credentials")]
    [InlineData("[]")]
    public void A_message_that_is_no_identity_names_nobody(string? message) => Assert.Null(CheckVerdict.AssumedRole(message));

    [Fact]
    public void The_expected_role_passes() => Assert.Empty(CheckVerdict.OfSuccess(Workloads.Reader(), CheckVerdict.AssumedRole(Became)));

    [Theory]
    [InlineData("arn:aws:sts::111122223333:assumed-role/reader-2/reader", FindingCodes.PodEnvironmentWrong)]
    [InlineData("arn:aws:sts::444455556666:assumed-role/reader/reader", FindingCodes.PodEnvironmentWrong)]
    [InlineData("arn:aws:iam::111122223333:user/admin", FindingCodes.PodEnvironmentWrong)]
    [InlineData(null, FindingCodes.CheckFailed)]
    public void Success_as_anybody_else_fails(string? became, string code)
    {
        var finding = Assert.Single(CheckVerdict.OfSuccess(Workloads.Reader(), became));
        Assert.Equal((code, Severity.Error, became), (finding.Code, finding.Severity, finding.Actual));
    }

    [Theory]
    [InlineData("An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: No OpenIDConnect provider found in your account for https://x", FindingCodes.ProviderMissing)]
    [InlineData("An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: Incorrect token audience", FindingCodes.AudienceNotRegistered)]
    [InlineData("An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements", FindingCodes.VerificationKeyUnavailable)]
    [InlineData("An error occurred (ExpiredTokenException) when calling the AssumeRoleWithWebIdentity operation: Token expired: current date/time 1 must be before the expiration date/time 0", FindingCodes.TokenExpired)]
    [InlineData("An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to perform sts:AssumeRoleWithWebIdentity", FindingCodes.RoleNotYetVisible)]
    [InlineData("something else went wrong, an Error of its own", FindingCodes.CheckFailed)]
    public void A_refused_identity_is_named_by_what_STS_said(string said, string code)
    {
        var finding = CheckVerdict.OfFailure(Workloads.Reader(), CheckVerdict.IdentityRefused, TimeSpan.FromSeconds(60), ["waiting", said]);
        // Spaces are shown as one, however many STS writes.
        Assert.Equal((code, said.Replace("  ", " ", StringComparison.Ordinal)), (finding.Code, finding.Actual));
    }

    [Fact]
    public void A_check_that_is_denied_misses_a_permission()
    {
        const string denied = "An error occurred (AccessDenied) when calling the ListBuckets operation: Access Denied";
        var finding = CheckVerdict.OfFailure(Workloads.Reader(), 254, TimeSpan.Zero, ["I am reader", denied]);
        Assert.Equal((FindingCodes.PermissionMissing, denied), (finding.Code, finding.Actual));
    }

    [Fact]
    public void Any_other_exit_code_is_the_checks_own()
    {
        var finding = CheckVerdict.OfFailure(Workloads.Reader(), 127, TimeSpan.Zero, ["sh: awz: not found"]);
        Assert.Equal((FindingCodes.CheckFailed, "exit code 127"), (finding.Code, finding.Actual));
    }
}
