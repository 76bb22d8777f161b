using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;

namespace Federation.Sandbox.Aws.S3;

/// <summary>A part of an object's content; <paramref name="End"/> is exclusive.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ByteRange(int Start, int End)
{
    public int Length => End - Start;

    /// <summary>The range of a header with one; null for none, several or a malformed one, which RFC 9110 allows to ignore.</summary>
    /// <exception cref="AwsException">The range starts after the end of the content.</exception>
    public static ByteRange? Parse(string header, int length)
    {
        if (!header.StartsWith("bytes=", StringComparison.Ordinal) || header["bytes=".Length..].Split('-') is not [var first, var last])
        {
            return null;
        }

        var hasFirst = int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var start);
        var hasLast = int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var end);
        if (!hasFirst && !hasLast)
        {
            return null;
        }

        if (!hasFirst)
        {
            (start, end) = (Math.Max(0, length - end), length - 1);
        }
        else if (!hasLast || end >= length)
        {
            end = length - 1;
        }

        return start <= end
            ? new ByteRange(start, end + 1)
            : throw new AwsException("InvalidRange", "The requested range is not satisfiable", HttpStatusCode.RequestedRangeNotSatisfiable);
    }
}
