namespace Federation.Diagnosis;

/// <summary>Where two values begin to differ.</summary>
public static class Difference
{
    /// <summary>
    /// The index of the first character that differs; the length of the shorter value if the other one begins with it.
    /// Null if they are equal or one is null.
    /// </summary>
    public static int? At(string? expected, string? actual)
    {
        if (expected is null || actual is null || string.Equals(expected, actual, StringComparison.Ordinal))
        {
            return null;
        }

        return expected.AsSpan().CommonPrefixLength(actual);
    }
}
