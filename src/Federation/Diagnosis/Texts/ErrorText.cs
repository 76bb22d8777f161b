using System.Text.RegularExpressions;
using Federation.Findings;

namespace Federation.Diagnosis.Texts;

/// <summary>A known error text and its finding.</summary>
/// <param name="Phrases">A line that contains one of these, in any case, is recognised.</param>
internal sealed record ErrorText(params string[] Phrases)
{
    /// <summary>Options for every <see cref="Form"/>.</summary>
    public const RegexOptions Options =
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking;

    public required string Code { get; init; }

    public Severity Severity { get; init; } = Severity.Error;

    public required string Cause { get; init; }

    /// <summary>Empty if <see cref="Read"/> writes it, because it needs values of the line.</summary>
    public string Fix { get; init; } = "";

    /// <summary>The line must match this as well.</summary>
    public Regex? Form { get; init; }

    /// <summary>Puts values of the line into the finding.</summary>
    public Func<Match, Finding, Finding>? Read { get; init; }

    /// <summary>
    /// A group of <see cref="Form"/>. Lines with different values of it are different faults, such as two denied actions;
    /// null: all lines are one fault.
    /// </summary>
    public string? DistinctBy { get; init; }

    /// <summary>The finding if the line has this text; its actual value is the line, or what <see cref="Read"/> found in it.</summary>
    public Recognised? Explain(string line)
    {
        var at = Phrases.Select(phrase => line.IndexOf(phrase, StringComparison.OrdinalIgnoreCase)).FirstOrDefault(index => index >= 0, -1);
        if (at < 0)
        {
            return null;
        }

        var form = Form?.Match(line) ?? Match.Empty;
        if (Form is not null && !form.Success)
        {
            return null;
        }

        var shown = LogText.Shown(line, at);
        var finding = new Finding
        {
            Code = Code,
            Severity = Severity,
            Cause = Cause,
            Fix = Fix,
            Actual = shown,
        };
        finding = Read?.Invoke(form, finding) ?? finding;
        return new(
            finding.Actual == shown ? finding : finding with { Cause = $"{finding.Cause} It was recognised by: {shown}" },
            DistinctBy is null ? null : form.Groups[DistinctBy].Value
        );
    }
}

/// <summary>The finding for a line.</summary>
/// <param name="Distinction">Findings of one code that differ in this are different faults.</param>
internal sealed record Recognised(Finding Finding, string? Distinction);
