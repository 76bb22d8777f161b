using Federation.Configuration.Schema;
using Federation.Configuration.Yaml;
using Federation.Findings;

namespace Federation.Configuration;

/// <summary>Collects the findings about one file while it is read.</summary>
internal sealed class FileReading(string file, Section grammar)
{
    private readonly List<(Position At, Finding Finding)> _problems = [];
    private int _unlisted;

    /// <summary>The policy templates by name, with the parameters that each takes. Null: they are not known.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? PolicyTemplates { get; init; }

    /// <summary>Whether a policy file exists at a path. Null: that is not known.</summary>
    public Func<string, bool>? HasPolicyFile { get; init; }

    /// <summary>The sections of the whole file, used to say where a misplaced key belongs.</summary>
    public Section Grammar => grammar;

    public int Errors { get; private set; }

    /// <summary>So many findings that further ones are only counted. Their texts are not used and need no care.</summary>
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
    /// The findings in the order of the file, each once, although a value with aliases is read several times. Beyond
    /// <see cref="Limits.Findings"/> the rest is summed up in one.
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
        // The summary is an error if one of the rest is: the limit must not hide the only error.
        var severity = _unlisted > 0 ? Severity.Error : rest.Max(finding => finding.Severity);
        return
        [
            .. findings[..Limits.Findings],
            rest[0] with
            {
                Code = FindingCodes.ConfigurationInvalid,
                Severity = severity,
                Cause = $"{rest.Count + _unlisted} more problems follow from here on",
                Fix = "Fix those listed first; many may have one cause.",
                Expected = null,
                Actual = null,
            },
        ];
    }
}
