using System.Globalization;
using System.Text;

namespace Federation.Sandbox.Aws;

/// <summary>
/// The <c>aws-chunked</c> content coding in which SDKs stream bodies to S3 ("Transferring payload in multiple
/// chunks", S3 API reference): chunks with optional signatures, then optional trailing headers.
/// </summary>
internal static class AwsChunked
{
    /// <summary>Called for each chunk, including the empty last one, and for the trailer.</summary>
    /// <param name="claimedSignature">The signature that the client sent for it.</param>
    public delegate void Verifier(ReadOnlyMemory<byte> chunk, bool isTrailer, string claimedSignature);

    public static byte[] Decode(ReadOnlyMemory<byte> encoded, Verifier? verify)
    {
        using var decoded = new MemoryStream();
        for (; ; )
        {
            var header = Line(ref encoded).Split(';');
            if (
                !int.TryParse(header[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size)
                || size < 0
                || size > encoded.Length
            )
            {
                throw Incomplete();
            }

            var chunk = encoded[..size];
            encoded = encoded[size..];
            verify?.Invoke(chunk, isTrailer: false, Extension(header, "chunk-signature="));
            if (size == 0)
            {
                VerifyTrailer(encoded, verify);
                return decoded.ToArray();
            }

            decoded.Write(chunk.Span);
            if (Line(ref encoded).Length != 0)
            {
                throw Incomplete();
            }
        }
    }

    private static void VerifyTrailer(ReadOnlyMemory<byte> encoded, Verifier? verify)
    {
        const string SignatureHeader = "x-amz-trailer-signature:";
        var signed = new StringBuilder();
        while (!encoded.IsEmpty)
        {
            var line = Line(ref encoded);
            if (line.StartsWith(SignatureHeader, StringComparison.Ordinal))
            {
                verify?.Invoke(Encoding.UTF8.GetBytes(signed.ToString()), isTrailer: true, line[SignatureHeader.Length..]);
                return;
            }

            if (line.Length != 0)
            {
                signed.Append(line).Append('\n');
            }
        }

        if (verify is not null && signed.Length != 0)
        {
            throw Incomplete();
        }
    }

    private static string Extension(string[] header, string name) =>
        header.Skip(1).FirstOrDefault(part => part.StartsWith(name, StringComparison.Ordinal))?[name.Length..] ?? "";

    private static string Line(ref ReadOnlyMemory<byte> encoded)
    {
        var end = encoded.Span.IndexOf("\r\n"u8);
        if (end < 0)
        {
            throw Incomplete();
        }

        var line = Encoding.ASCII.GetString(encoded.Span[..end]);
        encoded = encoded[(end + 2)..];
        return line;
    }

    private static AwsException Incomplete() => new("IncompleteBody", "The request body terminated unexpectedly");
}
