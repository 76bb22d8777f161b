namespace Federation.Findings;

/// <summary>Finds the word that was probably meant.</summary>
public static class NearMiss
{
    private const int LongestWord = 80;

    /// <summary>
    /// The closest of the words: the same but for case, hyphens and underscores, or within about a third of its letters
    /// (insertions, deletions, replacements, and swaps of neighbours). Null where none is near.
    /// </summary>
    public static string? Find(string word, IEnumerable<string> words)
    {
        if (word.Length is 0 or > LongestWord)
        {
            return null;
        }

        var plain = Plain(word);
        string? nearest = null;
        var least = int.MaxValue;
        foreach (var candidate in words)
        {
            if (candidate.Length > LongestWord || string.Equals(candidate, word, StringComparison.Ordinal))
            {
                continue;
            }

            var other = Plain(candidate);
            var bound = Math.Max(1, Math.Min(plain.Length, other.Length) / 3);
            if (Math.Abs(plain.Length - other.Length) > bound)
            {
                continue;
            }

            var distance = Distance(plain, other);
            if (distance <= bound && distance < least)
            {
                (nearest, least) = (candidate, distance);
            }
        }

        return nearest;
    }

    /// <summary>The word in lower case, without hyphens and underscores.</summary>
    public static string Plain(string word) =>
        word.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    /// <summary>The optimal string alignment distance.</summary>
    private static int Distance(string left, string right)
    {
        Span<int> beforeLast = stackalloc int[LongestWord + 1];
        Span<int> last = stackalloc int[LongestWord + 1];
        Span<int> row = stackalloc int[LongestWord + 1];
        for (var j = 0; j <= right.Length; j++)
        {
            last[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = left[i - 1] == right[j - 1] ? 0 : 1;
                row[j] = Math.Min(Math.Min(last[j] + 1, row[j - 1] + 1), last[j - 1] + cost);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    row[j] = Math.Min(row[j], beforeLast[j - 2] + 1);
                }
            }

            last.CopyTo(beforeLast);
            row.CopyTo(last);
        }

        return last[right.Length];
    }
}
