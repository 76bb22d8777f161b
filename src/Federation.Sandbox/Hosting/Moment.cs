using System.Globalization;

namespace Federation.Sandbox.Hosting;

/// <summary>Writes moments as the clouds' APIs do: RFC 3339, in UTC.</summary>
internal static class Moment
{
    public static string Seconds(DateTimeOffset moment) => Format(moment, "yyyy-MM-dd'T'HH:mm:ss'Z'");

    public static string Milliseconds(DateTimeOffset moment) => Format(moment, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'");

    public static string Microseconds(DateTimeOffset moment) => Format(moment, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'");

    /// <summary>With nine digits after the second, the last two of which are 0: <see cref="DateTimeOffset"/> has seven.</summary>
    public static string Nanoseconds(DateTimeOffset moment) => Format(moment, "yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'");

    private static string Format(DateTimeOffset moment, string format) => moment.UtcDateTime.ToString(format, CultureInfo.InvariantCulture);
}
