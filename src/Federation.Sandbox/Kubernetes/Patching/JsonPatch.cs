using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes.Patching;

/// <summary>JSON Patch, <see href="https://www.rfc-editor.org/rfc/rfc6902"/>.</summary>
internal static class JsonPatch
{
    private const int MaximumOperations = 10_000;

    // In bytes. Copies of copies grow exponentially, so their sum is limited like the body.
    private const int MaximumCopied = 3 * 1024 * 1024;

    /// <exception cref="ApiException">A path does not exist, a test fails, or an operation is unknown.</exception>
    public static JsonObject Apply(JsonObject document, JsonArray operations)
    {
        if (operations.Count > MaximumOperations)
        {
            throw ApiException.Failure(
                413,
                "RequestEntityTooLarge",
                $"Request entity too large: The allowed maximum operations in a JSON patch is {MaximumOperations}, got {operations.Count}"
            );
        }

        var copied = 0;
        JsonNode? root = document.DeepClone();
        foreach (var operation in operations)
        {
            var path = operation.Text("path");
            switch (operation.Text("op"))
            {
                case "add":
                    Add(ref root, path, operation!["value"]?.DeepClone());
                    break;
                case "remove":
                    Remove(ref root, path);
                    break;
                case "replace":
                    Remove(ref root, path);
                    Add(ref root, path, operation!["value"]?.DeepClone());
                    break;
                case "move":
                    var moved = Get(root, operation.Text("from"))?.DeepClone();
                    Remove(ref root, operation.Text("from"));
                    Add(ref root, path, moved);
                    break;
                case "copy":
                    var source = Get(root, operation.Text("from"));
                    copied += source?.ToJsonString().Length ?? 0;
                    Add(ref root, path, copied <= MaximumCopied ? source?.DeepClone() : throw Rejected());
                    break;
                case "test" when JsonNode.DeepEquals(Get(root, path), operation!["value"]):
                    break;
                default:
                    throw Rejected();
            }
        }

        return root as JsonObject ?? throw Rejected();
    }

    private static JsonNode? Get(JsonNode? root, string pointer) => Segments(pointer).Aggregate(root, Step);

    private static JsonNode? Step(JsonNode? node, string segment) =>
        node switch
        {
            JsonObject map when map.TryGetPropertyValue(segment, out var child) => child,
            JsonArray list when int.TryParse(segment, out var index) && index >= 0 && index < list.Count => list[index],
            _ => throw Rejected(),
        };

    private static void Add(ref JsonNode? root, string pointer, JsonNode? value)
    {
        var segments = Segments(pointer);
        if (segments.Length == 0)
        {
            root = value;
            return;
        }

        switch (segments[..^1].Aggregate(root, Step))
        {
            case JsonObject map:
                map[segments[^1]] = value;
                break;
            case JsonArray list when segments[^1] == "-":
                list.Add(value);
                break;
            case JsonArray list when int.TryParse(segments[^1], out var index) && index >= 0 && index <= list.Count:
                list.Insert(index, value);
                break;
            default:
                throw Rejected();
        }
    }

    private static void Remove(ref JsonNode? root, string pointer)
    {
        var segments = Segments(pointer);
        if (segments.Length == 0)
        {
            root = null;
            return;
        }

        var parent = segments[..^1].Aggregate(root, Step);
        if (parent is JsonArray list && int.TryParse(segments[^1], out var index) && index >= 0 && index < list.Count)
        {
            list.RemoveAt(index);
        }
        else if (parent is not JsonObject map || !map.Remove(segments[^1]))
        {
            throw Rejected();
        }
    }

    private static string[] Segments(string pointer) =>
        pointer.Length == 0 ? []
        : pointer[0] != '/' ? throw Rejected()
        :
        [
            .. pointer[1..]
                .Split('/')
                .Select(static part => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)),
        ];

    private static ApiException Rejected() =>
        ApiException.Failure(422, "Invalid", "the server rejected our request due to an error in our request", []);
}
