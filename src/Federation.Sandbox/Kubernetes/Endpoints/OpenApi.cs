using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Resources;

namespace Federation.Sandbox.Kubernetes.Endpoints;

/// <summary>
/// The part of OpenAPI v3 that kubectl reads before it writes: that patching each kind takes <c>fieldValidation</c>,
/// so that it leaves the validation to the server. Schemas are left out.
/// </summary>
internal static class OpenApi
{
    private static readonly string[] PatchOptions = ["dryRun", "fieldManager", "fieldValidation", "force"];

    private static readonly Dictionary<string, byte[]> Documents = ResourceTable.All
        .GroupBy(static type => type.Group.Length > 0 ? $"apis/{type.GroupVersion}" : $"api/{type.GroupVersion}", StringComparer.Ordinal)
        .ToDictionary(static group => group.Key, static group => Exchange.Serialize(Document(group)), StringComparer.Ordinal);

    /// <summary>Answers a path under /openapi/v3; false if there is nothing at it.</summary>
    public static async Task<bool> TryHandleAsync(Exchange exchange)
    {
        if (exchange.Info.Path == "/openapi/v3")
        {
            var index = new JsonObject
            {
                ["paths"] = new JsonObject(Documents.Select(static document =>
                    KeyValuePair.Create(document.Key, (JsonNode?)new JsonObject { ["serverRelativeURL"] = Address(document.Key) }))),
            };
            await exchange.AnswerBytesAsync(Exchange.Serialize(index), 200, "text/plain; charset=utf-8");
            return true;
        }

        var name = exchange.Info.Path["/openapi/v3/".Length..];
        if (!Documents.TryGetValue(name, out var body))
        {
            return false;
        }

        var response = exchange.Context.Response;
        if (exchange.Query("hash") is { Length: > 0 } hash)
        {
            if (hash != Hash(body))
            {
                response.StatusCode = 301;
                response.Headers.Location = Address(name);
                return true;
            }

            response.Headers.CacheControl = "public, immutable";
        }

        response.Headers.ETag = $"\"{Hash(body)}\"";
        response.Headers.Vary = "Accept";
        await exchange.AnswerBytesAsync(body, 200, "application/json");
        return true;
    }

    private static string Address(string name) => $"/openapi/v3/{name}?hash={Hash(Documents[name])}";

    private static string Hash(byte[] body) => Convert.ToHexString(SHA512.HashData(body));

    private static JsonObject Document(IEnumerable<ResourceType> types) => new()
    {
        ["openapi"] = "3.0.0",
        ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = "v1.34.9" },
        ["paths"] = new JsonObject(types.Select(static type => KeyValuePair.Create(
            $"/{(type.Group.Length > 0 ? "apis" : "api")}/{type.GroupVersion}/{(type.Namespaced ? "namespaces/{namespace}/" : "")}{type.Plural}/{{name}}",
            (JsonNode?)new JsonObject
            {
                ["patch"] = new JsonObject
                {
                    ["parameters"] = new JsonArray([.. PatchOptions.Select(static name => new JsonObject
                    {
                        ["name"] = name,
                        ["in"] = "query",
                        ["schema"] = new JsonObject { ["type"] = name == "force" ? "boolean" : "string" },
                    })]),
                    ["responses"] = new JsonObject(),
                    ["x-kubernetes-action"] = "patch",
                    ["x-kubernetes-group-version-kind"] = new JsonObject { ["group"] = type.Group, ["version"] = type.Version, ["kind"] = type.Kind },
                },
            }))),
        ["components"] = new JsonObject { ["schemas"] = new JsonObject() },
    };
}
