using System.Text.Json;
using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes.Schemas;

/// <summary>
/// Decodes a value by its type: orders the known fields, drops unset and unknown ones, refuses wrong types.
/// </summary>
/// <param name="unknown">Receives the path of each unknown field.</param>
internal sealed class Decoding(ICollection<string>? unknown)
{
    /// <exception cref="FormatException">A value has the wrong type; the message is Go's.</exception>
    public JsonObject Decode(JsonObject value, StructType type)
    {
        var context = new Context(type.Name, "", "");
        var result = new JsonObject();
        foreach (var field in new[] { "kind", "apiVersion" })
        {
            if (value[field] is { } node)
            {
                result[field] = Scalar(node, "string", context.Into(type.Name, field));
            }
        }

        Fill(result, value, type, context, static name => name is "kind" or "apiVersion");
        return result;
    }

    private void Fill(JsonObject result, JsonObject value, StructType type, Context context, Func<string, bool>? ignored = null)
    {
        if (unknown is not null)
        {
            foreach (var (name, node) in value)
            {
                if (!type.Fields.ContainsKey(name) && ignored?.Invoke(name) is not true)
                {
                    unknown.Add(context.Into(type.Name, name).Path);
                }
                else if (type.Fields.TryGetValue(name, out var known))
                {
                    FindUnknown(node, known.Type, context.Into(type.Name, name));
                }
            }
        }

        foreach (var field in type.Fields.Values)
        {
            value.TryGetPropertyValue(field.Name, out var node);
            var decoded = node is null ? null : Decode(node, field.Type, context.Into(type.Name, field.Name));
            if (decoded is not null && !(field.OmitZero && IsZero(decoded)) && (field.AlwaysWritten || !IsEmpty(decoded, field.Type)))
            {
                result[field.Name] = decoded;
            }
            else if (field.AlwaysWritten)
            {
                result[field.Name] = null;
            }
        }
    }

    // Unknown fields are reported in the order of the text.
    private void FindUnknown(JsonNode? node, FieldType type, Context context)
    {
        switch (type, node)
        {
            case (StructType structure, JsonObject value):
                foreach (var (name, child) in value)
                {
                    if (structure.Fields.TryGetValue(name, out var field))
                    {
                        FindUnknown(child, field.Type, context.Into(structure.Name, name));
                    }
                    else
                    {
                        unknown!.Add(context.Into(structure.Name, name).Path);
                    }
                }

                break;
            case (ListType list, JsonArray items):
                for (var index = 0; index < items.Count; index++)
                {
                    FindUnknown(items[index], list.Element, context.At(index));
                }

                break;
        }
    }

    private static JsonNode? Decode(JsonNode node, FieldType type, Context context)
    {
        switch (type)
        {
            case ScalarType scalar:
                return Scalar(node, scalar.Name, context);
            case StructType structure:
                var value = node as JsonObject ?? throw Mismatch(node, $"v1.{structure.Name}", context);
                var result = new JsonObject();
                new Decoding(unknown: null).Fill(result, value, structure, context);
                return result;
            case MapType map:
                var entries = node as JsonObject ?? throw Mismatch(node, $"map[string]{GoName(map.Element)}", context);
                return new JsonObject(
                    entries.Select(entry =>
                        KeyValuePair.Create(entry.Key, entry.Value is null ? Zero(map.Element) : Decode(entry.Value, map.Element, context))
                    )
                );
            case ListType list:
                var items = node as JsonArray ?? throw Mismatch(node, $"[]{GoName(list.Element)}", context);
                return new JsonArray([.. items.Select(item => item is null ? Zero(list.Element) : Decode(item, list.Element, context))]);
            default:
                throw new InvalidOperationException(type.GetType().Name);
        }
    }

    private static JsonNode? Scalar(JsonNode node, string type, Context context)
    {
        var kind = node.GetValueKind();
        switch (type)
        {
            case "any":
                return node.DeepClone();
            case "quantity" when kind is JsonValueKind.Number:
                return JsonValue.Create(node.ToString());
            case "intOrString" when kind is JsonValueKind.Number or JsonValueKind.String:
            case "string" or "quantity" or "time" or "microTime" or "bytes" when kind is JsonValueKind.String:
            case "bool" when kind is JsonValueKind.True or JsonValueKind.False:
            case "number" when kind is JsonValueKind.Number:
                return node.DeepClone();
            case "int32" or "int64" when kind is JsonValueKind.Number:
                if (node.Integer is { } integer && (type == "int64" || integer is >= int.MinValue and <= int.MaxValue))
                {
                    return JsonValue.Create(integer);
                }

                throw new FormatException(
                    $"json: cannot unmarshal number {node.ToJsonString()} into Go struct field {context.GoField} of type {type}"
                );
            default:
                throw Mismatch(
                    node,
                    type switch
                    {
                        "time" => "v1.Time",
                        "microTime" => "v1.MicroTime",
                        "quantity" => "resource.Quantity",
                        "bytes" => "[]uint8",
                        "number" => "float64",
                        "intOrString" => "intstr.IntOrString",
                        _ => type,
                    },
                    context
                );
        }
    }

    private static FormatException Mismatch(JsonNode node, string expected, Context context)
    {
        var found = node.GetValueKind() switch
        {
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
            JsonValueKind.String => "string",
            JsonValueKind.Number => "number",
            _ => "bool",
        };
        return new FormatException($"json: cannot unmarshal {found} into Go struct field {context.GoField} of type {expected}");
    }

    private static string GoName(FieldType type) =>
        type switch
        {
            StructType structure => "v1." + structure.Name,
            ListType list => "[]" + GoName(list.Element),
            MapType map => "map[string]" + GoName(map.Element),
            ScalarType scalar => scalar.Name == "quantity" ? "resource.Quantity" : scalar.Name,
            _ => "",
        };

    private static JsonNode? Zero(FieldType type) =>
        type switch
        {
            ScalarType { Name: "string" } => JsonValue.Create(""),
            StructType => new JsonObject(),
            _ => null,
        };

    private static bool IsZero(JsonNode node) =>
        node.GetValueKind() switch
        {
            JsonValueKind.False => true,
            JsonValueKind.Number => node.Integer is 0,
            _ => false,
        };

    // An empty struct is kept (emptyDir: {}); any other empty value counts as unset.
    private static bool IsEmpty(JsonNode node, FieldType type) =>
        (type, node) switch
        {
            (ScalarType { Name: "any" }, _) => false,
            (MapType, JsonObject map) => map.Count == 0,
            (_, JsonArray list) => list.Count == 0,
            (_, JsonValue value) => value.TryGetValue<string>(out var text) && text.Length == 0,
            _ => false,
        };

    /// <param name="Owner">The struct of the field.</param>
    /// <param name="Path">With positions in lists.</param>
    /// <param name="Names">Without positions in lists.</param>
    private sealed record Context(string Owner, string Path, string Names)
    {
        public string GoField => $"{Owner}.{Names}";

        public Context Into(string owner, string field) => new(owner, Join(Path, field), Join(Names, field));

        public Context At(int index) => this with { Path = $"{Path}[{index}]" };

        private static string Join(string path, string field) => path.Length > 0 ? $"{path}.{field}" : field;
    }
}
