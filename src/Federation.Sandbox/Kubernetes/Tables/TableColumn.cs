using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes.Tables;

/// <summary>A column of a table of objects.</summary>
/// <param name="Name">The heading; kubectl shows it in capitals.</param>
/// <param name="Cell">The content for an object at a time: a text or a number.</param>
internal sealed record TableColumn(string Name, string Description, Func<JsonObject, DateTimeOffset, JsonNode?> Cell)
{
    /// <summary>Only shown with <c>-o wide</c>.</summary>
    public bool IsWide { get; init; }

    /// <summary>The column with the object's name.</summary>
    public bool IsName { get; init; }

    /// <summary><c>string</c> or <c>integer</c>.</summary>
    public string Type { get; init; } = "string";

    public JsonObject ToJson() =>
        new()
        {
            ["name"] = Name,
            ["type"] = Type,
            ["format"] = IsName ? "name" : "",
            ["description"] = Description,
            ["priority"] = IsWide ? 1 : 0,
        };
}
