using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Schemas;
using Federation.Sandbox.Kubernetes.Tables;

namespace Federation.Sandbox.Kubernetes.Resources;

/// <summary>A stored kind of object, and how it is served.</summary>
internal sealed record ResourceType(
    string Group,
    string Version,
    string Kind,
    string Plural,
    string Singular,
    bool Namespaced,
    ResourceStrategy Strategy
)
{
    public IReadOnlyList<string> ShortNames { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>The columns of a table of such objects.</summary>
    public IReadOnlyList<TableColumn> Columns { get; init; } = TableColumns.Default;

    public IReadOnlyList<Subresource> Subresources { get; init; } = [];

    public IReadOnlyList<string> Verbs { get; init; } = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    public string GroupVersion => Group.Length > 0 ? $"{Group}/{Version}" : Version;

    /// <summary>The resource as in error texts: <c>pods</c>, <c>roles.rbac.authorization.k8s.io</c>.</summary>
    public string QualifiedResource => Group.Length > 0 ? $"{Plural}.{Group}" : Plural;

    public StructType Schema { get; } = KubernetesTypes.Schema[Kind];

    public bool Equals(ResourceType? other) => other is not null && Kind == other.Kind && Group == other.Group;

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Kind);

    /// <summary>Moves the fields into a new object, in the API's order, with a version (0: none).</summary>
    public JsonObject Ordered(JsonObject value, long version)
    {
        var metadata = value.Metadata;
        metadata.SetOrRemove("resourceVersion", version > 0 ? JsonValue.Create(version.ToString(CultureInfo.InvariantCulture)) : null);
        var result = new JsonObject { ["kind"] = Kind, ["apiVersion"] = GroupVersion };
        foreach (var name in Schema.Fields.Keys.Prepend("metadata").Distinct(StringComparer.Ordinal).Where(value.ContainsKey))
        {
            var node = value[name];
            value.Remove(name);
            result[name] = name == "metadata" ? Sorted((JsonObject)node!) : node;
        }

        return result;
    }

    private static JsonObject Sorted(JsonObject metadata)
    {
        var result = new JsonObject();
        foreach (var name in KubernetesTypes.Schema["ObjectMeta"].Fields.Keys.Where(metadata.ContainsKey))
        {
            var node = metadata[name];
            metadata.Remove(name);
            result[name] = node;
        }

        return result;
    }
}

/// <summary>A subresource of a kind, for discovery.</summary>
/// <param name="Verbs">With spaces between them.</param>
internal sealed record Subresource(string Name, string Kind, string Verbs)
{
    public string Group { get; init; } = "";

    public string Version { get; init; } = "";
}
