using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Configuration;
using Json.Schema;

namespace Federation.Tests.Configuration;

/// <summary><c>federation.schema.json</c>, as an editor applies it.</summary>
internal static class EditorSchema
{
    private static readonly JsonSchema Schema = JsonSchema.FromText(ConfigurationSchema.Write());

    public static bool Accepts(JsonNode? document) => IsValid(Schema, document);

    /// <summary>Whether the document is a JSON Schema of draft 2020-12.</summary>
    public static bool IsSchema(JsonNode schema) => IsValid(MetaSchemas.Draft202012, schema);

    private static bool IsValid(JsonSchema schema, JsonNode? instance) =>
        schema.Evaluate(JsonSerializer.SerializeToElement(instance), new EvaluationOptions { OutputFormat = OutputFormat.Flag }).IsValid;
}
