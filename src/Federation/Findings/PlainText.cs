using System.Buffers;
using System.Globalization;
using System.Text;

namespace Federation.Findings;

/// <summary>
/// Text from clouds, pods and people, made safe to show: it must not control the terminal, the log or the page that shows
/// it. Only <see cref="IsHidden"/> decides what is unsafe.
/// </summary>
public static class PlainText
{
    private const int LongestQuoted = 80;
    private const char Replacement = '\uFFFD';

    private static readonly SearchValues<char> Harmless = SearchValues.Create([
        .. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c),
    ]);

    /// <summary>
    /// Whether a character is not shown as itself: a control character, a line or paragraph separator, or one that is
    /// invisible or changes the direction of writing. Tabs and line feeds are included.
    /// </summary>
    public static bool IsHidden(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.Surrogate;

    /// <summary>Each hidden character becomes U+FFFD. Tabs and line feeds stay.</summary>
    public static string Printable(string text) => Replace(text, static rune => rune.Value is '\t' or '\n' ? null : Replacement);

    /// <summary>As <see cref="Printable"/>, with a sign for each line break.</summary>
    public static string OneLine(string text) =>
        Replace(
            text,
            static rune =>
                rune.Value switch
                {
                    '\t' => null,
                    '\n' or '\r' or '\u0085' or '\u2028' or '\u2029' => '⏎',
                    _ => Replacement,
                }
        );

    /// <summary>In quotation marks, on one line, of bounded length; hidden characters are written as escapes.</summary>
    public static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            if (quoted.Length > LongestQuoted)
            {
                quoted.Append('…');
                break;
            }

            _ = rune.Value switch
            {
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                var value when IsHidden(rune) => quoted.Append(CultureInfo.InvariantCulture, $"\\u{value:X4}"),
                _ => quoted.Append(rune.ToString()),
            };
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>As <c>"a", "b" and "c"</c>.</summary>
    public static string Quoted(IEnumerable<string> words, string conjunction = "and")
    {
        var quoted = words.Select(Quoted).ToList();
        return quoted.Count < 2 ? string.Concat(quoted) : $"{string.Join(", ", quoted[..^1])} {conjunction} {quoted[^1]}";
    }

    /// <param name="replace">Returns the replacement of a hidden character; null: it stays.</param>
    private static string Replace(string text, Func<Rune, char?> replace)
    {
        if (!text.AsSpan().ContainsAnyExcept(Harmless))
        {
            return text;
        }

        var plain = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsHidden(rune) && replace(rune) is { } shown)
            {
                plain.Append(shown);
            }
            else
            {
                plain.Append(rune.ToString());
            }
        }

        return plain.ToString();
    }
}
