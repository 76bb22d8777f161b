namespace Federation.Findings;

/// <summary>The exit codes of the product; with several errors the first decides.</summary>
public static class ExitCodes
{
    public const int Done = 0;

    /// <summary>The answer is no: the gate failed, an error was diagnosed, or a safety stop changed nothing.</summary>
    public const int No = 1;

    /// <summary>Configuration or arguments are wrong; nothing was called.</summary>
    public const int Invalid = 2;

    /// <summary>A cloud refused or could not be reached, or credentials are missing.</summary>
    public const int Refused = 3;

    /// <summary>Interrupted by SIGINT.</summary>
    public const int Interrupted = 130;

    /// <summary>Ended by SIGTERM.</summary>
    public const int Terminated = 143;

    /// <summary>The exit code that an error finding calls for.</summary>
    public static int Of(Finding finding) =>
        finding.Code switch
        {
            FindingCodes.ArgumentInvalid => Invalid,
            _ when finding.Code.StartsWith("FED1", StringComparison.Ordinal) => Invalid,
            FindingCodes.AwsCredentialsMissing
            or FindingCodes.AwsPermissionDenied
            or FindingCodes.RegionUnavailable
            or FindingCodes.EndpointUnreachable
            or FindingCodes.Throttled
            or FindingCodes.GoogleCredentialsMissing
            or FindingCodes.QuotaExceeded
            or FindingCodes.GooglePermissionDenied
            or FindingCodes.GoogleApiDisabled
            or FindingCodes.KubernetesPermissionDenied => Refused,
            _ => No,
        };

    /// <summary>The exit code of a run with these findings: the first error's, or <see cref="Done"/>.</summary>
    public static int Of(IEnumerable<Finding> findings) =>
        findings.FirstOrDefault(finding => finding.Severity == Severity.Error) is { } error ? Of(error) : Done;
}
