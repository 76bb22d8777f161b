using System.Buffers;
using System.Text;

namespace Federation.Configuration.Yaml;

/// <summary>Decodes the bytes of a YAML file.</summary>
internal static class YamlText
{
    // Characters that a YAML stream may not contain (YAML 1.2, section 5.1). A byte-order mark was removed before.
    private static readonly SearchValues<char> Unprintable = SearchValues.Create([
        .. Enumerable
            .Range(0, 0x20)
            .Except([0x09, 0x0A, 0x0D])
            .Concat(Enumerable.Range(0x7F, 0x21))
            .Except([0x85])
            .Concat([0xFFFE, 0xFFFF])
            .Select(code => (char)code),
    ]);

    public static string? Decode(ReadOnlySpan<byte> bytes, FileReading reading)
    {
        if (bytes.Length > Limits.Bytes)
        {
            reading.Invalid(
                Position.Start,
                $"the file has {bytes.Length} bytes; at most {Limits.Bytes} are read "
                    + "(a federation of 10,000 workloads needs about 2,500,000)",
                "Check that this is the right file, or split the federation into several."
            );
            return null;
        }

        if (EncodingOf(bytes) is { } encoding)
        {
            reading.Invalid(Position.Start, $"the file is encoded as {encoding}, not as UTF-8", "Save it again as UTF-8.");
            return null;
        }

        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        if (bytes.StartsWith(mark))
        {
            bytes = bytes[mark.Length..];
        }

        if (FirstInvalid(bytes) is { } invalid)
        {
            reading.Invalid(
                PositionAfter(Encoding.UTF8.GetString(bytes[..invalid])),
                $"the byte 0x{bytes[invalid]:X2} here is not UTF-8",
                "Save the file again as UTF-8."
            );
            return null;
        }

        var text = Encoding.UTF8.GetString(bytes);
        if (text.AsSpan().IndexOfAny(Unprintable) is var at and >= 0)
        {
            reading.Invalid(
                PositionAfter(text.AsSpan(0, at)),
                $"the control character U+{(int)text[at]:X4} is not allowed in YAML",
                "Delete it; inside double quotes it can be written as an escape."
            );
            return null;
        }

        return text;
    }

    private static string? EncodingOf(ReadOnlySpan<byte> bytes) =>
        bytes switch
        {
            [0xFF, 0xFE, 0, 0, ..] or [0, 0, 0xFE, 0xFF, ..] or [0, 0, 0, not 0, ..] => "UTF-32",
            [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] or [0, not 0, 0, not 0, ..] or [not 0, 0, not 0, 0, ..] => "UTF-16",
            _ => null,
        };

    private static int? FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes))
        {
            return null;
        }

        var at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out var length) == OperationStatus.Done)
        {
            at += length;
        }

        return at;
    }

    private static Position PositionAfter(ReadOnlySpan<char> text)
    {
        var breaks = 0;
        var lineStart = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '\n' || (text[i] is '\r' && (i + 1 == text.Length || text[i + 1] is not '\n')))
            {
                breaks++;
                lineStart = i + 1;
            }
        }

        return new Position(breaks + 1, text.Length - lineStart + 1);
    }
}
