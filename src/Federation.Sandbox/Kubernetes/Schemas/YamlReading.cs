using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Federation.Sandbox.Kubernetes.Schemas;

/// <summary>Reads one YAML document into JSON nodes, with YAML 1.1's rules for plain scalars, as Kubernetes does.</summary>
internal static class YamlReading
{
    private const int MaximumDepth = 128;

    // The largest number of nodes that aliases expand to: aliases of aliases grow exponentially.
    private const int MaximumAliased = 100_000;

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

            return new Reading(parser, duplicates).Read("", 0);
        }
        catch (YamlException error)
        {
            throw new FormatException($"yaml: line {error.Start.Line}: {error.Message}", error);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            // The parser throws these for some invalid tags and truncated texts.
            throw new FormatException($"yaml: {error.Message}", error);
        }
    }

    private static JsonValue? Plain(string text) =>
        text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" => JsonValue.Create(true),
            "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" => JsonValue.Create(false),
            _ when Octal(text) is { } octal => JsonValue.Create(octal),
            _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer) => JsonValue.Create(
                integer
            ),
            _ when char.IsAsciiDigit(text[^1])
                    && (char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.')
                    && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                    && double.IsFinite(number) => JsonValue.Create(number),
            _ => JsonValue.Create(text),
        };

    /// <summary>An octal number such as 0644 or 0o644; null if it is none, or does not fit into 64 bits.</summary>
    private static long? Octal(string text)
    {
        var digits =
            text.StartsWith("0o", StringComparison.Ordinal) ? text[2..]
            : text.Length > 1 && text[0] == '0' ? text[1..]
            : "";
        return digits.Length > 0 && digits.All(static digit => digit is >= '0' and <= '7') && digits.TrimStart('0').Length <= 21
            ? Convert.ToInt64(digits, 8)
            : null;
    }

    private static long Count(JsonNode? node) =>
        node switch
        {
            JsonObject map => 1 + map.Sum(static pair => Count(pair.Value)),
            JsonArray list => 1 + list.Sum(Count),
            _ => 1,
        };

    private sealed class Reading(Parser parser, ICollection<string>? duplicates)
    {
        private readonly Dictionary<string, JsonNode?> _anchors = new(StringComparer.Ordinal);
        private long _aliased;

        public JsonNode? Read(string path, int depth)
        {
            if (depth > MaximumDepth)
            {
                throw new FormatException("yaml: exceeded max depth");
            }

            JsonNode? node;
            NodeEvent start;
            if (parser.TryConsume<AnchorAlias>(out var alias))
            {
                if (!_anchors.TryGetValue(alias.Value.Value, out var anchored))
                {
                    return null;
                }

                _aliased += Count(anchored);
                return _aliased <= MaximumAliased
                    ? anchored?.DeepClone()
                    : throw new FormatException("yaml: document contains excessive aliasing");
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

                    map[key] = Read(child, depth + 1);
                }

                node = map;
            }
            else if (parser.TryConsume<SequenceStart>(out var sequence))
            {
                start = sequence;
                var list = new JsonArray();
                while (!parser.TryConsume<SequenceEnd>(out _))
                {
                    list.Add(Read($"{path}[{list.Count}]", depth + 1));
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
                _anchors[start.Anchor.Value] = node;
            }

            return node;
        }
    }
}
