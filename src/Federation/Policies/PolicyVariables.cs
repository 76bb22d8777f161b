using System.Text;

namespace Federation.Policies;

/// <summary>
/// Fills in policy variables (<c>${aws:username}</c>, <c>${aws:PrincipalTag/team, 'none'}</c>, <c>${*}</c>, <c>${?}</c>,
/// <c>${$}</c>; IAM User Guide, "Variables and tags"). Documents before 2012-10-17 have none: there it is all text.
/// </summary>
internal readonly struct PolicyVariables
{
    // Noncharacters: no text of a policy or request contains them, so they can mark what is a wildcard in a pattern
    // whose filled-in parts may contain '*' and '?' as plain characters.
    private const char Any = '\uFFFF';
    private const char One = '\uFFFE';

    private readonly IReadOnlyDictionary<string, IReadOnlyList<string>>? _context;

    private PolicyVariables(IReadOnlyDictionary<string, IReadOnlyList<string>>? context) => _context = context;

    public static PolicyVariables For(PolicyDocument document, IReadOnlyDictionary<string, IReadOnlyList<string>> context) =>
        new(string.CompareOrdinal(document.Version, "2012-10-17") >= 0 ? context : null);

    public bool Occurs(string text) => _context is not null && text.Contains("${", StringComparison.Ordinal);

    /// <summary>Whether a text matches a pattern with wildcards; null if a variable of the pattern has no value.</summary>
    public bool? Matches(string pattern, ReadOnlySpan<char> text, bool ignoreCase = false)
    {
        if (!Occurs(pattern))
        {
            return Wildcard.IsMatch(pattern, text, ignoreCase);
        }

        return Fill(pattern, wildcards: true) is { } filled ? Wildcard.IsMatch(filled, text, ignoreCase, Any, One) : null;
    }

    /// <summary>A text with its variables filled in; null if one has no value.</summary>
    public string? Fill(string text) => Occurs(text) ? Fill(text, wildcards: false) : text;

    private string? Fill(string pattern, bool wildcards)
    {
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

            if (Value(pattern[(i + 2)..end]) is not { } value)
            {
                return null;
            }

            filled.Append(value);
            i = end;
        }

        return filled.ToString();
    }

    private string? Value(string variable)
    {
        if (variable is "*" or "?" or "$")
        {
            return variable;
        }

        var comma = variable.IndexOf(',', StringComparison.Ordinal);
        var key = (comma < 0 ? variable : variable[..comma]).Trim();
        // A key with several values cannot stand for one.
        if (ConditionEvaluator.Values(_context!, key) is [var value])
        {
            return value;
        }

        var otherwise = comma < 0 ? "" : variable[(comma + 1)..].Trim();
        return otherwise is ['\'', .. var text, '\''] ? text : null;
    }
}
