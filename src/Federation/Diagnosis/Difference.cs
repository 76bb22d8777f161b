namespace Federation.Diagnosis;

/// <summary>Where two values part.</summary>
public static class Difference
{
    /// <summary>The index of the first character in which they differ: the shorter one's length where it begins the other, null where they are equal.</summary>
    public static int? At(string? expected, string? actual)
    {
        if (expected is null || actual is null || string.Equals(expected, actual, StringComparison.Ordinal))
        {
            return null;
        }

        return expected.AsSpan().CommonPrefixLength(actual);
    }
}
