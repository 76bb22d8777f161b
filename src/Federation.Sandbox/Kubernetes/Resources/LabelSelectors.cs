using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes.Resources;

/// <summary>
/// The selectors in objects (<c>matchLabels</c>, <c>matchExpressions</c>), as opposed to those in queries.
/// See
/// <see href="https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#resources-that-support-set-based-requirements"/>.
/// </summary>
internal static class LabelSelectors
{
    /// <summary>Whether a selector matches an object's labels. An empty selector matches everything, null nothing.</summary>
    public static bool Matches(JsonNode? selector, JsonNode? labels) =>
        selector is JsonObject
        && (
            (selector["matchLabels"] as JsonObject)?.All(wanted =>
                (labels as JsonObject)?[wanted.Key]?.ToString() == wanted.Value?.ToString()
            )
            ?? true
        )
        && selector
            .Items("matchExpressions")
            .All(expression =>
                Matches(
                    expression,
                    labels.Text(expression.Text("key")),
                    (labels as JsonObject)?.ContainsKey(expression.Text("key")) is true
                )
            );

    /// <summary>In the notation of queries; <c>&lt;none&gt;</c> for an empty selector.</summary>
    public static string Format(JsonNode? selector)
    {
        string[] parts =
        [
            .. selector
                .Pairs("matchLabels")
                .OrderBy(static pair => pair.Key, StringComparer.Ordinal)
                .Select(static pair => $"{pair.Key}={pair.Value}"),
            .. selector.Items("matchExpressions").Select(Format),
        ];
        return parts.Length == 0 ? "<none>" : string.Join(',', parts);
    }

    private static bool Matches(JsonObject expression, string value, bool present) =>
        expression.Text("operator") switch
        {
            "In" => present && expression.Texts("values").Contains(value, StringComparer.Ordinal),
            "NotIn" => !present || !expression.Texts("values").Contains(value, StringComparer.Ordinal),
            "Exists" => present,
            "DoesNotExist" => !present,
            _ => false,
        };

    private static string Format(JsonObject expression)
    {
        var (key, values) = (expression.Text("key"), string.Join(',', expression.Texts("values").Order(StringComparer.Ordinal)));
        return expression.Text("operator") switch
        {
            "In" => $"{key} in ({values})",
            "NotIn" => $"{key} notin ({values})",
            "Exists" => key,
            _ => "!" + key,
        };
    }
}
