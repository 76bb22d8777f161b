using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Federation.Configuration;

/// <summary>The JSON Schema (draft 2020-12) of <c>federation.yaml</c>, for editors; written from <see cref="FederationKeys"/>.</summary>
internal static class ConfigurationSchema
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        // The file is read by people and by editors, never inside HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The schema as <c>federation.schema.json</c> holds it.</summary>
    public static string Write()
    {
        var definitions = new JsonObject();
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "federation.yaml",
            ["description"] = "GKE workloads that may call AWS with their own tokens.",
        };
        foreach (var (keyword, value) in FederationKeys.Root.Section.Describe(definitions).ToList())
        {
            schema[keyword] = value!.DeepClone();
        }

        schema["$defs"] = definitions;
        return schema.ToJsonString(Format) + "\n";
    }
}
