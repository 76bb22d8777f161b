using System.Text.Json.Nodes;
using Federation.Configuration.Yaml;
using Federation.Findings;

namespace Federation.Configuration.Schema;

/// <summary>A key of a section.</summary>
internal abstract class Key(string name, string meaning, bool required, string[] synonyms)
{
    public string Name { get; } = name;

    /// <summary>One or two sentences that editors show.</summary>
    public string Meaning { get; } = meaning;

    public bool Required { get; } = required;

    /// <summary>Other names for it. In the file they are unknown keys, and the message suggests this one.</summary>
    public string[] Synonyms { get; } = synonyms;

    public abstract Value Value { get; }

    /// <summary>The default as it would be written in the file, or null.</summary>
    public string? DefaultText { get; protected init; }

    /// <summary>The key's position in its section.</summary>
    public int Index { get; set; }

    public string Label { get; } = PlainText.Quoted(name);

    public abstract void Read(Node node, FileReading reading, SectionFields into);

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
            var reading = new FileReading("default", new Section(name));
            if (!value.TryRead(new ScalarNode(Position.Start, defaultText, plain: true), Label, reading, out var read))
            {
                throw new ArgumentException(reading.Findings()[0].Cause, nameof(defaultText));
            }

            Default = read;
        }
    }

    public override Value Value => _value;

    /// <summary>The value if the key is not given.</summary>
    public T? Default { get; }

    public static Key<T> Needed(string name, Value<T> value, string meaning, params string[] synonyms) =>
        new(name, value, meaning, required: true, defaultText: null, synonyms);

    public static Key<T> Optional(string name, Value<T> value, string meaning, string? defaultText = null, params string[] synonyms) =>
        new(name, value, meaning, required: false, defaultText, synonyms);

    public override void Read(Node node, FileReading reading, SectionFields into)
    {
        into.Mark(this, node.At);
        if (_value.TryRead(node, Label, reading, out var read))
        {
            into.Set(this, read);
        }
    }
}
