using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Federation.Sandbox.Kubernetes.Schemas;

/// <summary>Reads one YAML document into JSON nodes by YAML 1.1's plain scalars, as Kubernetes does.</summary>
internal static class YamlReading
{
    /// <exception cref="FormatException">The text is not YAML.</exception>
    public static JsonNode? Parse(string yaml, ICollection<string>? duplicates = null)
    {
        try
        {
            var parser = new Parser(new StringReader(yaml));
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
            {
                return null;
            }

            return Read(parser, "", duplicates, new Dictionary<string, JsonNode?>(StringComparer.Ordinal));
        }
        catch (YamlException error)
        {
            throw new FormatException($"yaml: line {error.Start.Line}: {error.Message}", error);
        }
    }

    private static JsonNode? Read(Parser parser, string path, ICollection<string>? duplicates, Dictionary<string, JsonNode?> anchors)
    {
        JsonNode? node;
        NodeEvent start;
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            return anchors.TryGetValue(alias.Value.Value, out var anchored) ? anchored?.DeepClone() : null;
        }

        if (parser.TryConsume<MappingStart>(out var mapping))
        {
            start = mapping;
            var map = new JsonObject();
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var key = parser.Consume<Scalar>().Value;
                var child = path.Length > 0 ? $"{path}.{key}" : key;
                if (map.ContainsKey(key))
                {
                    duplicates?.Add(child);
                }

                map[key] = Read(parser, child, duplicates, anchors);
            }

            node = map;
        }
        else if (parser.TryConsume<SequenceStart>(out var sequence))
        {
            start = sequence;
            var list = new JsonArray();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                list.Add(Read(parser, $"{path}[{list.Count}]", duplicates, anchors));
            }

            node = list;
        }
        else
        {
            var scalar = parser.Consume<Scalar>();
            start = scalar;
            node = scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty ? Plain(scalar.Value) : JsonValue.Create(scalar.Value);
        }

        if (!start.Anchor.IsEmpty)
        {
            anchors[start.Anchor.Value] = node;
        }

        return node;
    }

    private static JsonValue? Plain(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => null,
        "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" => JsonValue.Create(true),
        "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" => JsonValue.Create(false),
        _ when Octal(text) is { } octal => JsonValue.Create(octal),
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer) => JsonValue.Create(integer),
        _ when char.IsAsciiDigit(text[^1]) && (char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.')
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
        _ => JsonValue.Create(text),
    };

    /// <summary>File modes are written as 0644 or 0o644.</summary>
    private static long? Octal(string text)
    {
        var digits = text.StartsWith("0o", StringComparison.Ordinal) ? text[2..] : text.Length > 1 && text[0] == '0' ? text[1..] : "";
        return digits.Length > 0 && digits.All(static digit => digit is >= '0' and <= '7') ? Convert.ToInt64(digits, 8) : null;
    }
}
