namespace Federation.Diagnosis;

/// <summary>Durations as a person says them.</summary>
public static class Human
{
    /// <summary>Such as <c>59 min</c>, <c>1 h</c>, <c>2 h 5 min</c>, <c>365 d</c>: two units at most.</summary>
    public static string Of(TimeSpan time)
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
}
