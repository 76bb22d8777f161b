using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Federation.Tests.Configuration;

/// <summary>
/// JSON Schema (draft 2020-12), as far as <c>federation.schema.json</c> uses it. A keyword it does not know is an error:
/// the schema can never say something that goes unchecked here.
/// </summary>
internal sealed class JsonSchemaValidator(JsonObject root)
{
    public bool Accepts(JsonNode? instance) => Accepts(root, instance);

    private bool Accepts(JsonObject schema, JsonNode? instance) =>
        schema.All(keyword =>
            keyword.Key switch
            {
                "$schema" or "title" or "description" or "default" or "$defs" => true,
                "$ref" => Accepts(Resolve(keyword.Value!.GetValue<string>()), instance),
                "anyOf" => keyword.Value!.AsArray().Any(option => Accepts(option!.AsObject(), instance)),
                "type" => (keyword.Value is JsonArray types ? types : [keyword.Value!.DeepClone()]).Any(type =>
                    IsOfType(instance, type!.GetValue<string>())
                ),
                "enum" => keyword.Value!.AsArray().Any(option => JsonNode.DeepEquals(option, instance)),
                "minLength" => Text(instance) is not { } text || text.EnumerateRunes().Count() >= keyword.Value!.GetValue<int>(),
                "maxLength" => Text(instance) is not { } text || text.EnumerateRunes().Count() <= keyword.Value!.GetValue<int>(),
                "pattern" => Text(instance) is not { } text || Matches(text, keyword.Value!.GetValue<string>()),
                "items" => instance is not JsonArray items || items.All(item => Accepts(keyword.Value!.AsObject(), item)),
                "minItems" => instance is not JsonArray items || items.Count >= keyword.Value!.GetValue<int>(),
                "uniqueItems" => instance is not JsonArray items
                    || items.Select(item => item?.ToJsonString()).Distinct().Count() == items.Count,
                "required" => instance is not JsonObject entries
                    || keyword.Value!.AsArray().All(name => entries.ContainsKey(name!.GetValue<string>())),
                "minProperties" => instance is not JsonObject entries || entries.Count >= keyword.Value!.GetValue<int>(),
                "propertyNames" => instance is not JsonObject entries
                    || entries.All(entry => Accepts(keyword.Value!.AsObject(), JsonValue.Create(entry.Key))),
                "properties" => instance is not JsonObject entries
                    || keyword
                        .Value!.AsObject()
                        .All(property =>
                            !entries.TryGetPropertyValue(property.Key, out var value) || Accepts(property.Value!.AsObject(), value)
                        ),
                "additionalProperties" => instance is not JsonObject entries
                    || Additional(schema, entries).All(entry => keyword.Value is JsonObject others && Accepts(others, entry.Value)),
                _ => throw new NotSupportedException($"The keyword {keyword.Key} is not known here."),
            }
        );

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Additional(JsonObject schema, JsonObject entries) =>
        entries.Where(entry => schema["properties"] is not JsonObject known || !known.ContainsKey(entry.Key));

    private JsonObject Resolve(string reference) =>
        reference["#/".Length..].Split('/').Aggregate((JsonNode)root, (node, step) => node[step]!).AsObject();

    private static string? Text(JsonNode? instance) =>
        instance is JsonValue value && value.GetValueKind() is JsonValueKind.String ? value.GetValue<string>() : null;

    private static bool Matches(string text, string pattern)
    {
        // In ECMAScript "$" is the very end; in .NET it would also stand before a last line break.
        Assert.StartsWith("^", pattern, StringComparison.Ordinal);
        Assert.EndsWith("$", pattern, StringComparison.Ordinal);
        return Regex.IsMatch(text, pattern[..^1] + @"\z", RegexOptions.None, TimeSpan.FromSeconds(5));
    }

    private static bool IsOfType(JsonNode? instance, string type) =>
        (type, instance?.GetValueKind() ?? JsonValueKind.Null) switch
        {
            ("object", JsonValueKind.Object) or ("array", JsonValueKind.Array) or ("string", JsonValueKind.String) => true,
            ("boolean", JsonValueKind.True or JsonValueKind.False) or ("number", JsonValueKind.Number) => true,
            ("integer", JsonValueKind.Number) => double.IsInteger(instance!.GetValue<double>()),
            _ => false,
        };
}
