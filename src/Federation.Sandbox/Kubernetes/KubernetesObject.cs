using System.Globalization;
using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes;

/// <summary>The fields every object has, and the few ways in which objects are read here.</summary>
internal static class KubernetesObject
{
    extension(JsonObject value)
    {
        /// <summary>The metadata, made if there is none.</summary>
        public JsonObject Metadata => value.Child("metadata");

        public string Name => value["metadata"].Text("name");

        public string Namespace => value["metadata"].Text("namespace");

        public string Uid => value["metadata"].Text("uid");

        public long ResourceVersion =>
            long.TryParse(value["metadata"].Text("resourceVersion"), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
                ? version
                : 0;

        public bool IsTerminating => value["metadata"]?["deletionTimestamp"] is not null;

        /// <summary>The object at a field, made if there is none.</summary>
        public JsonObject Child(string field)
        {
            if (value[field] is not JsonObject child)
            {
                value[field] = child = [];
            }

            return child;
        }

        /// <summary>The list at a field, made if there is none.</summary>
        public JsonArray List(string field)
        {
            if (value[field] is not JsonArray list)
            {
                value[field] = list = [];
            }

            return list;
        }

        public JsonObject Copy() => (JsonObject)value.DeepClone();

        /// <summary>Sets a field that has no value yet.</summary>
        public void Default(string field, JsonNode content)
        {
            if (value[field] is null)
            {
                value[field] = content;
            }
        }

        /// <summary>Sets a field, or removes it with null.</summary>
        public void SetOrRemove(string field, JsonNode? content)
        {
            if (content is null)
            {
                value.Remove(field);
            }
            else
            {
                value[field] = content;
            }
        }
    }

    extension(JsonNode? node)
    {
        /// <summary>A string field, or empty.</summary>
        public string Text(string field) =>
            (node as JsonObject)?[field] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

        /// <summary>A number field, or null.</summary>
        public long? Number(string field) => (node as JsonObject)?[field].Integer;

        /// <summary>The node as a whole number, or null. A number set in code is of that code's type, one that was read is a long.</summary>
        public long? Integer =>
            node is not JsonValue value ? null
            : value.TryGetValue<long>(out var wide) ? wide
            : value.TryGetValue<int>(out var narrow) ? narrow
            : null;

        /// <summary>A true-or-false field, or null.</summary>
        public bool? Flag(string field) =>
            (node as JsonObject)?[field] is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : null;

        /// <summary>The objects of a list field, or none.</summary>
        public IEnumerable<JsonObject> Items(string field) => ((node as JsonObject)?[field] as JsonArray)?.OfType<JsonObject>() ?? [];

        /// <summary>The strings of a list field, or none.</summary>
        public IEnumerable<string> Texts(string field) =>
            ((node as JsonObject)?[field] as JsonArray)?.Select(static item => item?.GetValue<string>() ?? "") ?? [];

        /// <summary>The entries of a field that maps strings, or none.</summary>
        public IEnumerable<KeyValuePair<string, string>> Pairs(string field) =>
            ((node as JsonObject)?[field] as JsonObject)?.Select(static pair => KeyValuePair.Create(pair.Key, pair.Value?.ToString() ?? ""))
            ?? [];
    }

    /// <summary>A time as the API writes it, to the second.</summary>
    public static string Timestamp(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
