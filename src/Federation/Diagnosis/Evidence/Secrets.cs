using System.Text.RegularExpressions;

namespace Federation.Diagnosis.Evidence;

/// <summary>
/// Removes secrets from a text. Evidence is shown, saved and passed on, and a program may write anything into its log.
/// </summary>
public static partial class Secrets
{
    private const string Removed = "(not shown)";

    /// <summary>
    /// The text without tokens, private keys, passwords in URLs, and the values after names of secrets
    /// (<c>AWS_SECRET_ACCESS_KEY</c>, <c>SessionToken</c>, a password).
    /// </summary>
    public static string Strip(string text) =>
        Secret().Replace(text, match => match.Groups["before"].Value + Removed + match.Groups["after"].Value);

    [GeneratedRegex(
        """
            \beyJ[\w.-]{20,}
            | \bya29\.[\w.-]+
            | (?<before> -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----) (?: [^-]+ (?: -----END\ [A-Z ]*PRIVATE\ KEY-----)? )?
            | (?<before> :// [^/\s:@]* : ) [^/\s@]+ (?<after> @ )
            | (?<before> \b (?: Bearer | Basic ) [\ \t]+ ) [\w.~+/=-]{20,}
            | (?<before> \b authorization ["']? [\ \t]* [:=] [\ \t]* ["']? ) (?: (?: Bearer | Basic ) [\ \t]+ )? [^\s"',<]+
            | (?<before>
                (?: secret_?-?access_?-?key | session_?-?token | security_?-?token | client_?-?secret | passw(?:or)?d )
                (?: \\?["'] )? [\ \t]* [:=>] [\ \t]* (?: \\?["'] )?
              ) [^\s"'\\,;&}<]+
            """,
        RegexOptions.IgnoreCase
            | RegexOptions.IgnorePatternWhitespace
            | RegexOptions.ExplicitCapture
            | RegexOptions.CultureInvariant
            | RegexOptions.NonBacktracking
    )]
    private static partial Regex Secret();
}
