using System.Text.Json.Serialization;

namespace Federation.Findings;

/// <summary>How much a finding weighs: only an <see cref="Error"/> changes the exit code.</summary>
public enum Severity
{
    Information,
    Warning,
    Error,
}

/// <summary>A place in a file of the user's: <paramref name="Line"/> and <paramref name="Column"/> count from one.</summary>
public sealed record SourceLocation(string File, int Line, int Column)
{
    public override string ToString() => $"{File}:{Line}:{Column}";
}

/// <summary>
/// One diagnosed fact. <see cref="Cause"/> speaks in the user's own names and values; <see cref="Fix"/> can be
/// pasted or done; <see cref="Expected"/> and <see cref="Actual"/> stand wherever two values differ.
/// </summary>
public sealed record Finding
{
    /// <summary>The stable code, one of <see cref="FindingCodes"/>.</summary>
    /// <exception cref="ArgumentException">There is no such code.</exception>
    public required string Code
    {
        get => Kind.Code;
        init => Kind = FindingCatalogue.Get(value);
    }

    /// <summary>The code's row in the catalogue.</summary>
    [JsonIgnore]
    public FindingKind Kind { get; private init; } = null!;

    public Severity Severity { get; init; } = Severity.Error;

    public required string Cause { get; init; }

    public required string Fix { get; init; }

    /// <summary>The resource concerned, as <c>aws/ACCOUNT/KIND/NAME</c> and so on.</summary>
    public string? Resource { get; init; }

    public string? Expected { get; init; }

    public string? Actual { get; init; }

    public SourceLocation? Location { get; init; }

    /// <summary>The name of the code, such as <c>TrustSubjectMismatch</c>.</summary>
    public string Title => Kind.Name;
}

/// <summary>Ends what is under way because of findings, the first error being the root cause.</summary>
public sealed class FindingException : Exception
{
    public FindingException(params IReadOnlyList<Finding> findings)
        : base(findings.Count == 0 ? "No finding given." : $"{findings[0].Code} {findings[0].Title}: {findings[0].Cause}") =>
        Findings = findings;

    public FindingException(Finding finding, Exception innerException)
        : base($"{finding.Code} {finding.Title}: {finding.Cause}", innerException) => Findings = [finding];

    public IReadOnlyList<Finding> Findings { get; }
}
