using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Schemas;

namespace Federation.Sandbox.Kubernetes.Endpoints;

/// <summary>
/// The part of OpenAPI v3 that kubectl reads: the patch parameter <c>fieldValidation</c> of each kind, by which it leaves
/// validation to the server, and the schemas with their merge rules for lists, for <c>explain</c> and client-side apply.
/// </summary>
internal static class OpenApi
{
    private static readonly string[] PatchOptions = ["dryRun", "fieldManager", "fieldValidation", "force"];

    // Built on first use: most runs of a sandbox do not need them.
    private static readonly Lazy<Dictionary<string, byte[]>> Built = new(static () =>
        ResourceTable
            .All.GroupBy(
                static type => type.Group.Length > 0 ? $"apis/{type.GroupVersion}" : $"api/{type.GroupVersion}",
                StringComparer.Ordinal
            )
            .ToDictionary(static group => group.Key, static group => Exchange.Serialize(Document(group)), StringComparer.Ordinal)
    );

    private static Dictionary<string, byte[]> Documents => Built.Value;

    /// <summary>Answers a path under /openapi. False if the path does not exist.</summary>
    public static async Task<bool> TryHandleAsync(Exchange exchange)
    {
        if (exchange.Info.Path == "/openapi/v2")
        {
            await AnswerVersion2Async(exchange);
            return true;
        }

        if (exchange.Info.Path == "/openapi/v3")
        {
            var index = new JsonObject
            {
                ["paths"] = new JsonObject(
                    Documents.Select(static document =>
                        KeyValuePair.Create(document.Key, (JsonNode?)new JsonObject { ["serverRelativeURL"] = Address(document.Key) })
                    )
                ),
            };
            await exchange.AnswerBytesAsync(Exchange.Serialize(index), 200, "text/plain; charset=utf-8");
            return true;
        }

        var name = exchange.Info.Path.StartsWith("/openapi/v3/", StringComparison.Ordinal)
            ? exchange.Info.Path["/openapi/v3/".Length..]
            : "";
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

    // kubectl still asks for version 2 before it looks for an unknown kind. It is empty here: the schemas are in v3.
    private static Task AnswerVersion2Async(Exchange exchange)
    {
        // Clients ask for it with an @, which media types may not have, and expect a dot in the answer.
        const string protobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
        if (exchange.Accepted.Any(static type => type.Replace('@', '.') == protobuf))
        {
            // swagger = 1, info = 2 with title = 1 and version = 2.
            byte[] info = [0x0a, 10, .. "Kubernetes"u8, 0x12, 7, .. "v1.34.9"u8];
            return exchange.AnswerBytesAsync([0x0a, 3, .. "2.0"u8, 0x12, (byte)info.Length, .. info], 200, protobuf);
        }

        return exchange.AnswerAsync(
            new JsonObject
            {
                ["swagger"] = "2.0",
                ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = "v1.34.9" },
                ["paths"] = new JsonObject(),
                ["definitions"] = new JsonObject(),
            }
        );
    }

    private static string Address(string name) => $"/openapi/v3/{name}?hash={Hash(Documents[name])}";

    private static string Hash(byte[] body) => Convert.ToHexString(SHA512.HashData(body));

