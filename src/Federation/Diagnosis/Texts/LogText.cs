using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Federation.Diagnosis.Evidence;
using Federation.Findings;

namespace Federation.Diagnosis.Texts;

/// <summary>
/// The lines of a log or a pasted text, without what a terminal, a web page, a chat or a JSON log adds, and without
/// secrets, because findings quote them.
/// </summary>
internal static partial class LogText
{
    /// <summary>How many characters are read; of a longer text the last ones.</summary>
    public const int Longest = 1 << 20;

    private const int LongestShown = 600;
    private const int ShownBefore = 200;

    public static IEnumerable<string> Lines(string text)
    {
        var read = text.Length > Longest ? text[^Longest..] : text;
        read = Colours().Replace(read, "");
        read = string.Join('\n', read.Split('\n').Select(line => DrivePath().IsMatch(line) ? line : Escapes().Replace(line, Unescape)));
        read = Tags().Replace(Secrets.Strip(WebUtility.HtmlDecode(read)), " ");
        return read.Split('\n').Select(Plain).Where(line => line.Length > 0);
    }

    /// <summary>The line, or the part of a long line around a place in it.</summary>
    public static string Shown(string line, int place)
    {
        if (line.Length <= LongestShown)
        {
            return line;
        }

        var start = Math.Clamp(place - ShownBefore, 0, line.Length - LongestShown);
        return $"{(start > 0 ? "…" : "")}{line.Substring(start, LongestShown)}{(start + LongestShown < line.Length ? "…" : "")}";
    }

    private static string Unescape(Match escape) =>
        escape.Groups["code"] is { Success: true } code
            ? ((char)ushort.Parse(code.ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString()
            : escape.ValueSpan[1] switch
            {
                'n' or 'r' => "\n",
                't' => " ",
                var mark => mark.ToString(),
            };

    // White space of any kind and length becomes one space (STS itself writes two in one text); hidden characters are removed.
    private static string Plain(string line)
    {
        var plain = new StringBuilder(line.Length);
        foreach (var rune in line.Replace("**", "", StringComparison.Ordinal).EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
            {
                if (plain.Length > 0 && plain[^1] != ' ')
                {
                    plain.Append(' ');
                }
            }
            else if (rune.Value is '’' or '‘' or '“' or '”')
            {
                plain.Append(rune.Value is '’' or '‘' ? '\'' : '"');
            }
            else if (rune.Value != '`' && !PlainText.IsHidden(rune))
            {
                plain.Append(rune.ToString());
            }
        }

        return plain.ToString().Trim();
    }

    /// <summary>A terminal's escape sequences for colours, cursor moves, titles and links.</summary>
    [GeneratedRegex(
        @"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking
    )]
    private static partial Regex Colours();

    /// <summary>Escaped quotation marks and line breaks, as JSON, Go and Python write them.</summary>
    [GeneratedRegex(@"\\(u(?<code>[0-9a-fA-F]{4})|[""'/nrt\\])", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Escapes();

    /// <summary>A Windows path, whose backslashes are not escapes.</summary>
    [GeneratedRegex(@"\b[A-Za-z]:\\[A-Za-z]", RegexOptions.NonBacktracking)]
    private static partial Regex DrivePath();

    [GeneratedRegex("</?[A-Za-z][^<>]*>", RegexOptions.NonBacktracking)]
    private static partial Regex Tags();
}
