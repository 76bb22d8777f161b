namespace Federation.Templates;

/// <summary>The name that was probably meant.</summary>
internal static class NearMiss
{
    /// <summary>The candidate that fewest edits away is, if those are few for its length; ignoring case, ties go to the first in order.</summary>
    public static string? Nearest(this IEnumerable<string> candidates, string name) => candidates
        .Select(candidate => (Candidate: candidate, Distance: Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant())))
        .Where(near => near.Distance <= Math.Max(1, near.Candidate.Length / 4))
        .OrderBy(near => near.Distance)
        .ThenBy(near => near.Candidate, StringComparer.Ordinal)
        .Select(near => near.Candidate)
        .FirstOrDefault();

    /// <summary>Levenshtein's distance, row by row.</summary>
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (from[i - 1] == to[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
