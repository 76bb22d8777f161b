using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes.Tables;

/// <summary>A column of the table in which objects of a kind are shown.</summary>
/// <param name="Name">Its heading, in capitals where it is shown.</param>
/// <param name="Description">What it tells.</param>
/// <param name="Cell">What it shows of an object at a time: a text or a number.</param>
internal sealed record TableColumn(string Name, string Description, Func<JsonObject, DateTimeOffset, JsonNode?> Cell)
{
    /// <summary>Shown only where the wide form is asked for.</summary>
    public bool IsWide { get; init; }

    /// <summary>Holds the object's name.</summary>
    public bool IsName { get; init; }

    /// <summary>As the column tells clients: <c>string</c> or <c>integer</c>.</summary>
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
