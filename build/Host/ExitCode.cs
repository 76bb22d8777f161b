using System.Net.Sockets;
using System.Security.Authentication;
using Cake.Core;
using Federation.Diagnosis;

namespace Build.Host;

/// <summary>What the process answers with.</summary>
public static class ExitCode
{
    public const int Done = 0;

    /// <summary>The answer is no, or a safety stop changed nothing, or something unforeseen failed.</summary>
    public const int Failed = 1;

    /// <summary>The configuration or the arguments are wrong; nothing was called.</summary>
    public const int Invalid = 2;

    /// <summary>A cloud refused or could not be reached, or credentials are missing.</summary>
    public const int Unreachable = 3;

    /// <summary>The first error decides; without one, all is well.</summary>
    public static int Of(IEnumerable<Finding> findings)
        => findings.FirstOrDefault(finding => finding.Severity == Severity.Error) is { } error ? Of(error.Code) : Done;

    public static int Of(string code) => code switch
    {
        FindingCodes.ArgumentInvalid => Invalid,
        _ when code.StartsWith("FED1", StringComparison.Ordinal) => Invalid,
        FindingCodes.AwsCredentialsMissing
            or FindingCodes.AwsPermissionDenied
            or FindingCodes.RegionUnavailable
            or FindingCodes.EndpointUnreachable
            or FindingCodes.Throttled
            or FindingCodes.GoogleCredentialsMissing
            or FindingCodes.QuotaExceeded
            or FindingCodes.GooglePermissionDenied
            or FindingCodes.GoogleApiDisabled
            or FindingCodes.KubernetesPermissionDenied => Unreachable,
        _ => Failed,
    };

    /// <summary>For what ended a run, already unwrapped by <see cref="CauseOf"/>.</summary>
    public static int Of(Exception cause) => cause switch
    {
        FindingException finding => Math.Max(Of(finding.Findings), Failed),
        _ when Chain(cause).Any(inner => inner is HttpRequestException or SocketException or AuthenticationException or TimeoutException) => Unreachable,
        _ => Failed,
    };

    /// <summary>What a task threw, out of the wrappings that Cake and the runtime put around it.</summary>
    public static Exception CauseOf(Exception exception) => exception switch
    {
        CakeReportException { InnerException: { } inner } => CauseOf(inner),
        AggregateException { InnerExceptions: [var only] } => CauseOf(only),
        _ => exception,
    };

    private static IEnumerable<Exception> Chain(Exception exception)
    {
        for (var current = exception; current is not null; current = current.InnerException) yield return current;
    }
}
