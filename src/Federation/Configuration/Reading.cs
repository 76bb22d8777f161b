using Federation.Configuration.Shape;
using Federation.Configuration.Yaml;
using Federation.Findings;

namespace Federation.Configuration;

/// <summary>One reading of one file: collects every problem, so that all of them are reported together.</summary>
internal sealed class Reading(string file, Section grammar)
{
    private readonly List<(Position At, Finding Finding)> _problems = [];
    private int _unlisted;

    /// <summary>The policy templates by name, with the parameters each takes; null where they are not known.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? PolicyTemplates { get; init; }

    /// <summary>Whether there is a file at a policy's path; null where that is not known.</summary>
    public Func<string, bool>? HasPolicyFile { get; init; }

    /// <summary>What the whole file may contain, to tell where a misplaced key belongs.</summary>
    public Section Grammar => grammar;

    public int Errors { get; private set; }

    /// <summary>So much is wrong that more of it is only counted: the rest of the file is no longer worth explaining.</summary>
    public bool IsFull => _problems.Count >= 2 * Limits.Findings;

    public SourceLocation Locate(Position at) => new(file, at.Line, at.Column);

    public void Invalid(Position at, string cause, string fix, string? expected = null, string? actual = null) =>
        Add(FindingCodes.ConfigurationInvalid, at, cause, fix, expected, actual);

    public void Add(
        string code,
        Position at,
        string cause,
        string fix,
        string? expected = null,
        string? actual = null,
        Severity severity = Severity.Error
    )
    {
        if (severity is Severity.Error)
        {
            Errors++;
        }

        if (IsFull)
        {
            _unlisted++;
            return;
        }

        _problems.Add(
            (
                at,
                new Finding
                {
                    Code = code,
                    Severity = severity,
                    Cause = cause,
                    Fix = fix,
                    Expected = expected,
                    Actual = actual,
                    Location = Locate(at),
                }
            )
        );
    }

    /// <summary>
    /// Everything found, in the order of the file, each thing once (a value that is used through an alias is read more
    /// than once). Beyond <see cref="Limits.Findings"/> the rest is counted.
    /// </summary>
    public IReadOnlyList<Finding> Findings()
    {
        var findings = _problems
            .OrderBy(problem => problem.At.Line)
            .ThenBy(problem => problem.At.Column)
            .Select(problem => problem.Finding)
            .Distinct()
            .ToList();
        if (findings.Count <= Limits.Findings)
        {
            return findings;
        }

        var rest = findings[Limits.Findings..];
        // The rest must weigh what is in it: a cut never hides the only error.
        var severity = _unlisted > 0 ? Severity.Error : rest.Max(finding => finding.Severity);
        return
        [
            .. findings[..Limits.Findings],
            rest[0] with
            {
                Code = FindingCodes.ConfigurationInvalid,
                Severity = severity,
                Cause = $"{rest.Count + _unlisted} more problems follow from here on",
                Fix = "Mend those listed first; many may have one cause.",
                Expected = null,
                Actual = null,
            },
        ];
    }
}
