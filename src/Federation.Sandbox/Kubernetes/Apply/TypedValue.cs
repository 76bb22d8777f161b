using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Schemas;

namespace Federation.Sandbox.Kubernetes.Apply;

/// <summary>The paths at which two values differ.</summary>
internal sealed record Comparison(FieldSet Added, FieldSet Modified, FieldSet Removed);

/// <summary>
/// Sets, compares, merges and prunes values by their type, with the semantics of sigs.k8s.io/structured-merge-diff, on which
/// server-side apply is built.
/// </summary>
internal static class TypedValue
{
    private static readonly JsonSerializerOptions KeyForm = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Every path that a value sets.</summary>
    public static FieldSet Fields(JsonObject value, StructType type)
    {
        var set = new FieldSet();
        AddFields(value, type, set);
        return set;
    }

    public static Comparison Compare(JsonObject old, JsonObject value, StructType type)
    {
        var comparison = new Comparison(new FieldSet(), new FieldSet(), new FieldSet());
        CompareChildren(old, value, type, comparison);
        return comparison;
    }

    /// <summary>The union of both values; where both set a path, the applied one wins.</summary>
    public static JsonObject Merge(JsonObject live, JsonObject applied, StructType type) => (JsonObject)MergeNode(live, applied, type)!;

    /// <summary>The value without the paths of a set, and without what becomes empty by that.</summary>
    public static JsonObject Remove(JsonObject value, FieldSet set, StructType type) => RemoveNode(value, set, type) as JsonObject ?? [];

    /// <summary>The set with the struct fields above its members, which a value that sets only what is below does not own.</summary>
    public static FieldSet WithNamedFields(FieldSet set, FieldType type)
    {
        var result = new FieldSet { IsMember = set.IsMember };
        foreach (var (element, child) in set.Children)
        {
            var childType = ElementType(type, element);
            var inner = childType is null ? child : WithNamedFields(child, childType);
            var target = result.At(element);
            target.IsMember = child.IsMember || (type is StructType && element[0] == 'f');
            foreach (var (name, node) in inner.Children)
            {
                Copy(node, target.At(name));
            }
        }

        return result;
    }

    private static void Copy(FieldSet from, FieldSet to)
    {
        to.IsMember = from.IsMember;
        foreach (var (name, child) in from.Children)
        {
            Copy(child, to.At(name));
        }
    }

    private static void AddFields(JsonNode? value, FieldType type, FieldSet set)
    {
        if (type.IsAtomic)
        {
            set.IsMember = true;
            return;
        }

        foreach (var (element, child, childType) in Elements(value, type))
        {
            var target = set.At(element);
            AddFields(child, childType, target);
            target.IsMember |= type is not StructType || child is null or JsonObject { Count: 0 };
        }
    }

    private static void CompareChildren(JsonNode? old, JsonNode? value, FieldType type, Comparison comparison)
    {
        var before = Elements(old, type).ToDictionary(static item => item.Element, StringComparer.Ordinal);
        var after = Elements(value, type).ToDictionary(static item => item.Element, StringComparer.Ordinal);
        foreach (var element in before.Keys.Union(after.Keys, StringComparer.Ordinal))
        {
            var inOld = before.TryGetValue(element, out var oldItem);
            var inNew = after.TryGetValue(element, out var newItem);
            var childType = inNew ? newItem.Type : oldItem.Type;
            var child = new Comparison(new FieldSet(), new FieldSet(), new FieldSet());
            if (!childType.IsAtomic)
            {
                CompareChildren(inOld ? oldItem.Node : null, inNew ? newItem.Node : null, childType, child);
            }
            else if (inOld && inNew && !JsonNode.DeepEquals(oldItem.Node, newItem.Node))
            {
                child.Modified.IsMember = true;
            }

            child.Added.IsMember |= !inOld;
            child.Removed.IsMember |= !inNew;
            Attach(comparison.Added, element, child.Added);
            Attach(comparison.Modified, element, child.Modified);
            Attach(comparison.Removed, element, child.Removed);
        }
    }

    private static void Attach(FieldSet set, string element, FieldSet child)
    {
        if (!child.IsEmpty)
        {
            Copy(child, set.At(element));
        }
    }

