using System.Text.Json.Nodes;
using Federation.Configuration.Yaml;
using Federation.Findings;

namespace Federation.Configuration.Schema;

/// <summary>A list of at least <paramref name="least"/> items, without repetitions if <paramref name="distinct"/>.</summary>
internal sealed class ListOf<T>(Value<T> item, string items, int least = 0, bool distinct = false) : Value<IReadOnlyList<T>>
{
    public override string Kind => $"a list of {items}";

    public override IEnumerable<Value> Parts => [item];

    public override bool TryRead(Node node, string label, FileReading reading, out IReadOnlyList<T> value)
    {
        var read = new List<T>();
        value = read;
        if (node is not SequenceNode sequence)
        {
            RejectKind(node, label, reading);
            return false;
        }

        if (sequence.Items.Count < least)
        {
            reading.Invalid(node.At, $"{label} is empty", $"Write {Kind}.");
        }

        var itemLabel = $"an item of {label}";
        Dictionary<string, Position>? seen = distinct ? new(StringComparer.Ordinal) : null;
        foreach (var itemNode in sequence.Items)
        {
            if (!item.TryRead(itemNode, itemLabel, reading, out var itemValue))
            {
                continue;
            }

            if (seen is not null && itemNode is ScalarNode scalar && !seen.TryAdd(scalar.Text, scalar.At))
            {
                reading.Invalid(
                    scalar.At,
                    $"{PlainText.Quoted(scalar.Text)} is twice in {label}; the first is at {seen[scalar.Text]}",
                    "Keep one of the two."
                );
            }
            else
            {
                read.Add(itemValue);
            }
        }

        return true;
    }

    public override JsonObject Schema(JsonObject definitions)
    {
        var schema = new JsonObject { ["type"] = "array", ["items"] = item.Schema(definitions) };
        if (least > 0)
        {
            schema["minItems"] = least;
        }

        if (distinct)
        {
            schema["uniqueItems"] = true;
        }

        return schema;
    }
}
