using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Schemas;

namespace Federation.Sandbox.Kubernetes.Patching;

/// <summary>
/// A merge patch that merges lists by the key in their type. Directives: <c>$patch</c> (replace, delete),
/// <c>$setElementOrder/</c>, <c>$deleteFromPrimitiveList/</c> and <c>$retainKeys</c>.
/// See <see href="https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md"/>.
/// </summary>
internal static class StrategicMergePatch
{
    private const string Order = "$setElementOrder/";
    private const string Deletion = "$deleteFromPrimitiveList/";

    public static JsonObject Apply(JsonObject document, JsonObject patch, FieldType type)
    {
        switch (patch.Text("$patch"))
        {
            case "delete":
                return [];
            case "replace":
                var replacement = patch.Copy();
                replacement.Remove("$patch");
                return replacement;
        }

        var result = document.Copy();
        if (patch["$retainKeys"] is JsonArray)
        {
            var retained = Strings(patch["$retainKeys"]);
            foreach (var name in result.Select(static pair => pair.Key).Where(name => !retained.Contains(name)).ToList())
            {
                result.Remove(name);
            }
        }

        foreach (var (name, value) in patch.Where(static pair => !pair.Key.StartsWith('$')))
        {
            result.SetOrRemove(name, Merge(result[name], value, FieldOf(type, name)));
        }

        foreach (var (name, _) in patch.Where(static pair => pair.Key.StartsWith(Deletion, StringComparison.Ordinal)))
        {
            var gone = Strings(patch[name]);
            if (result[name[Deletion.Length..]] is JsonArray list)
            {
                result[name[Deletion.Length..]] = new JsonArray([
                    .. list.Where(item => !gone.Contains(item?.ToString() ?? "")).Select(static item => item?.DeepClone()),
                ]);
            }
        }

        foreach (var (name, order) in patch.Where(static pair => pair.Key.StartsWith(Order, StringComparison.Ordinal)))
        {
            var field = name[Order.Length..];
            if (result[field] is JsonArray list && FieldOf(type, field) is ListType listType && order is JsonArray wanted)
            {
                result[field] = Sort(list, listType, wanted);
            }
        }

        return result;
    }

    private static HashSet<string> Strings(JsonNode? list) =>
        (list as JsonArray)?.Select(static item => item?.ToString() ?? "").ToHashSet(StringComparer.Ordinal) ?? [];

    private static JsonNode? Merge(JsonNode? current, JsonNode? patch, FieldType? type) =>
        (patch, type) switch
        {
            (JsonObject inner, not null) => Apply(current as JsonObject ?? [], inner, type),
            (JsonArray items, ListType { IsAtomic: false } list) => MergeList(current as JsonArray ?? [], items, list),
            _ => patch?.DeepClone(),
        };

    private static JsonArray MergeList(JsonArray current, JsonArray patch, ListType type)
    {
        if (type.IsSet)
        {
            return new JsonArray([
                .. current
                    .Concat(patch)
                    .DistinctBy(static item => item?.ToJsonString(), StringComparer.Ordinal)
                    .Select(static item => item?.DeepClone()),
            ]);
        }

        // An item with nothing but the directive: the other items replace the list.
        var replaces = patch.Any(static item => item is JsonObject { Count: 1 } directive && directive.Text("$patch") == "replace");
        var result = replaces ? [] : current.Select(static item => item?.DeepClone()).ToList();
        foreach (var item in patch.OfType<JsonObject>().Where(static item => item.Count > 1 || !item.ContainsKey("$patch")))
        {
            if (KeyOf(item, type) is not { } key)
            {
                throw ApiException.Failure(
                    422,
                    "Invalid",
                    $"The  \"\" is invalid: patch: Invalid value: {item.ToJsonString()}: map: {item.ToJsonString()} "
                        + $"does not contain declared merge key: {type.Keys[0]}",
                    []
                );
            }

            var at = result.FindIndex(known => KeyOf(known, type) == key);
            if (item.Text("$patch") == "delete")
            {
                if (at >= 0)
                {
                    result.RemoveAt(at);
                }
            }
            else if (at >= 0)
            {
                result[at] = Apply((JsonObject)result[at]!, item, type.Element);
            }
            else
            {
                result.Add(Apply([], item, type.Element));
            }
        }

        return new JsonArray([.. result]);
    }

    private static JsonArray Sort(JsonArray list, ListType type, JsonArray wanted)
    {
        string?[] order = [.. wanted.Select(item => KeyOf(item, type))];
        return new JsonArray([
            .. list.OrderBy(item => Array.IndexOf(order, KeyOf(item, type)) is var at && at < 0 ? order.Length : at)
                .Select(static item => item?.DeepClone()),
        ]);
    }

    private static string? KeyOf(JsonNode? item, ListType type) =>
        type.IsSet ? item?.ToString() : (item as JsonObject)?[type.Keys[0]]?.ToString();

    private static FieldType? FieldOf(FieldType type, string name) =>
        type switch
        {
            StructType structure => structure.Fields.GetValueOrDefault(name)?.Type,
            MapType map => map.Element,
            _ => null,
        };
}
