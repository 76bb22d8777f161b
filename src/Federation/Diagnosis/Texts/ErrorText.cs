using System.Text.RegularExpressions;
using Federation.Findings;

namespace Federation.Diagnosis.Texts;

/// <summary>Something that is written when something is wrong, and the finding it stands for.</summary>
/// <param name="Phrases">Any of these, whatever its case, is what it is known by.</param>
internal sealed record ErrorText(params string[] Phrases)
{
    public required string Code { get; init; }

    public Severity Severity { get; init; } = Severity.Error;

    public required string Cause { get; init; }

    /// <summary>Left to <see cref="Read"/> where it needs the values.</summary>
    public string Fix { get; init; } = "";

    /// <summary>What the line must look like besides.</summary>
    public Regex? Form { get; init; }

    /// <summary>Puts the values that the line gives into the finding.</summary>
    public Func<Match, Finding, Finding>? Read { get; init; }

    /// <summary>The group of <see cref="Form"/> of which each value makes a finding of its own: another action that is denied is another fault.</summary>
    public string? Apart { get; init; }

    /// <summary>The finding, if the line says this; its actual value is the line, or what <see cref="Read"/> found in it.</summary>
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
            Apart is null ? null : form.Groups[Apart].Value
        );
    }
}

/// <summary>What a line was taken for, and what sets it apart from others of its code.</summary>
internal sealed record Recognised(Finding Finding, string? Apart);
