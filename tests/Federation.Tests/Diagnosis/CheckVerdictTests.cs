using Federation.Diagnosis;
using Federation.Findings;

namespace Federation.Tests.Diagnosis;

public sealed class CheckVerdictTests
{
    private const string Became =
        """{"UserId":"AROA:reader","Account":"111122223333","Arn":"arn:aws:sts::111122223333:assumed-role/reader/reader"}""";

    [Fact]
    public void The_assumed_role_is_read_from_the_termination_message() =>
        Assert.Equal("arn:aws:sts::111122223333:assumed-role/reader/reader", CheckVerdict.AssumedRole(Became));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Unable to locate credentials")]
    [InlineData("[]")]
    [InlineData("""{"Arn":7}""")]
    [InlineData("""{"Arn":"arn:aws:sts::111122223333:assumed-role/reader/reader","Arn":"another"}""")]
    public void A_message_that_is_not_an_identity_names_no_role(string? message) => Assert.Null(CheckVerdict.AssumedRole(message));

    [Fact]
    public void The_expected_role_passes() =>
        Assert.Empty(CheckVerdict.CheckIdentity(Workloads.Reader(), CheckVerdict.AssumedRole(Became)));

    [Theory]
    [InlineData("arn:aws:sts::111122223333:assumed-role/reader-2/reader", FindingCodes.PodEnvironmentWrong)]
    [InlineData("arn:aws:sts::444455556666:assumed-role/reader/reader", FindingCodes.PodEnvironmentWrong)]
    [InlineData("arn:aws:iam::111122223333:user/admin", FindingCodes.PodEnvironmentWrong)]
    [InlineData(null, FindingCodes.CheckFailed)]
    public void Success_as_anybody_else_fails(string? became, string code)
    {
        var finding = Assert.Single(CheckVerdict.CheckIdentity(Workloads.Reader(), became));
        Assert.Equal((code, Severity.Error, became), (finding.Code, finding.Severity, finding.Actual));
        Assert.Equal("aws/111122223333/role/reader", finding.Resource);
    }
}
