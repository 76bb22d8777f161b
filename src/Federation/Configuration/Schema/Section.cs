using System.Text.Json.Nodes;
using Federation.Configuration.Yaml;
using Federation.Findings;

namespace Federation.Configuration.Schema;

/// <summary>A mapping with known keys. <see cref="Name"/> is what messages and the schema call it, such as "workload".</summary>
internal sealed class Section : Value<SectionFields>
{
    private readonly Key[] _inOrder;
    private readonly Dictionary<string, Key> _keys;

    public Section(string name, params Key[] keys)
    {
        Name = name;
        _inOrder = keys;
        _keys = keys.ToDictionary(key => key.Name, StringComparer.Ordinal);
        for (var index = 0; index < keys.Length; index++)
        {
            keys[index].Index = index;
        }
    }

    public string Name { get; }

    public IReadOnlyList<Key> Keys => _inOrder;

    public override string Kind => "a mapping";

    public override IEnumerable<Value> Parts => _inOrder.Select(key => key.Value);

    public override bool TryRead(Node node, string label, FileReading reading, out SectionFields value)
    {
        value = new SectionFields(node.At, this);
        if (node is not MappingNode mapping)
        {
            // Treat the section as present but empty, so that references to it do not produce a second error.
            RejectKind(node, label, reading);
            return true;
        }

        var before = reading.Errors;
        HashSet<Key>? guessed = null;
        foreach (var (keyNode, valueNode) in mapping.Entries)
        {
            if (_keys.TryGetValue(keyNode.Text, out var key))
            {
                key.Read(valueNode, reading, value);
            }
            else if (reading.IsFull)
            {
                reading.Invalid(keyNode.At, "unknown key", "Remove it.");
            }
            else if (Guess(keyNode.Text) is { } meant)
            {
                reading.Invalid(
                    keyNode.At,
                    $"unknown key {PlainText.Quoted(keyNode.Text)}; did you mean {meant.Label}?",
                    $"Write {meant.Label}, or remove the line.",
                    meant.Name,
                    keyNode.Text
                );
                // Read the value under the name that was meant, so that errors in it are reported in the same run.
                if (!mapping.TryGet(meant.Name, out _) && (guessed ??= []).Add(meant))
                {
                    meant.Read(valueNode, reading, value);
                }
            }
            else
            {
                RejectKey(keyNode, reading);
            }
        }

        foreach (var missing in _inOrder)
        {
            if (missing.Required && !value.Has(missing))
            {
                reading.Invalid(
                    node.At,
                    $"the {Name} has no {missing.Label}",
                    $"Add {missing.Label}: {char.ToLowerInvariant(missing.Meaning[0])}{missing.Meaning[1..]}"
                );
            }
        }

        value.Sound = reading.Errors == before;
        return true;
    }

    public override JsonObject Schema(JsonObject definitions)
    {
        if (!definitions.ContainsKey(Name))
        {
            definitions[Name] = new JsonObject(); // Keeps the place of a section before those inside it.
            definitions[Name] = Describe(definitions);
        }

        return new JsonObject { ["$ref"] = $"#/$defs/{Name}" };
    }

    /// <summary>The schema of the section itself instead of a reference to it.</summary>
    public JsonObject Describe(JsonObject definitions)
    {
        var properties = new JsonObject();
        foreach (var key in _inOrder)
        {
            properties[key.Name] = key.Schema(definitions);
        }

        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (_inOrder.Any(key => key.Required))
        {
            schema["required"] = new JsonArray([.. _inOrder.Where(key => key.Required).Select(key => JsonValue.Create(key.Name))]);
        }

        schema["additionalProperties"] = false;
        return schema;
    }

    private Key? Guess(string written)
    {
        var plain = NearMiss.Plain(written);
        return _inOrder.FirstOrDefault(key =>
                key.Synonyms.Prepend(key.Name).Any(word => string.Equals(NearMiss.Plain(word), plain, StringComparison.Ordinal))
            ) ?? (NearMiss.Find(written, _keys.Keys) is { } near ? _keys[near] : null);
    }

    private void RejectKey(ScalarNode key, FileReading reading)
    {
        var sections = SectionsWith(reading.Grammar, key.Text)
            .Where(section => section != this)
            .Select(section => section.Name)
            .Distinct(StringComparer.Ordinal)
            .ToList();
        reading.Invalid(
            key.At,
            $"unknown key {PlainText.Quoted(key.Text)} in the {Name}"
                + (sections.Count == 0 ? "" : $"; it belongs under {PlainText.Quoted(sections, "or")}"),
            sections.Count == 0
                ? $"Remove it; the {Name} knows {PlainText.Quoted(_keys.Keys.Order(StringComparer.Ordinal))}."
                : "Move it there.",
            actual: key.Text
        );
    }

    private static IEnumerable<Section> SectionsWith(Value within, string key)
    {
        if (within is Section section && section._keys.ContainsKey(key))
        {
            yield return section;
        }

        foreach (var found in within.Parts.SelectMany(part => SectionsWith(part, key)))
        {
            yield return found;
        }
    }
}
