using System.Text.Json.Nodes;
using Federation.Configuration.Yaml;
using Federation.Findings;

namespace Federation.Configuration.Schema;

/// <summary>An entry of a mapping whose keys are names that the user chose.</summary>
internal sealed record Named<T>(string Name, Position At, T Value);

/// <summary>A mapping whose keys are names that the user chose.</summary>
internal sealed class MapOf<T>(Text name, Value<T> item, string values, int least = 0) : Value<IReadOnlyList<Named<T>>>
{
    public override string Kind => $"a mapping of names to {values}";

    public override IEnumerable<Value> Parts => [item];

    public override bool TryRead(Node node, string label, FileReading reading, out IReadOnlyList<Named<T>> value)
    {
        var entries = new List<Named<T>>();
        value = entries;
        if (node is not MappingNode mapping)
        {
            RejectKind(node, label, reading);
            return false;
        }

        if (mapping.Entries.Count < least)
        {
            reading.Invalid(node.At, $"{label} is empty", $"Write {Kind}.");
        }

        foreach (var (key, entryValue) in mapping.Entries)
        {
            name.CheckName(key, reading);
            if (item.TryRead(entryValue, $"{PlainText.Quoted(key.Text)} of {label}", reading, out var entry))
            {
                entries.Add(new Named<T>(key.Text, key.At, entry));
            }
        }

        return true;
    }

    public override JsonObject Schema(JsonObject definitions)
    {
        var schema = new JsonObject
        {
            ["type"] = "object",
            ["propertyNames"] = name.Schema(definitions),
            ["additionalProperties"] = item.Schema(definitions),
        };
        if (least > 0)
        {
            schema["minProperties"] = least;
        }

        return schema;
    }
}
