using Federation.Findings;

namespace Federation.Tests.Diagnosis;

public sealed class ExitCodesTests
{
    [Theory]
    [InlineData(FindingCodes.ConfigurationInvalid, 2)]
    [InlineData(FindingCodes.SubjectNotPinned, 2)]
    [InlineData(FindingCodes.ArgumentInvalid, 2)]
    [InlineData(FindingCodes.AwsAccountMismatch, 1)]
    [InlineData(FindingCodes.KubeconfigWrongCluster, 1)]
    [InlineData(FindingCodes.ResourceNotOurs, 1)]
    [InlineData(FindingCodes.TrustSubjectMismatch, 1)]
    [InlineData(FindingCodes.AwsCredentialsMissing, 3)]
    [InlineData(FindingCodes.AwsPermissionDenied, 3)]
    [InlineData(FindingCodes.EndpointUnreachable, 3)]
    [InlineData(FindingCodes.KubernetesPermissionDenied, 3)]
    public void Each_kind_of_error_has_its_exit_code(string code, int exitCode) => Assert.Equal(exitCode, ExitCodes.For([Finding(code)]));

    [Fact]
    public void The_first_error_decides_and_warnings_never_do() =>
        Assert.Equal(
            ExitCodes.Refused,
            ExitCodes.For([
                Finding(FindingCodes.ConfigurationInvalid) with
                {
                    Severity = Severity.Warning,
                },
                Finding(FindingCodes.Throttled),
                Finding(FindingCodes.RoleMissing),
            ])
        );

    [Fact]
    public void Without_an_error_it_is_done() =>
        Assert.Equal(ExitCodes.Done, ExitCodes.For([Finding(FindingCodes.PermissionsTooBroad) with { Severity = Severity.Warning }]));

    private static Finding Finding(string code) =>
        new()
        {
            Code = code,
            Cause = "A cause.",
            Fix = "A fix.",
        };
}
