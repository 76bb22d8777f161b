using System.Text.Json.Nodes;
using Federation.Configuration.Yaml;
using Federation.Findings;

namespace Federation.Configuration.Schema;

/// <summary>One of a few words.</summary>
internal sealed class Choice<T>(params (string Word, T Meaning)[] words) : Value<T>
{
    private readonly string _words = string.Join(", ", words[..^1].Select(word => word.Word)) + " or " + words[^1].Word;

    public override string Kind => _words;

    public override bool TryRead(Node node, string label, FileReading reading, out T value)
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

        var near = NearMiss.Find(scalar.Text, words.Select(word => word.Word));
        reading.Invalid(
            node.At,
            $"{label} must be {_words}, not {PlainText.Quoted(scalar.Text)}"
                + (near is null ? "" : $"; did you mean {PlainText.Quoted(near)}?"),
            $"Write {near ?? _words}.",
            expected: near ?? _words,
            actual: scalar.Text
        );
        return false;
    }

    public override JsonObject Schema(JsonObject definitions) =>
        new() { ["enum"] = new JsonArray([.. words.Select(word => JsonValue.Create(word.Word))]) };
}
