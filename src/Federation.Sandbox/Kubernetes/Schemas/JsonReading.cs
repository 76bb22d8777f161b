using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Federation.Sandbox.Kubernetes.Schemas;

/// <summary>Reads JSON. Of duplicate keys the last one counts.</summary>
internal static class JsonReading
{
    /// <param name="duplicates">Receives the paths of duplicate keys.</param>
    /// <exception cref="FormatException">The text is not JSON; the message is Go's.</exception>
    public static JsonNode? Parse(ReadOnlySpan<byte> json, ICollection<string>? duplicates = null)
    {
        try
        {
            return ParseText(json, duplicates);
        }
        catch (InvalidOperationException error)
        {
            // Like Go, replaces invalid UTF-8 in strings by replacement characters.
            return Utf8.IsValid(json)
                ? throw new FormatException("invalid surrogate pair in string literal", error)
                : Parse(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json)), duplicates);
        }
    }

    private static JsonNode? ParseText(ReadOnlySpan<byte> json, ICollection<string>? duplicates)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 128 });
        try
        {
            reader.Read();
            var node = Read(ref reader, "", duplicates);
            return reader.Read() ? throw new FormatException("invalid character after top-level value") : node;
        }
        catch (JsonException error)
        {
            var at = (int)reader.BytesConsumed;
            while (at < json.Length && (char.IsWhiteSpace((char)json[at]) || (json[at] is (byte)':' or (byte)',')))
            {
                at++;
            }

            throw new FormatException(
                at >= json.Length ? "unexpected end of JSON input" : $"invalid character {Show(json[at..])} looking for beginning of value",
                error
            );
        }
    }

    private static string Show(ReadOnlySpan<byte> json) =>
        Rune.DecodeFromUtf8(json, out var rune, out _) == OperationStatus.Done && !Rune.IsControl(rune)
            ? $"'{rune}'"
            : $"'\\u{(rune == Rune.ReplacementChar ? json[0] : rune.Value):x4}'";

    private static JsonNode? Read(ref Utf8JsonReader reader, string path, ICollection<string>? duplicates)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var map = new JsonObject();
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var key = reader.GetString()!;
                    var child = path.Length > 0 ? $"{path}.{key}" : key;
                    reader.Read();
                    if (map.ContainsKey(key))
                    {
                        duplicates?.Add(child);
                    }

                    map[key] = Read(ref reader, child, duplicates);
                }

                return map;
            case JsonTokenType.StartArray:
                var list = new JsonArray();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    list.Add(Read(ref reader, $"{path}[{list.Count}]", duplicates));
                }

                return list;
            case JsonTokenType.String:
                return JsonValue.Create(reader.GetString());
            case JsonTokenType.Number:
                return reader.TryGetInt64(out var integer) ? JsonValue.Create(integer)
                    : reader.GetDouble() is var number && double.IsFinite(number) ? JsonValue.Create(number)
                    : throw new FormatException(
                        $"json: cannot unmarshal number {Encoding.UTF8.GetString(reader.ValueSpan)} into Go value of type float64"
                    );
            case JsonTokenType.True or JsonTokenType.False:
                return JsonValue.Create(reader.GetBoolean());
            default:
                return null;
        }
    }
}
