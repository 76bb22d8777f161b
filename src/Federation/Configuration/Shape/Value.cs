using System.Text.Json.Nodes;
using Federation.Configuration.Yaml;
using Federation.Findings;

namespace Federation.Configuration.Shape;

/// <summary>
/// What may stand at a place of the configuration. The parser and the editor's JSON Schema are both made from these:
/// what one accepts, the other accepts.
/// </summary>
internal abstract class Value
{
    /// <summary>Such as "text" or "a list": ends the sentence "… must be".</summary>
    public abstract string Kind { get; }

    /// <summary>The values inside this one.</summary>
    public virtual IEnumerable<Value> Parts => [];

    /// <summary>JSON Schema (draft 2020-12) for this value; sections go into <paramref name="definitions"/> and are referred to.</summary>
    public abstract JsonObject Schema(JsonObject definitions);

    protected void RejectKind(Node node, string label, Reading reading)
    {
        if (node is ScalarNode { Type: ScalarKind.Null })
        {
            reading.Invalid(node.At, $"{label} has no value", $"Give it one ({Kind}), or remove the line.");
        }
        else
        {
            reading.Invalid(node.At, $"{label} must be {Kind}, not {Describe(node)}", $"Write {Kind} here.");
        }
    }

    private static string Describe(Node node) => node is ScalarNode scalar ? $"{scalar.Kind} ({Quote.Of(scalar.Text)})" : node.Kind;
}

/// <typeparam name="T">What the value is once read.</typeparam>
internal abstract class Value<T> : Value
{
    /// <summary>
    /// Reads a node and reports what is wrong with it. True where there is something to go on with, which for lists and
    /// sections may be less than was written.
    /// </summary>
    /// <param name="label">How a message calls the place: <c>"namespace"</c>, <c>an item of "policies"</c>.</param>
    public abstract bool TryRead(Node node, string label, Reading reading, out T value);
}

/// <summary>A word out of a few.</summary>
internal sealed class Choice<T>(params (string Word, T Meaning)[] words) : Value<T>
{
    private readonly string _words = string.Join(", ", words[..^1].Select(word => word.Word)) + " or " + words[^1].Word;

    public override string Kind => _words;

    public override bool TryRead(Node node, string label, Reading reading, out T value)
    {
        value = default!;
        if (node is not ScalarNode { Type: ScalarKind.Text } scalar)
        {
            RejectKind(node, label, reading);
            return false;
        }

        foreach (var (word, meaning) in words)
        {
            if (string.Equals(word, scalar.Text, StringComparison.Ordinal))
            {
                value = meaning;
                return true;
            }
        }

        var near = NearMiss.Of(scalar.Text, words.Select(word => word.Word));
        reading.Invalid(
            node.At,
            $"{label} must be {_words}, not {Quote.Of(scalar.Text)}" + (near is null ? "" : $"; did you mean {Quote.Of(near)}?"),
            $"Write {near ?? _words}.",
            expected: near ?? _words,
            actual: scalar.Text
        );
        return false;
    }

    public override JsonObject Schema(JsonObject definitions) =>
        new() { ["enum"] = new JsonArray([.. words.Select(word => JsonValue.Create(word.Word))]) };
}

internal sealed class Flag : Value<bool>
{
    public override string Kind => "true or false";

    public override bool TryRead(Node node, string label, Reading reading, out bool value)
    {
        value = false;
        if (node is ScalarNode { Type: ScalarKind.Boolean } scalar)
        {
            value = scalar.Text is "true" or "True" or "TRUE";
            return true;
        }

        if (node is ScalarNode { Type: ScalarKind.Text } text && Meant(text.Text) is { } meant)
        {
            reading.Invalid(
                node.At,
                $"{label} must be true or false, not {Quote.Of(text.Text)}",
                $"Write {meant}, without quotes.",
                meant,
                text.Text
            );
        }
        else
        {
            RejectKind(node, label, reading);
        }

        return false;
    }

    public override JsonObject Schema(JsonObject definitions) => new() { ["type"] = "boolean" };

    private static string? Meant(string text) =>
        text.ToLowerInvariant() switch
        {
            "true" or "yes" or "on" or "y" => "true",
            "false" or "no" or "off" or "n" => "false",
            _ => null,
        };
}

/// <summary>A list of at least <paramref name="least"/> items.</summary>
internal sealed class ListOf<T>(Value<T> item, string items, int least = 0, bool distinct = false) : Value<IReadOnlyList<T>>
{
    public override string Kind => $"a list of {items}";

    public override IEnumerable<Value> Parts => [item];

    public override bool TryRead(Node node, string label, Reading reading, out IReadOnlyList<T> value)
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
                    $"{Quote.Of(scalar.Text)} stands twice in {label}; the first is at {seen[scalar.Text]}",
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

/// <summary>One entry of a mapping whose keys are the user's own names.</summary>
internal sealed record Named<T>(string Name, Position At, T Value);

/// <summary>A mapping from names of the user's choosing.</summary>
internal sealed class MapOf<T>(Text name, Value<T> value, string values, int least = 0) : Value<IReadOnlyList<Named<T>>>
{
    public override string Kind => $"a mapping of names to {values}";

    public override IEnumerable<Value> Parts => [value];

    public override bool TryRead(Node node, string label, Reading reading, out IReadOnlyList<Named<T>> value1)
    {
        var read = new List<Named<T>>();
        value1 = read;
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
            if (value.TryRead(entryValue, $"{Quote.Of(key.Text)} of {label}", reading, out var entry))
            {
                read.Add(new Named<T>(key.Text, key.At, entry));
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
            ["additionalProperties"] = value.Schema(definitions),
        };
        if (least > 0)
        {
            schema["minProperties"] = least;
        }

        return schema;
    }
}
