using System.Globalization;
using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes;

/// <summary>The fields that every object has, and how objects in JSON are read and written.</summary>
internal static class KubernetesObject
{
    extension(JsonObject value)
    {
        /// <summary>The metadata, created if there is none.</summary>
        public JsonObject Metadata => value.Child("metadata");

        public string Name => value["metadata"].Text("name");

        public string Namespace => value["metadata"].Text("namespace");

        public string Uid => value["metadata"].Text("uid");

        public long ResourceVersion =>
            long.TryParse(value["metadata"].Text("resourceVersion"), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
                ? version
                : 0;

        public bool IsTerminating => value["metadata"]?["deletionTimestamp"] is not null;

        /// <summary>The object in a field, created if there is none.</summary>
        public JsonObject Child(string field)
        {
            if (value[field] is not JsonObject child)
            {
                value[field] = child = [];
            }

            return child;
        }

        /// <summary>The list in a field, created if there is none.</summary>
        public JsonArray List(string field)
        {
            if (value[field] is not JsonArray list)
            {
                value[field] = list = [];
            }

            return list;
        }

        public JsonObject Copy() => (JsonObject)value.DeepClone();

        /// <summary>Sets a field unless it has a value.</summary>
        public void Default(string field, JsonNode content)
        {
            if (value[field] is null)
            {
                value[field] = content;
            }
        }

        /// <summary>Sets a field unless the text is null or empty.</summary>
        public void SetText(string field, string? text)
        {
            if (!string.IsNullOrEmpty(text))
            {
                value[field] = text;
            }
        }

        /// <summary>Sets a list of strings unless it is empty; then removes the field.</summary>
        public void SetTexts(string field, IReadOnlyCollection<string> texts) =>
            value.SetOrRemove(field, texts.Count > 0 ? ListOf(texts) : null);

        /// <summary>Sets a count unless it is 0 or less.</summary>
        public void SetCount(string field, long count)
        {
            if (count > 0)
            {
                value[field] = count;
            }
        }

        /// <summary>Sets a field; null removes it.</summary>
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

        /// <summary>A time field, or null.</summary>
        public DateTimeOffset? Time(string field) => ParseTime(node.Text(field));

        /// <summary>A number field, or null.</summary>
        public long? Number(string field) => (node as JsonObject)?[field].Integer;

        /// <summary>
        /// The node as an integer, or null. A number that was set in code has the type it was set with, one that was parsed is
        /// a long.
        /// </summary>
        public long? Integer =>
            node is not JsonValue value ? null
            : value.TryGetValue<long>(out var wide) ? wide
            : value.TryGetValue<int>(out var narrow) ? narrow
            : null;

        /// <summary>A true-or-false field, or null.</summary>
        public bool? Flag(string field) =>
            (node as JsonObject)?[field] is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : null;

        /// <summary>The objects in a list field; empty without it.</summary>
        public IEnumerable<JsonObject> Items(string field) => ((node as JsonObject)?[field] as JsonArray)?.OfType<JsonObject>() ?? [];

        /// <summary>The strings in a list field; empty without it.</summary>
        public IEnumerable<string> Texts(string field) =>
            ((node as JsonObject)?[field] as JsonArray)?.Select(static item => item?.GetValue<string>() ?? "") ?? [];

        /// <summary>The entries of a field that maps strings to strings; empty without it.</summary>
        public IEnumerable<KeyValuePair<string, string>> Pairs(string field) =>
            ((node as JsonObject)?[field] as JsonObject)?.Select(static pair => KeyValuePair.Create(pair.Key, pair.Value?.ToString() ?? ""))
            ?? [];
    }

    /// <summary>A time in the API's form, or null.</summary>
    public static DateTimeOffset? ParseTime(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    public static JsonArray ListOf(IEnumerable<string> texts) => new([.. texts.Select(static text => JsonValue.Create(text))]);
}
