using System.Text.Json.Nodes;
using Federation.Configuration.Yaml;
using Federation.Findings;

namespace Federation.Configuration.Shape;

/// <summary>A key of a section: its name, whether it must be given, and what it means to a reader.</summary>
internal abstract class Key(string name, string meaning, bool required, string[] synonyms)
{
    public string Name { get; } = name;

    /// <summary>One or two sentences, shown by editors.</summary>
    public string Meaning { get; } = meaning;

    public bool Required { get; } = required;

    /// <summary>What others call it; a synonym in the file is an unknown key with a suggestion.</summary>
    public string[] Synonyms { get; } = synonyms;

    public abstract Value Value { get; }

    /// <summary>The default as it would be written; null where there is none.</summary>
    public string? DefaultText { get; protected init; }

    /// <summary>The key's place in its section.</summary>
    public int Index { get; set; }

    public string Label { get; } = Quote.Of(name);

    public abstract void Read(Node node, Reading reading, Fields into);

    public JsonObject Schema(JsonObject definitions)
    {
        var schema = Value.Schema(definitions);
        schema["description"] = Meaning;
        if (DefaultText is not null)
        {
            schema["default"] = new ScalarNode(Position.Start, DefaultText, plain: true).Type switch
            {
                ScalarKind.Boolean or ScalarKind.Integer => JsonNode.Parse(DefaultText),
                _ => DefaultText,
            };
        }

        return schema;
    }
}

internal sealed class Key<T> : Key
{
    private readonly Value<T> _value;

    private Key(string name, Value<T> value, string meaning, bool required, string? defaultText, string[] synonyms)
        : base(name, meaning, required, synonyms)
    {
        _value = value;
        DefaultText = defaultText;
        if (defaultText is not null)
        {
            var reading = new Reading("default", new Section(name));
            if (!value.TryRead(new ScalarNode(Position.Start, defaultText, plain: true), Label, reading, out var read))
            {
                throw new ArgumentException(reading.Findings()[0].Cause, nameof(defaultText));
            }

            Default = read;
        }
    }

    public override Value Value => _value;

    /// <summary>What holds where the key is not given.</summary>
    public T? Default { get; }

    public static Key<T> Needed(string name, Value<T> value, string meaning, params string[] synonyms) =>
        new(name, value, meaning, required: true, defaultText: null, synonyms);

    public static Key<T> Optional(string name, Value<T> value, string meaning, string? defaultText = null, params string[] synonyms) =>
        new(name, value, meaning, required: false, defaultText, synonyms);

    public override void Read(Node node, Reading reading, Fields into)
    {
        into.Mark(this, node.At);
        if (_value.TryRead(node, Label, reading, out var read))
        {
            into.Set(this, read);
        }
    }
}

/// <summary>What a section of the file says: its values by key, as far as they could be read.</summary>
internal sealed class Fields(Position at, Section section)
{
    // By the key's index: there are tens of thousands of sections in a large federation.
    private readonly (bool Written, object? Value, Position At)[] _values = new (bool, object?, Position)[section.Keys.Count];

    /// <summary>Where the section begins.</summary>
    public Position Begin { get; } = at;

    /// <summary>Nothing in the section is wrong.</summary>
    public bool Sound { get; set; }

    /// <summary>Whether the key is written, rightly or wrongly.</summary>
    public bool Has(Key key) => _values[key.Index].Written;

    /// <summary>Whether the key is written, but what stands there could not be read.</summary>
    public bool IsWrong(Key key) => _values[key.Index] is { Written: true, Value: null };

    public bool IsEmpty => !Array.Exists(_values, entry => entry.Written);

    /// <summary>Where the value of the key stands; where it is not given, the section.</summary>
    public Position At(Key key) => _values[key.Index] is { Written: true, At: var at } ? at : Begin;

    /// <summary>The value, or the key's default.</summary>
    public T? Get<T>(Key<T> key) => _values[key.Index].Value is T value ? value : key.Default;

    /// <summary>A value that a sound section is sure to have.</summary>
    public T Need<T>(Key<T> key) => Get(key) ?? throw new InvalidOperationException($"The key {key.Name} was not read.");

    public void Mark(Key key, Position at) => _values[key.Index] = (true, null, at);

    public void Set<T>(Key<T> key, T value) => _values[key.Index].Value = value;
}

/// <summary>A mapping with known keys; <see cref="Name"/> is what messages and the schema call it ("workload").</summary>
internal sealed class Section : Value<Fields>
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

    public override bool TryRead(Node node, string label, Reading reading, out Fields value)
    {
        value = new Fields(node.At, this);
        if (node is not MappingNode mapping)
        {
            // There is a section all the same, only nothing in it: whoever refers to it does not look in vain.
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
                    $"unknown key {Quote.Of(keyNode.Text)}; did you mean {meant.Label}?",
                    $"Write {meant.Label}, or remove the line.",
                    meant.Name,
                    keyNode.Text
                );
                // Read under the name that was meant, so that what is wrong inside shows in the same run.
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

    /// <summary>The schema of the section itself, not a reference to it.</summary>
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
            ) ?? (NearMiss.Of(written, _keys.Keys) is { } near ? _keys[near] : null);
    }

    private void RejectKey(ScalarNode key, Reading reading)
    {
        var homes = Homes(reading.Grammar, key.Text)
            .Where(section => section != this)
            .Select(section => section.Name)
            .Distinct(StringComparer.Ordinal)
            .ToList();
        reading.Invalid(
            key.At,
            $"unknown key {Quote.Of(key.Text)} in the {Name}" + (homes.Count == 0 ? "" : $"; it belongs under {Quote.All(homes, "or")}"),
            homes.Count == 0 ? $"Remove it; the {Name} knows {Quote.All(_keys.Keys.Order(StringComparer.Ordinal))}." : "Move it there.",
            actual: key.Text
        );
    }

    private static IEnumerable<Section> Homes(Value within, string key)
    {
        if (within is Section section && section._keys.ContainsKey(key))
        {
            yield return section;
        }

        foreach (var home in within.Parts.SelectMany(part => Homes(part, key)))
        {
            yield return home;
        }
    }
}
