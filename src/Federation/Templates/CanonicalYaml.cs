using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Federation.Templates;

/// <summary>
/// Writes YAML to files: block style, two spaces, line feeds, keys in the template's order. A string is unquoted only if
/// every reader of YAML 1.1 and 1.2 takes it for a string.
/// </summary>
internal static class CanonicalYaml
{
    /// <summary>A key on the line of its value may have 1024 characters (YAML 1.2.2, 7.4.2), escapes included.</summary>
    private const int LongestSimpleKey = 128;

    private static readonly SearchValues<char> PlainCharacters = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./@:+=, ()[]*"
    );

    /// <summary>
    /// Characters that are not printable (YAML 1.2.2, 5.1), except the tab, and those that end a line in only one version of YAML.
    /// </summary>
    private static readonly SearchValues<char> NeverInBlocks = SearchValues.Create([
        .. Enumerable
            .Range(0, char.MaxValue + 1)
            .Select(c => (char)c)
            .Where(c => (char.IsControl(c) && c is not ('\n' or '\t')) || c is '\u2028' or '\u2029' or '\uFEFF' or '\uFFFE' or '\uFFFF'),
    ]);

    private static readonly HashSet<string> NotStrings = new(StringComparer.OrdinalIgnoreCase)
    {
        "null",
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
    };

    public static byte[] Write(JsonNode document)
    {
        var text = new StringBuilder(1024);
        WriteNode(text, document, indent: 0, inline: true);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <param name="inline">The node continues the current line; otherwise it follows a colon.</param>
    private static void WriteNode(StringBuilder text, JsonNode? node, int indent, bool inline)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } mapping:
                StartBlock(text, inline);
                var first = inline;
                foreach (var (key, value) in mapping)
                {
                    if (!first)
                    {
                        text.Append(' ', indent);
                    }

                    first = false;
                    WriteKey(text, key, indent);
                    // A list is not indented below its key, as kubectl writes it.
                    WriteNode(text, value, value is JsonArray ? indent : indent + 2, inline: false);
                }

                break;

            case JsonArray { Count: > 0 } sequence:
                StartBlock(text, inline);
                var firstElement = inline;
                foreach (var element in sequence)
                {
                    if (!firstElement)
                    {
                        text.Append(' ', indent);
                    }

                    firstElement = false;
                    text.Append("- ");
                    WriteNode(text, element, indent + 2, inline: true);
                }

                break;

            default:
                if (!inline)
                {
                    text.Append(' ');
                }

                WriteScalar(text, node, indent);
                text.Append('\n');
                break;
        }
    }

    private static void StartBlock(StringBuilder text, bool inline)
    {
        if (!inline)
        {
            text.Append('\n');
        }
    }

    private static void WriteKey(StringBuilder text, string key, int indent)
    {
        var simple = key.Length <= LongestSimpleKey;
        if (!simple)
        {
            text.Append("? ");
        }

        if (IsPlain(key))
        {
            text.Append(key);
        }
        else
        {
            WriteQuoted(text, key);
        }

        if (!simple)
        {
            text.Append('\n').Append(' ', indent);
        }

        text.Append(':');
    }

    private static void WriteScalar(StringBuilder text, JsonNode? node, int indent)
    {
        switch (node)
        {
            case null:
                text.Append("null");
                break;
            case JsonObject:
                text.Append("{}");
                break;
            case JsonArray:
                text.Append("[]");
                break;
            default:
                if (node.GetValueKind() != JsonValueKind.String)
                {
                    text.Append(node.ToJsonString());
                }
                else
                {
                    WriteString(text, node.GetValue<string>(), indent);
                }

                break;
        }
    }

    private static void WriteString(StringBuilder text, string value, int indent)
    {
        if (IsPlain(value))
        {
            text.Append(value);
        }
        else if (IsBlock(value))
        {
            text.Append(value[^1] == '\n' ? "|" : "|-");
            var lines = value.AsSpan().TrimEnd('\n');
            foreach (var line in lines.Split('\n'))
            {
                text.Append('\n');
                if (!lines[line].IsEmpty)
                {
                    text.Append(' ', Math.Max(indent, 2)).Append(lines[line]);
                }
            }
        }
        else
        {
            WriteQuoted(text, value);
        }
    }

    private static bool IsPlain(string value) =>
        value.Length > 0
        && (char.IsAsciiLetter(value[0]) || value[0] is '/' or '_')
        && value[^1] is not (' ' or ':')
        && !value.AsSpan().ContainsAnyExcept(PlainCharacters)
        && !value.Contains(": ", StringComparison.Ordinal)
        && !NotStrings.Contains(value);

    /// <summary>
    /// Whether a literal block keeps the lines exactly. It would lose a space at the very start, or several line feeds at the end.
    /// </summary>
    private static bool IsBlock(string value) =>
        value.Contains('\n', StringComparison.Ordinal)
        && !char.IsWhiteSpace(value[0])
        && !value.EndsWith("\n\n", StringComparison.Ordinal)
        && !value.AsSpan().ContainsAny(NeverInBlocks);

    private static void WriteQuoted(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            switch (c)
            {
                case '"':
                    text.Append("\\\"");
                    break;
                case '\\':
                    text.Append("\\\\");
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case '\t':
                    text.Append("\\t");
                    break;
                case '\r':
                    text.Append("\\r");
                    break;
                default:
                    if (NeverInBlocks.Contains(c))
                    {
                        text.Append("\\u").Append(((int)c).ToString("X4", CultureInfo.InvariantCulture));
                    }
                    else
                    {
                        text.Append(c);
                    }

                    break;
            }
        }

        text.Append('"');
    }
}
