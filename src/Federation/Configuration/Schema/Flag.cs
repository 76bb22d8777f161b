using System.Text.Json.Nodes;
using Federation.Configuration.Yaml;
using Federation.Findings;

namespace Federation.Configuration.Schema;

internal sealed class Flag : Value<bool>
{
    public override string Kind => "true or false";

    public override bool TryRead(Node node, string label, FileReading reading, out bool value)
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
                $"{label} must be true or false, not {PlainText.Quoted(text.Text)}",
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
