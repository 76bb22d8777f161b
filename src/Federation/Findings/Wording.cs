namespace Federation.Findings;

/// <summary>How values are written in texts for a person: each kind in one way.</summary>
public static class Wording
{
    /// <summary>In UTC, to the second: <c>2026-11-23T12:00:00Z</c>.</summary>
    public static string Moment(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");

    /// <summary>Such as <c>59 min</c>, <c>1 h</c>, <c>2 h 5 min</c>, <c>365 d</c>: two units at most.</summary>
    public static string Duration(TimeSpan time)
    {
        (long Count, string Unit)[] parts = [((long)time.TotalDays, "d"), (time.Hours, "h"), (time.Minutes, "min"), (time.Seconds, "s")];
        var shown = parts
            .SkipWhile(part => part.Count == 0)
            .Take(2)
            .Where(part => part.Count > 0)
            .Select(part => $"{part.Count} {part.Unit}")
            .ToArray();
        return shown.Length == 0 ? "0 s" : string.Join(' ', shown);
    }

    /// <summary>As AWS and Kubernetes count them: <c>3600 s</c>.</summary>
    public static string Seconds(TimeSpan time) => $"{time.TotalSeconds:0} s";

    /// <summary>The first few, each once, and how many more there are.</summary>
    public static string Some(IEnumerable<string> names, int most = 4)
    {
        var all = names.Distinct(StringComparer.Ordinal).ToArray();
        return string.Join(", ", all.Take(most)) + (all.Length > most ? $" and {all.Length - most} more" : "");
    }
}
