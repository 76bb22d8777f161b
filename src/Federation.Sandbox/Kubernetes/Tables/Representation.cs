using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Resources;

namespace Federation.Sandbox.Kubernetes.Tables;

internal enum RepresentationKind
{
    Objects,
    Tables,
    Metadata,
}

/// <summary>
/// The form of objects in an answer: whole, as rows of a table, or only their metadata.
/// See <see href="https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables"/>.
/// </summary>
/// <param name="Include">The object in a row of a table: <c>Metadata</c>, <c>Object</c> or <c>None</c>.</param>
internal sealed record Representation(RepresentationKind Kind, string Include, DateTimeOffset Now)
{
    private const string GroupVersion = "meta.k8s.io/v1";

    /// <summary>The form that the first suitable media type asks for.</summary>
    public static Representation Of(IEnumerable<string> accepted, string include, DateTimeOffset now)
    {
        foreach (var type in accepted.Select(static type => type.Replace(" ", "", StringComparison.Ordinal)))
        {
            var parameters = type.Split(';');
            if (parameters[0] is not ("application/json" or "application/yaml" or "*/*" or "application/*"))
            {
                continue;
            }

            var form = parameters.FirstOrDefault(static parameter => parameter.StartsWith("as=", StringComparison.Ordinal));
            var known = parameters.Contains("g=meta.k8s.io", StringComparer.Ordinal) && parameters.Contains("v=v1", StringComparer.Ordinal);
            switch (form)
            {
                case null:
                    return new Representation(RepresentationKind.Objects, include, now);
                case "as=Table" when known:
                    return new Representation(RepresentationKind.Tables, include, now);
                case "as=PartialObjectMetadata" or "as=PartialObjectMetadataList" when known:
                    return new Representation(RepresentationKind.Metadata, include, now);
            }
        }

        return new Representation(RepresentationKind.Objects, include, now);
    }

    public JsonObject Object(JsonObject value, ResourceType type, bool withColumns = true) =>
        Kind switch
        {
            RepresentationKind.Tables => Table(
                new JsonObject { ["resourceVersion"] = value.Metadata.Text("resourceVersion") },
                [value],
                type,
                withColumns
            ),
            RepresentationKind.Metadata => Partial(value),
            _ => value,
        };

    /// <param name="list">A list of objects without kind and apiVersion.</param>
    public JsonObject List(JsonObject list, ResourceType type) =>
        Kind switch
        {
            RepresentationKind.Tables => Table(list.Metadata.Copy(), list.Items("items"), type, withColumns: true),
            RepresentationKind.Metadata => new JsonObject
            {
                ["kind"] = "PartialObjectMetadataList",
                ["apiVersion"] = GroupVersion,
                ["metadata"] = list.Metadata.Copy(),
                ["items"] = new JsonArray([.. list.Items("items").Select(Partial)]),
            },
            _ => list,
        };

    private JsonObject Table(JsonObject metadata, IEnumerable<JsonObject> values, ResourceType type, bool withColumns)
    {
        var table = new JsonObject
        {
            ["kind"] = "Table",
            ["apiVersion"] = GroupVersion,
            ["metadata"] = metadata,
        };
        table["columnDefinitions"] = withColumns ? new JsonArray([.. type.Columns.Select(static column => column.ToJson())]) : null;
        table["rows"] = new JsonArray([.. values.Select(value => Row(value, type))]);
        return table;
    }

    private JsonObject Row(JsonObject value, ResourceType type)
    {
        var row = new JsonObject { ["cells"] = new JsonArray([.. type.Columns.Select(column => column.Cell(value, Now))]) };
        if (type == ResourceTable.Pods && value["status"].Text("phase") is "Succeeded" or "Failed")
        {
            var phase = value["status"].Text("phase");
            row["conditions"] = new JsonArray(
                new JsonObject
                {
                    ["type"] = "Completed",
                    ["status"] = "True",
                    ["reason"] = phase,
                    ["message"] = phase == "Succeeded" ? "The pod has completed successfully." : "The pod failed.",
                }
            );
        }

        row["object"] = Include switch
        {
            "None" => null,
            "Object" => WithKind(value, type),
            _ => Partial(value),
        };
        return row;
    }

    private static JsonObject WithKind(JsonObject value, ResourceType type)
    {
        var whole = new JsonObject { ["kind"] = type.Kind, ["apiVersion"] = type.GroupVersion };
        foreach (var (name, node) in value.Where(static pair => pair.Key is not ("kind" or "apiVersion")))
        {
            whole[name] = node?.DeepClone();
        }

        return whole;
    }

    private static JsonObject Partial(JsonObject value) =>
        new()
        {
            ["kind"] = "PartialObjectMetadata",
            ["apiVersion"] = GroupVersion,
            ["metadata"] = value["metadata"]?.DeepClone(),
        };
}
