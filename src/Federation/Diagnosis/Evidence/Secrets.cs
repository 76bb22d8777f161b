using System.Text.RegularExpressions;

namespace Federation.Diagnosis.Evidence;

/// <summary>
/// Takes out of a text what would let its reader in somewhere: evidence is shown, saved and sent about, and a program
/// may write anything into its log.
/// </summary>
public static partial class Secrets
{
    private const string Removed = "(removed)";

    /// <summary>
    /// The text without JSON Web Tokens, private keys, passwords in URLs, bearer tokens, and what follows the name of a
    /// secret (<c>AWS_SECRET_ACCESS_KEY</c>, <c>SessionToken</c>, a password).
    /// </summary>
    public static string Strip(string text) => Secret().Replace(text, match => match.Groups["before"].Value + Removed + match.Groups["after"].Value);

    [GeneratedRegex(
        """
        \beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?
        | (?<before> -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----) (?: [^-]+ (?: -----END\ [A-Z ]*PRIVATE\ KEY-----)? )?
        | (?<before> :// [^/\s:@]* : ) [^/\s@]+ (?<after> @ )
        | (?<before> \b (?: Bearer | Basic ) \s+ ) [\w.~+/=-]{20,}
        | (?<before> (?: secret_?-?access_?-?key | session_?-?token | security_?-?token | client_?-?secret | passw(?:or)?d ) (?: \\?["'] )? \s* [:=]\s* (?: \\?["'] )? ) [^\s"'\\,;&}]+
        """,
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Secret();
}
