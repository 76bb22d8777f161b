using System.Globalization;
using System.Text;

namespace Federation.Configuration;

/// <summary>Quotes a value of the configuration for a message: on one line, of bounded length.</summary>
internal static class Quote
{
    private const int Longest = 80;

    public static string Of(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            if (quoted.Length > Longest)
            {
                quoted.Append('…');
                break;
            }

            // Invisible characters (controls, line ends, marks that change the direction of writing) are escaped.
            if (
                Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.Control
                    or UnicodeCategory.Format
                    or UnicodeCategory.LineSeparator
                    or UnicodeCategory.ParagraphSeparator
                    or UnicodeCategory.Surrogate
            )
            {
                quoted.Append(
                    rune.Value switch
                    {
                        '\n' => "\\n",
                        '\r' => "\\r",
                        '\t' => "\\t",
                        var value => $"\\u{value:X4}",
                    }
                );
            }
            else
            {
                quoted.Append(rune.ToString());
            }
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>As <c>"a", "b" and "c"</c>.</summary>
    public static string All(IEnumerable<string> words, string conjunction = "and")
    {
        var quoted = words.Select(Of).ToList();
        return quoted.Count < 2 ? string.Concat(quoted) : $"{string.Join(", ", quoted[..^1])} {conjunction} {quoted[^1]}";
    }
}