    private static JsonObject Document(IEnumerable<ResourceType> types) =>
        new()
        {
            ["openapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = "v1.34.9" },
            ["paths"] = new JsonObject(
                types.Select(static type =>
                    KeyValuePair.Create(
                        $"/{(type.Group.Length > 0 ? "apis" : "api")}/{type.GroupVersion}/"
                            + $"{(type.Namespaced ? "namespaces/{namespace}/" : "")}{type.Plural}/{{name}}",
                        (JsonNode?)
                            new JsonObject
                            {
                                ["patch"] = new JsonObject
                                {
                                    ["parameters"] = new JsonArray([
                                        .. PatchOptions.Select(static name => new JsonObject
                                        {
                                            ["name"] = name,
                                            ["in"] = "query",
                                            ["schema"] = new JsonObject { ["type"] = name == "force" ? "boolean" : "string" },
                                        }),
                                    ]),
                                    ["responses"] = new JsonObject(),
                                    ["x-kubernetes-action"] = "patch",
                                    ["x-kubernetes-group-version-kind"] = new JsonObject
                                    {
                                        ["group"] = type.Group,
                                        ["version"] = type.Version,
                                        ["kind"] = type.Kind,
                                    },
                                },
                            }
                    )
                )
            ),
            ["components"] = new JsonObject { ["schemas"] = Schemas([.. types]) },
        };

    // The kinds of a group and version, and every type in them.
    private static JsonObject Schemas(IReadOnlyList<ResourceType> types)
    {
        var schemas = new JsonObject();
        var open = new Queue<StructType>(types.Select(static type => type.Schema));
        while (open.TryDequeue(out var structure))
        {
            if (schemas.ContainsKey(Name(structure)))
            {
                continue;
            }

            var schema = new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject(
                    structure.Fields.Values.Select(field => KeyValuePair.Create(field.Name, (JsonNode?)Property(field.Type, open)))
                ),
            };
            if (types.FirstOrDefault(type => type.Schema.Equals(structure)) is { } kind)
            {
                foreach (var field in (string[])["apiVersion", "kind"])
                {
                    schema["properties"]![field] = new JsonObject { ["type"] = "string" };
                }

                schema["x-kubernetes-group-version-kind"] = new JsonArray(
                    new JsonObject
                    {
                        ["group"] = kind.Group,
                        ["kind"] = kind.Kind,
                        ["version"] = kind.Version,
                    }
                );
            }

            schemas[Name(structure)] = schema;
        }

        return schemas;
    }

    private static JsonObject Property(FieldType type, Queue<StructType> open)
    {
        switch (type)
        {
            case StructType structure:
                open.Enqueue(structure);
                return new JsonObject
                {
                    ["allOf"] = new JsonArray(new JsonObject { ["$ref"] = "#/components/schemas/" + Name(structure) }),
                };
            case MapType map:
                return new JsonObject { ["type"] = "object", ["additionalProperties"] = Property(map.Element, open) };
            case ListType list:
                var property = new JsonObject { ["type"] = "array", ["items"] = Property(list.Element, open) };
                property["x-kubernetes-list-type"] =
                    list.IsSet ? "set"
                    : list.IsAtomic ? "atomic"
                    : "map";
                if (!list.IsAtomic)
                {
                    property["x-kubernetes-patch-strategy"] = "merge";
                }

                if (list.Keys.Count > 0)
                {
                    property["x-kubernetes-list-map-keys"] = KubernetesObject.ListOf(list.Keys);
                    property["x-kubernetes-patch-merge-key"] = list.Keys[0];
                }

                return property;
            case ScalarType { Name: "int32" or "int64" } number:
                return new JsonObject { ["type"] = "integer", ["format"] = number.Name };
            case ScalarType { Name: "bool" }:
                return new JsonObject { ["type"] = "boolean" };
            case ScalarType { Name: "number" }:
                return new JsonObject { ["type"] = "number" };
            case ScalarType { Name: "any" }:
                return new JsonObject { ["type"] = "object" };
            case ScalarType { Name: "time" or "microTime" }:
                return new JsonObject { ["type"] = "string", ["format"] = "date-time" };
            case ScalarType { Name: "intOrString" }:
                return new JsonObject
                {
                    ["format"] = "int-or-string",
                    ["oneOf"] = new JsonArray(new JsonObject { ["type"] = "integer" }, new JsonObject { ["type"] = "string" }),
                };
            default:
                return new JsonObject { ["type"] = "string" };
        }
    }

    private static string Name(StructType structure) => "io.k8s.api." + structure.Name;
}
