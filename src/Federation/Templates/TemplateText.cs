using System.Text.RegularExpressions;
using Federation.Findings;

namespace Federation.Templates;

/// <summary>The text of a scalar, split at its placeholders.</summary>
internal sealed partial record TemplateText(IReadOnlyList<TextSegment> Segments)
{
    /// <summary>The whole text if it has no placeholder, otherwise null.</summary>
    public string? Constant { get; } =
        Segments switch
        {
            [] => "",
            [TextSegment.Literal literal] => literal.Text,
            _ => null,
        };

    /// <summary>
    /// Splits a text. <c>$${</c> is a literal <c>${</c>. In a policy document the variables of IAM are left as they are: those
    /// with a colon (<c>${aws:username}</c>), and <c>${*}</c>, <c>${?}</c>, <c>${$}</c> (IAM User Guide, "IAM policy elements:
    /// Variables and tags").
    /// </summary>
    /// <param name="parameters">Names without a dot are parameters.</param>
    /// <param name="refuse">Called for each <c>${…}</c> that is not a placeholder, with its text and the reason.</param>
    public static TemplateText Parse(string text, bool policy, bool parameters, Action<string, string> refuse)
    {
        if (!text.Contains("${", StringComparison.Ordinal))
        {
            return new TemplateText([new TextSegment.Literal(text)]);
        }

        var segments = new List<TextSegment>();
        var literal = 0;
        var verbatim = "";

        foreach (Match match in Dollar.Matches(text))
        {
            var written = match.Value;
            verbatim += text[literal..match.Index];
            literal = match.Index + match.Length;
            if (written is "$${")
            {
                verbatim += "${";
                continue;
            }

            var name = written.EndsWith('}') ? written[2..^1] : null;
            if (name is null)
            {
                refuse(written, "it is not closed with '}'");
            }
            else if (name.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && Placeholder.Find(name[..colon]) is not null)
            {
                refuse(written, $"did you mean ${{{name[..colon]}}}{name[colon..]}?");
            }
            else if (policy && (name.Contains(':', StringComparison.Ordinal) || name is "*" or "?" or "$"))
            {
                verbatim += written;
            }
            else if (Placeholder.Find(name) is { } placeholder)
            {
                Add(new TextSegment.Filled(placeholder));
            }
            else if (parameters && ParameterName.IsMatch(name))
            {
                Add(new TextSegment.Parameter(name));
            }
            else
            {
                refuse(
                    written,
                    NearMiss.Find(name, Placeholder.Names) is { } near ? $"did you mean ${{{near}}}?" : "there is no such placeholder"
                );
            }
        }

        verbatim += text[literal..];
        if (verbatim.Length > 0 || segments.Count == 0)
        {
            segments.Add(new TextSegment.Literal(verbatim));
        }

        return new TemplateText(segments);

        void Add(TextSegment segment)
        {
            if (verbatim.Length > 0)
            {
                segments.Add(new TextSegment.Literal(verbatim));
            }

            verbatim = "";
            segments.Add(segment);
        }
    }

    [GeneratedRegex(@"\$\$\{|\$\{[^}]*\}?", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Dollar { get; }

    [GeneratedRegex("^[a-zA-Z][a-zA-Z0-9]*$", RegexOptions.NonBacktracking)]
    private static partial Regex ParameterName { get; }
}

/// <summary>A part of a scalar's text.</summary>
internal abstract record TextSegment
{
    public sealed record Literal(string Text) : TextSegment;

    /// <summary>Filled from the configuration.</summary>
    public sealed record Filled(Placeholder Placeholder) : TextSegment;

    /// <summary>Filled from the parameters that a workload gives to a policy template.</summary>
    public sealed record Parameter(string Name) : TextSegment;
}
