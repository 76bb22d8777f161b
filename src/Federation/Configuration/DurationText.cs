using System.Globalization;
using System.Text.RegularExpressions;

namespace Federation.Configuration;

/// <summary>
/// A duration as a user writes it: <c>1h</c>, <c>90m</c>, <c>1h30m</c>, <c>20ms</c>; hours, minutes, seconds and
/// milliseconds in this order.
/// </summary>
public static partial class DurationText
{
    // In seconds: longer than any bound, and within the range of a TimeSpan.
    private const long LongestRead = 100_000_000_000;

    /// <summary>Reads a text of that form. What is longer than some 3,000 years is read as that long.</summary>
    /// <param name="isFine">It counts milliseconds.</param>
    public static bool TryParse(string text, out TimeSpan value, out bool isFine)
    {
        var match = Parts().Match(text);
        isFine = match.Groups["ms"].Success;
        var seconds = (NumberIn(match.Groups["h"]) * 3600) + (NumberIn(match.Groups["m"]) * 60) + NumberIn(match.Groups["s"]);
        value = TimeSpan.FromSeconds(Math.Min(seconds, LongestRead)) + TimeSpan.FromMilliseconds(NumberIn(match.Groups["ms"]));
        return match.Success && text.Length > 0;
    }

    /// <summary>The shortest text that <see cref="TryParse"/> reads as this duration.</summary>
    public static string Format(TimeSpan value)
    {
        var hours = (long)value.TotalHours;
        var text =
            (hours > 0 ? $"{hours}h" : "")
            + (value.Minutes > 0 ? $"{value.Minutes}m" : "")
            + (value.Seconds > 0 ? $"{value.Seconds}s" : "")
            + (value.Milliseconds > 0 ? $"{value.Milliseconds}ms" : "");
        return text.Length > 0 ? text : "0s";
    }

    private static long NumberIn(Group group) =>
        group.Success ? long.Parse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) : 0;

    // 5ms is not read as 5m with an s left over, since the whole text has to match.
    [GeneratedRegex(
        @"\A(?:(?<h>[0-9]{1,9})h)?(?:(?<m>[0-9]{1,9})m)?(?:(?<s>[0-9]{1,9})s)?(?:(?<ms>[0-9]{1,9})ms)?\z",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Parts();
}
