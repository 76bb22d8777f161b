using System.Globalization;

namespace Federation.Findings;

/// <summary>
/// Text from clouds, pods and people, made safe to show: it must not steer the terminal, the log or the page that shows it.
/// </summary>
public static class PlainText
{
    /// <summary>
    /// Each control character, and each that turns the direction of writing or is invisible, becomes U+FFFD. Tabs and line
    /// feeds stay.
    /// </summary>
    public static string Printable(string text) =>
        string.Concat(
            text.Select(c =>
                c is '\t' or '\n' || char.GetUnicodeCategory(c) is not (UnicodeCategory.Control or UnicodeCategory.Format) ? c : '\uFFFD'
            )
        );

    /// <summary>As <see cref="Printable"/>, with a sign for each line break.</summary>
    public static string OneLine(string text) =>
        Printable(string.Concat(text.Select(c => c is '\n' or '\r' or '\u0085' or '\u2028' or '\u2029' ? '⏎' : c)));
}
