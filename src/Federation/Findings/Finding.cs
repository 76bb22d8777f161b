using System.Text.Json.Serialization;

namespace Federation.Findings;

/// <summary>How serious a finding is: only an <see cref="Error"/> changes the exit code.</summary>
public enum Severity
{
    Information,
    Warning,
    Error,
}

/// <summary>A place in a user's file: <paramref name="Line"/> and <paramref name="Column"/> count from one.</summary>
public sealed record SourceLocation(string File, int Line, int Column)
{
    public override string ToString() => $"{File}:{Line}:{Column}";
}

/// <summary>
/// One diagnosed fact. <see cref="Cause"/> uses the user's own names and values; <see cref="Fix"/> is something to do, or a
/// command to paste; <see cref="Expected"/> and <see cref="Actual"/> are set if two values differ.
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

/// <summary>Ends an operation because of findings; the first error is the root cause.</summary>
public sealed class FindingException : Exception
{
    public FindingException(params IReadOnlyList<Finding> findings)
        : base(findings.Count == 0 ? "No finding given." : $"{findings[0].Code} {findings[0].Title}: {findings[0].Cause}") =>
        Findings = findings;

    public FindingException(Finding finding, Exception innerException)
        : base($"{finding.Code} {finding.Title}: {finding.Cause}", innerException) => Findings = [finding];

    public IReadOnlyList<Finding> Findings { get; }

    /// <summary>
    /// Waits for all, as <see cref="Task.WhenAll{TResult}(Task{TResult}[])"/> does, and tells the findings of all that failed.
    /// </summary>
    /// <exception cref="FindingException">Each finding once, in the order of the tasks.</exception>
    public static async Task<T[]> WhenAllAsync<T>(IEnumerable<Task<T>> tasks)
    {
        var all = Task.WhenAll(tasks);
        try
        {
            return await all;
        }
        catch (FindingException first) when (all.Exception is { InnerExceptions: [_, _, ..] several })
        {
            var findings = several.OfType<FindingException>().SelectMany(one => one.Findings).Distinct().ToArray();
            throw findings.Length == first.Findings.Count ? first : new FindingException(findings);
        }
    }
}
