using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Patching;
using Federation.Sandbox.Kubernetes.Schemas;

namespace Federation.Sandbox.Kubernetes.Endpoints;

/// <summary>Makes of a request's body the change of an object that it asks for.</summary>
internal static class PatchReading
{
    /// <summary>What the patch makes of an object. It is read before the object is looked for.</summary>
    /// <exception cref="ApiException">It cannot be read, or is of an unknown kind.</exception>
    public static Func<JsonObject, JsonObject> Read(string contentType, byte[] body, StructType type)
    {
        switch (contentType)
        {
            case "application/json-patch+json":
                var operations = ReadJsonPatch(body);
                return stored => JsonPatch.Apply(stored, operations);
            case "application/merge-patch+json":
                var merge = ReadPatch(body);
                return stored => MergePatch.Apply(stored, merge);
            case "application/strategic-merge-patch+json":
                var strategic = ReadPatch(body);
                return stored => StrategicMergePatch.Apply(stored, strategic, type);
            default:
                throw ApiException.UnsupportedMediaType("415: Unsupported Media Type", []);
        }
    }

    private static JsonObject ReadPatch(byte[] body)
    {
        try
        {
            return JsonReading.Parse(body) as JsonObject
                ?? throw new FormatException("json: cannot unmarshal array into Go value of type map[string]interface {}");
        }
        catch (FormatException error)
        {
            throw ApiException.BadRequest("error decoding patch: " + error.Message);
        }
    }

    private static JsonArray ReadJsonPatch(byte[] body)
    {
        try
        {
            return JsonReading.Parse(body) as JsonArray
                ?? throw new FormatException("json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp");
        }
        catch (FormatException error)
        {
            throw ApiException.BadRequest("error decoding patch: " + error.Message);
        }
    }
}
