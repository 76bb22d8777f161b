namespace Federation.Sandbox.Kubernetes.Tables;

/// <summary>Formats ages as Kubernetes does: with at most two units, and only one for longer ages within a unit.</summary>
internal static class HumanDuration
{
    public static string Format(TimeSpan duration)
    {
        var (seconds, minutes, hours, days) = (
            (long)duration.TotalSeconds,
            (long)duration.TotalMinutes,
            (long)duration.TotalHours,
            (long)duration.TotalDays
        );
        var years = days / 365;
        return seconds switch
        {
            < -1 => "<invalid>",
            < 0 => "0s",
            < 2 * 60 => $"{seconds}s",
            < 10 * 60 => Two(minutes, "m", seconds % 60, "s"),
            < 3 * 3600 => $"{minutes}m",
            < 8 * 3600 => Two(hours, "h", minutes % 60, "m"),
            < 48 * 3600 => $"{hours}h",
            _ when days < 8 => Two(days, "d", hours % 24, "h"),
            _ when days < 2 * 365 => $"{days}d",
            _ when years < 8 => Two(years, "y", days % 365, "d"),
            _ => $"{years}y",
        };
    }

    private static string Two(long first, string unit, long second, string smaller) =>
        second == 0 ? $"{first}{unit}" : $"{first}{unit}{second}{smaller}";
}
