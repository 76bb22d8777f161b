using System.Text;
using Federation.Findings;

namespace Federation.Policies;

/// <summary>The result of comparing a text with a pattern of a policy.</summary>
internal enum PatternMatch
{
    No,
    Yes,

    /// <summary>The pattern has a variable, and the request has no value for it.</summary>
    Unresolved,

    /// <summary>The pattern has a variable whose value cannot be known from here.</summary>
    Unknown,
}

/// <summary>
/// Fills in policy variables (<c>${aws:username}</c>, <c>${aws:PrincipalTag/team, 'none'}</c>, <c>${*}</c>, <c>${?}</c>,
/// <c>${$}</c>; IAM User Guide, "Variables and tags"). In documents before 2012-10-17 they are plain text.
/// </summary>
internal readonly struct PolicyVariables
{
    // Noncharacters, which no policy or request contains: they mark the wildcards of a pattern, because its filled-in parts
    // may contain '*' and '?' as plain characters.
    private const char Any = '\uFFFF';
    private const char One = '\uFFFE';

    private readonly RequestContext? _context;

    private PolicyVariables(RequestContext? context) => _context = context;

    public static PolicyVariables For(PolicyDocument document, RequestContext context) =>
        new(string.CompareOrdinal(document.Version, "2012-10-17") >= 0 ? context : null);

    /// <summary>Whether a text matches a pattern with wildcards.</summary>
    public PatternMatch Matches(string pattern, ReadOnlySpan<char> text, bool ignoreCase = false)
    {
        if (!Occurs(pattern))
        {
            return Match(Wildcard.IsMatch(pattern, text, ignoreCase));
        }

        return Fill(pattern, wildcards: true, out var missing) is { } filled
            ? Match(Wildcard.IsMatch(filled, text, ignoreCase, Any, One))
            : missing;
    }

    /// <summary>Whether a text is equal to another, its variables filled in.</summary>
    public PatternMatch Equals(string wanted, string text, StringComparison comparison)
    {
        if (!Occurs(wanted))
        {
            return Match(string.Equals(wanted, text, comparison));
        }

        return Fill(wanted, wildcards: false, out var missing) is { } filled ? Match(string.Equals(filled, text, comparison)) : missing;
    }

    private static PatternMatch Match(bool matches) => matches ? PatternMatch.Yes : PatternMatch.No;

    private bool Occurs(string text) => _context is not null && text.Contains("${", StringComparison.Ordinal);

    /// <param name="missing">If the result is null: why a variable could not be filled in.</param>
    private string? Fill(string pattern, bool wildcards, out PatternMatch missing)
    {
        missing = PatternMatch.Unresolved;
        var filled = new StringBuilder(pattern.Length);
        for (var i = 0; i < pattern.Length; i++)
        {
            var end = pattern[i] == '$' && i + 1 < pattern.Length && pattern[i + 1] == '{' ? pattern.IndexOf('}', i) : -1;
            if (end < 0)
            {
                filled.Append(
                    (pattern[i], wildcards) switch
                    {
                        ('*', true) => Any,
                        ('?', true) => One,
                        var (plain, _) => plain,
                    }
                );
                continue;
            }

            if (Value(pattern[(i + 2)..end], out var isUnknown) is not { } value)
            {
                missing = isUnknown ? PatternMatch.Unknown : PatternMatch.Unresolved;
                return null;
            }

            filled.Append(value);
            i = end;
        }

        return filled.ToString();
    }

    private string? Value(string variable, out bool isUnknown)
    {
        isUnknown = false;
        if (variable is "*" or "?" or "$")
        {
            return variable;
        }

        var comma = variable.IndexOf(',', StringComparison.Ordinal);
        var key = (comma < 0 ? variable : variable[..comma]).Trim();
        var state = _context!.Find(key, out var values);
        // A key with several values cannot stand for one.
        if (values is [var value])
        {
            return value;
        }

        if (state is KeyState.Present or KeyState.Unknown)
        {
            isUnknown = true;
            return null;
        }

        var otherwise = comma < 0 ? "" : variable[(comma + 1)..].Trim();
        return otherwise is ['\'', .. var text, '\''] ? text : null;
    }
}
