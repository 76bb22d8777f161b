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

    /// <summary>The exit code of a run with these findings: the first error's, or <see cref="Done"/>.</summary>
    public static int For(IEnumerable<Finding> findings) =>
        findings.FirstOrDefault(finding => finding.Severity == Severity.Error) is { } error ? error.Kind.ExitCode : Done;
}
