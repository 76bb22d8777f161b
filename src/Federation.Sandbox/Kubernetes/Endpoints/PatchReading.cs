using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Patching;
using Federation.Sandbox.Kubernetes.Schemas;

namespace Federation.Sandbox.Kubernetes.Endpoints;

/// <summary>Reads a patch from a request's body.</summary>
internal static class PatchReading
{
    private const string NotAnObject = "array into Go value of type map[string]interface {}";

    /// <summary>The patch as a function from an object to the patched one.</summary>
    /// <exception cref="ApiException">The patch cannot be read, or its type is unknown.</exception>
    public static Func<JsonObject, JsonObject> Read(string contentType, byte[] body, StructType type)
    {
        switch (contentType)
        {
            case "application/json-patch+json":
                var operations = Read<JsonArray>(body, "object into Go value of type []handlers.jsonPatchOp");
                return stored => JsonPatch.Apply(stored, operations);
            case "application/merge-patch+json":
                var merge = Read<JsonObject>(body, NotAnObject);
                return stored => MergePatch.Apply(stored, merge);
            case "application/strategic-merge-patch+json":
                var strategic = Read<JsonObject>(body, NotAnObject);
                return stored => StrategicMergePatch.Apply(stored, strategic, type);
            default:
                throw ApiException.UnsupportedMediaType("415: Unsupported Media Type", []);
        }
    }

    /// <param name="mismatch">The end of Go's message for JSON of another kind.</param>
    private static T Read<T>(byte[] body, string mismatch)
        where T : JsonNode
    {
        try
        {
            return JsonReading.Parse(body) as T ?? throw new FormatException("json: cannot unmarshal " + mismatch);
        }
        catch (FormatException error)
        {
            throw ApiException.BadRequest("error decoding patch: " + error.Message);
        }
    }
}
