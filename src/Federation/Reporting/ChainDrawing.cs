using System.Text;
using Federation.Diagnosis;

namespace Federation.Reporting;

/// <summary>The chain of a diagnosis, drawn: as aligned lines for a console, as a Mermaid diagram for Markdown.</summary>
public static class ChainDrawing
{
    /// <summary>
    /// The maximum length of a value; Mermaid rejects diagrams over 50,000 characters ("Configuration", maxTextSize).
    /// </summary>
    private const int LongestLabel = 200;

    private static readonly Dictionary<string, string> Titles = new(StringComparer.Ordinal)
    {
        ["issuer"] = "cluster and issuer",
        ["token"] = "service account and token",
        ["provider"] = "provider in AWS",
        ["audience"] = "audience",
        ["subject"] = "subject and trust",
        ["role"] = "role",
        ["permissions"] = "permissions",
        ["check"] = "the check",
    };

    /// <summary>A line per link; a broken one has the two values below it, and a mark where they begin to differ.</summary>
    /// <param name="unicode">Whether the console can show characters other than ASCII.</param>
    public static IEnumerable<ChainLine> Lines(IReadOnlyList<ChainLink> chain, bool unicode)
    {
        var (held, broken, unreached) = unicode ? ('✓', '✗', '·') : ('+', 'x', '.');
        var width = chain.Max(link => TitleOf(link).Length);
        foreach (var link in chain)
        {
            var title = TitleOf(link).PadRight(width);
            switch (link.State)
            {
                case LinkState.Held:
                    yield return new ChainLine(link.State, $"{held} {title}  {link.Actual}");
                    break;
                case LinkState.NotReached:
                    yield return new ChainLine(link.State, $"{unreached} {title}  not reached");
                    break;
                default:
                    var margin = new string(' ', width + 4);
                    yield return new ChainLine(link.State, $"{broken} {title}  expected  {link.Expected ?? "-"}");
                    yield return new ChainLine(link.State, $"{margin}actual    {link.Actual ?? "-"}");
                    if (Marked(link.Expected, link.Actual) is { } at)
                    {
                        yield return new ChainLine(link.State, $"{margin}          {new string(' ', at)}^");
                    }

                    break;
            }
        }
    }

    /// <summary>
    /// The column to mark below two values; null if they have not even a beginning in common.
    /// </summary>
    public static int? Marked(string? expected, string? actual)
    {
        if (
            expected is null or ""
            || actual is null or ""
            || expected.Contains('\n', StringComparison.Ordinal)
            || actual.Contains('\n', StringComparison.Ordinal)
        )
        {
            return null;
        }

        return char.ToUpperInvariant(expected[0]) == char.ToUpperInvariant(actual[0]) ? Difference.At(expected, actual) : null;
    }

    /// <summary>
    /// A <c>flowchart</c> from top to bottom, because its labels are long, without the fence around it. Values are quoted, so
    /// that none can end its label.
    /// </summary>
    public static string Mermaid(IReadOnlyList<ChainLink> chain)
    {
        var diagram = new StringBuilder("flowchart TB\n");
        for (var i = 0; i < chain.Count; i++)
        {
            var link = chain[i];
            var text = link.State switch
            {
                LinkState.Held => $"{TitleOf(link)}<br/>{Quoted(link.Actual)}",
                LinkState.Broken => $"{TitleOf(link)}<br/>expected {Quoted(link.Expected)}<br/>actual {Quoted(link.Actual)}",
                _ => $"{TitleOf(link)}<br/>not reached",
            };
            diagram.Append("  ").Append(link.Link).Append("[\"").Append(text).Append("\"]:::").Append(ClassOf(link.State)).Append('\n');
            if (i > 0)
            {
                diagram
                    .Append("  ")
                    .Append(chain[i - 1].Link)
                    .Append(link.State == LinkState.NotReached ? " -.-> " : " --> ")
                    .Append(link.Link)
                    .Append('\n');
            }
        }

        return diagram
            .Append("  classDef held stroke:#1a7f37,stroke-width:2px\n")
            .Append("  classDef broken stroke:#cf222e,stroke-width:3px\n")
            .Append("  classDef unreached stroke-dasharray:4\n")
            .ToString();
    }

    /// <summary>A link's name for people.</summary>
    public static string TitleOf(ChainLink link) => Titles[link.Link];

    private static string ClassOf(LinkState state) =>
        state switch
        {
            LinkState.Held => "held",
            LinkState.Broken => "broken",
            _ => "unreached",
        };

    /// <summary>Mermaid reads entities in a quoted label: everything that could be markup becomes one.</summary>
    private static string Quoted(string? value)
    {
        var quoted = new StringBuilder();
        foreach (var (place, rune) in (value ?? "-").EnumerateRunes().Index())
        {
            if (place == LongestLabel)
            {
                quoted.Append("#8230;");
                break;
            }

            if (
                rune.IsAscii
                && (char.IsAsciiLetterOrDigit((char)rune.Value) || (char)rune.Value is ' ' or '.' or '/' or '-' or '_' or ':' or ',')
            )
            {
                quoted.Append((char)rune.Value);
            }
            else if (!Rune.IsControl(rune))
            {
                quoted.Append('#').Append(rune.Value).Append(';');
            }
        }

        return quoted.ToString();
    }
}

/// <summary>One line of a drawn chain.</summary>
public sealed record ChainLine(LinkState State, string Text);
