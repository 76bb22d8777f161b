namespace Federation.Findings;

/// <summary>Patterns as in IAM: <c>*</c> matches any number of characters, <c>?</c> exactly one.</summary>
internal static class Wildcard
{
    /// <summary>Linear in practice and without allocation: backtracks only to the last <c>*</c>.</summary>
    public static bool IsMatch(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text, bool ignoreCase = false, char any = '*', char one = '?')
    {
        int p = 0,
            t = 0,
            star = -1,
            resume = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == any)
            {
                star = p++;
                resume = t;
            }
            else if (p < pattern.Length && (pattern[p] == one || Same(pattern[p], text[t], ignoreCase)))
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++resume;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == any)
        {
            p++;
        }

        return p == pattern.Length;
    }

    private static bool Same(char a, char b, bool ignoreCase) =>
        a == b || (ignoreCase && char.ToUpperInvariant(a) == char.ToUpperInvariant(b));
}
