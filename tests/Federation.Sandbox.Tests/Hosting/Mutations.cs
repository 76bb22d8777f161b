using System.Text;
using CsCheck;

namespace Federation.Sandbox.Tests.Hosting;

/// <summary>Well-formed input with a few edits: what gets past the first checks of a parser and meets the later ones.</summary>
internal static class Mutations
{
    /// <summary>Pieces that often break parsers, besides single characters.</summary>
    private static readonly string[] Pieces =
    [
        "",
        "%",
        "%00",
        "%ZZ",
        "%ff",
        "+",
        "&",
        "=",
        ";",
        ":",
        "/",
        "//",
        "..",
        ".",
        ",",
        "\"",
        "'",
        "{",
        "}",
        "[",
        "]",
        "{}",
        "[]",
        "null",
        "true",
        "-1",
        "0",
        "1e999",
        "9223372036854775808",
        "\\u0000",
        "\0",
        "\u0001",
        "\r\n",
        "\n",
        "\ufeff",
        "\\ud800",
        "é",
        "𐐷",
        "<",
        "&#1;",
        "]]>",
        "<!DOCTYPE a [<!ENTITY b \"c\">]>",
        "*",
        "?",
        "${aws:username}",
        "${",
        "member.1",
        "\"a\":1,\"a\":2",
    ];

    private static readonly Gen<string> Piece = Gen.OneOf(
        Gen.OneOf<string>(Pieces),
        Gen.Char.Select(letter => letter.ToString()),
        Gen.String[0, 12]
    );

    private static readonly Gen<(int Kind, int At, int Length, string Piece)> Edit = Gen.Select(
        Gen.Int[0, 3],
        Gen.Int[0, 100_000],
        Gen.Int[0, 24],
        Piece
    );

    /// <summary>One of the seeds, edited up to eight times; no half of a surrogate pair, which no request can hold.</summary>
    public static Gen<string> Of(params string[] seeds) =>
        Gen.Select(
            Gen.OneOf<string>(seeds),
            Edit.Array[0, 8],
            (seed, edits) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(edits.Aggregate(seed, Apply)))
        );

    public static Gen<byte[]> BytesOf(params string[] seeds) =>
        Gen.Select(
            Of(seeds),
            Gen.Byte.Array[0, 3],
            Gen.Int[0, 100_000],
            (text, bytes, at) =>
            {
                var encoded = Encoding.UTF8.GetBytes(text);
                var place = at % (encoded.Length + 1);
                return encoded[..place].Concat(bytes).Concat(encoded[place..]).ToArray();
            }
        );

    private static string Apply(string text, (int Kind, int At, int Length, string Piece) edit)
    {
        var at = edit.At % (text.Length + 1);
        var end = Math.Min(text.Length, at + edit.Length);
        return edit.Kind switch
        {
            0 => text.Insert(at, edit.Piece),
            1 => text.Remove(at, end - at),
            2 => text[..at] + edit.Piece + text[end..],
            _ => text.Insert(at, text[at..end]),
        };
    }
}
