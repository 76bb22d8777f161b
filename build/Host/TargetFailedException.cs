namespace Build.Host;

/// <summary>Ends the run with an exit code and no further word: the target has already said why.</summary>
public sealed class TargetFailedException(int exitCode) : Exception("The target failed, and has said why.")
{
    public int ExitCode { get; } = exitCode;
}