    private static JsonNode? MergeNode(JsonNode? live, JsonNode? applied, FieldType type)
    {
        if (type.IsAtomic || live is null || applied is null)
        {
            return (applied ?? live)?.DeepClone();
        }

        var additions = Elements(applied, type).ToDictionary(static item => item.Element, StringComparer.Ordinal);
        var merged = new List<(string Element, JsonNode? Node)>();
        foreach (var item in Elements(live, type))
        {
            merged.Add(
                additions.Remove(item.Element, out var addition)
                    ? (item.Element, MergeNode(item.Node, addition.Node, item.Type))
                    : (item.Element, item.Node?.DeepClone())
            );
        }

        merged.AddRange(
            Elements(applied, type)
                .Where(item => additions.ContainsKey(item.Element))
                .Select(static item => (item.Element, item.Node?.DeepClone()))
        );
        return Assemble(live, merged, (applied as JsonObject)?.Where(pair => !Knows(type, pair.Key)) ?? []);
    }

    private static JsonNode? RemoveNode(JsonNode? value, FieldSet set, FieldType type)
    {
        if (type.IsAtomic || value is null)
        {
            return value?.DeepClone();
        }

        var kept = new List<(string Element, JsonNode? Node)>();
        foreach (var item in Elements(value, type))
        {
            var below = set.Find(item.Element);
            if (below is not { IsMember: true })
            {
                kept.Add((item.Element, below is null || below.IsEmpty ? item.Node?.DeepClone() : RemoveNode(item.Node, below, item.Type)));
            }
        }

        var unknown = (value as JsonObject)?.Where(pair => !Knows(type, pair.Key)) ?? [];
        return kept.Count == 0 && !unknown.Any() ? null : Assemble(value, kept, unknown);
    }

    // kind and apiVersion belong to no type: they are kept.
    private static bool Knows(FieldType type, string field) => type is not StructType structure || structure.Fields.ContainsKey(field);

    private static JsonNode Assemble(
        JsonNode shape,
        List<(string Element, JsonNode? Node)> items,
        IEnumerable<KeyValuePair<string, JsonNode?>> others
    )
    {
        if (shape is JsonArray)
        {
            return new JsonArray([.. items.Select(static item => item.Node)]);
        }

        var result = new JsonObject();
        foreach (var (name, node) in others.Concat(((JsonObject)shape).Where(static pair => pair.Key is "kind" or "apiVersion")))
        {
            result[name] = node?.DeepClone();
        }

        foreach (var (element, node) in items)
        {
            if (node is not null || element[0] != 'f')
            {
                result[element[2..]] = node;
            }
        }

        return result;
    }

    private static IEnumerable<(string Element, JsonNode? Node, FieldType Type)> Elements(JsonNode? value, FieldType type)
    {
        switch (type, value)
        {
            case (StructType structure, JsonObject map):
                return map.Where(pair => structure.Fields.ContainsKey(pair.Key))
                    .Select(pair => ("f:" + pair.Key, pair.Value, structure.Fields[pair.Key].Type));
            case (MapType mapping, JsonObject map):
                return map.Select(pair => ("f:" + pair.Key, pair.Value, mapping.Element));
            case (ListType list, JsonArray items):
                return items
                    .Select(item => (ListElement(item, list), item, list.Element))
                    .DistinctBy(static item => item.Item1, StringComparer.Ordinal);
            default:
                return [];
        }
    }

    private static string ListElement(JsonNode? item, ListType list)
    {
        if (list.IsSet)
        {
            return "v:" + (item?.ToJsonString(KeyForm) ?? "null");
        }

        var keys = new JsonObject();
        foreach (var key in list.Keys.Order(StringComparer.Ordinal))
        {
            // A port's protocol is the only key with a default in the schema.
            keys[key] = (item as JsonObject)?[key]?.DeepClone() ?? (key == "protocol" ? JsonValue.Create("TCP") : null);
        }

        return "k:" + keys.ToJsonString(KeyForm);
    }

    private static FieldType? ElementType(FieldType type, string element) =>
        type switch
        {
            StructType structure => structure.Fields.GetValueOrDefault(element[2..])?.Type,
            MapType map => map.Element,
            ListType list => list.Element,
            _ => null,
        };
}
