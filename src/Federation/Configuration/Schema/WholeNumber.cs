using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Configuration.Yaml;

namespace Federation.Configuration.Schema;

/// <summary>A whole number within bounds.</summary>
internal sealed class WholeNumber : Value<int>
{
    public required int Least { get; init; }

    public required int Most { get; init; }

    /// <summary>Why there are these bounds. For messages.</summary>
    public required string Reason { get; init; }

    public override string Kind => "a whole number";

    public override bool TryRead(Node node, string label, FileReading reading, out int value)
    {
        value = 0;
        if (node is not ScalarNode { Type: ScalarKind.Integer } scalar)
        {
            RejectKind(node, label, reading);
            return false;
        }

        if (
            int.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
            && value >= Least
            && value <= Most
        )
        {
            return true;
        }

        reading.Invalid(
            node.At,
            $"{label} is {scalar.Text}: {Reason}",
            $"Write a number from {Least} to {Most}.",
            expected: $"{Least} to {Most}",
            actual: scalar.Text
        );
        return false;
    }

    public override JsonObject Schema(JsonObject definitions) =>
        new()
        {
            ["type"] = "integer",
            ["minimum"] = Least,
            ["maximum"] = Most,
        };
}
