using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Findings;

namespace Federation.Templates;

/// <summary>
/// Fills a template for one workload, in one pass over its nodes. A value becomes the text of its scalar and is not parsed
/// again, so nothing in it can end the scalar or be taken for a placeholder.
/// </summary>
internal sealed class TemplateFiller(
    Template template,
    PlaceholderScope scope,
    IReadOnlyDictionary<string, IReadOnlyList<string>> parameters,
    List<Finding> findings
)
{
    private static readonly IReadOnlyDictionary<string, IReadOnlyList<string>> NoParameters = new Dictionary<string, IReadOnlyList<string>>(
        StringComparer.Ordinal
    );

    /// <summary>Returns the filled document. Null if there were errors, which are added to the findings.</summary>
    public static JsonObject? Fill(
        Template template,
        PlaceholderScope scope,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? parameters,
        List<Finding> findings
    )
    {
        var before = findings.Count;
        var filler = new TemplateFiller(template, scope, parameters ?? NoParameters, findings);
        if (filler.TryFill(template.Root, out var node) && node is JsonObject document)
        {
            return findings.Count == before ? document : null;
        }

        if (findings.Count == before)
        {
            findings.Add(
                template.Invalid(
                    template.Root.Span.Start,
                    $"The template {template.File} is not a mapping at its top.",
                    "Write a mapping of keys to values."
                )
            );
        }

        return null;
    }

    /// <summary>
    /// False if the node is to be left out: it contains a placeholder without value, or all of its children were left out.
    /// </summary>
    private bool TryFill(TemplateNode node, out JsonNode? filled)
    {
        filled = null;
        switch (node)
        {
            case TemplateScalar scalar:
                return TryFill(scalar, parameters, out filled);

            case TemplateSequence sequence:
                var array = new JsonArray();
                foreach (var element in sequence.Elements)
                {
                    if (element is TemplateScalar scalar && Repeated(scalar) is { } parameter)
                    {
                        Repeat(scalar, parameter, array);
                    }
                    else if (TryFill(element, out var value))
                    {
                        array.Add(value);
                    }
                }

                filled = array;
                return array.Count > 0 || sequence.Elements.Count == 0;

            case TemplateMapping mapping:
                var document = new JsonObject();
                foreach (var (key, value) in mapping.Entries)
                {
                    if (TryText(key, parameters, out var name) && TryFill(value, out var child) && !document.TryAdd(name, child))
                    {
                        findings.Add(
                            template.Invalid(
                                key.Span,
                                "",
                                $"Two keys of the template {template.File} become '{name}' for the workload {scope.Workload.Name}.",
                                "Put the two values under one key."
                            )
                        );
                    }
                }

                filled = document;
                return document.Count > 0 || mapping.Entries.Count == 0;

            default:
                throw new InvalidOperationException($"A template holds no {node.GetType().Name}.");
        }
    }

    private bool TryFill(TemplateScalar scalar, IReadOnlyDictionary<string, IReadOnlyList<string>> given, out JsonNode? filled)
    {
        filled = scalar.Kind switch
        {
            TemplateScalarKind.True => JsonValue.Create(true),
            TemplateScalarKind.False => JsonValue.Create(false),
            TemplateScalarKind.Number => Number(scalar.Text.Constant ?? "0"),
            _ => null,
        };
        if (filled is not null || scalar.Kind == TemplateScalarKind.Null)
        {
            return true;
        }

        if (!TryText(scalar, given, out var text))
        {
            return false;
        }

        filled = scalar is { Kind: TemplateScalarKind.PlaceholderAlone, Text.Segments: [TextSegment.Filled { Placeholder.IsNumber: true }] }
            ? Number(text)
            : JsonValue.Create(text);
        return true;
    }

    /// <summary>A number as it is written. One that is not whole keeps its digits.</summary>
    private static JsonNode? Number(string text) =>
        long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number) : JsonNode.Parse(text);

    private bool TryText(TemplateScalar scalar, IReadOnlyDictionary<string, IReadOnlyList<string>> given, out string text)
    {
        if (scalar.Text.Constant is { } constant)
        {
            text = constant;
            return true;
        }

        text = "";
        foreach (var segment in scalar.Text.Segments)
        {
            switch (segment)
            {
                case TextSegment.Literal literal:
                    text += literal.Text;
                    break;

                case TextSegment.Filled(var placeholder):
                    var written = $"${{{placeholder.Name}}}";
                    if (placeholder.Value(scope) is not { } value)
                    {
                        if (template.IsPolicy)
                        {
                            findings.Add(
                                template.Invalid(
                                    scalar.Span,
                                    written,
                                    $"{written} has no value for the workload {scope.Workload.Name}; "
                                        + "a policy with a part left out would allow more than it says.",
                                    "Give the workload that property, or write the policy without it."
                                )
                            );
                        }

                        return false;
                    }

                    if (!Check(scalar, written, value))
                    {
                        return false;
                    }

                    text += value;
                    break;

                case TextSegment.Parameter(var name):
                    if (!given.TryGetValue(name, out var values) || values is not [var only])
                    {
                        findings.Add(
                            template.Invalid(
                                scalar.Span,
                                $"${{{name}}}",
                                $"${{{name}}} has {values?.Count ?? 0} values, but the template {template.File} needs exactly one here.",
                                "Use it in an element of a list: the element is repeated for each value."
                            )
                        );
                        return false;
                    }

                    if (!Check(scalar, $"${{{name}}}", only))
                    {
                        return false;
                    }

                    text += only;
                    break;
            }
        }

        return true;
    }

    /// <summary>
    /// Refuses values that would widen a policy, in which IAM reads <c>*</c>, <c>?</c> and <c>${</c> anywhere, and values that
    /// are not Unicode, which cannot be written as UTF-8.
    /// </summary>
    private bool Check(TemplateScalar scalar, string written, string value)
    {
        if (template.IsPolicy && value.AsSpan().IndexOfAny("*?$") >= 0)
        {
            findings.Add(
                template.Invalid(
                    scalar.Span,
                    written,
                    $"{written} is '{value}' for the workload {scope.Workload.Name}; "
                        + "'*', '?' and '$' are IAM's own in a policy, and a value may not widen it.",
                    "Give plain names. Where a wildcard is meant, write it in a policy template of your own."
                )
            );
            return false;
        }

        for (var i = 0; i < value.Length; i++)
        {
            if (!char.IsSurrogate(value[i]))
            {
                continue;
            }

            if (i + 1 < value.Length && char.IsSurrogatePair(value[i], value[i + 1]))
            {
                i++;
                continue;
            }

            findings.Add(
                template.Invalid(
                    scalar.Span,
                    written,
                    $"{written} holds half a character (U+{(int)value[i]:X4}) for the workload {scope.Workload.Name}.",
                    "Write the whole character."
                )
            );
            return false;
        }

        return true;
    }

    /// <summary>The parameter for whose values a list element is repeated: the first without exactly one value.</summary>
    private string? Repeated(TemplateScalar scalar) =>
        scalar
            .Text.Segments.OfType<TextSegment.Parameter>()
            .Select(parameter => parameter.Name)
            .FirstOrDefault(name => parameters.TryGetValue(name, out var values) && values.Count != 1);

    private void Repeat(TemplateScalar scalar, string parameter, JsonArray array)
    {
        foreach (var value in parameters[parameter])
        {
            var one = new Dictionary<string, IReadOnlyList<string>>(parameters, StringComparer.Ordinal) { [parameter] = [value] };
            if (TryFill(scalar, one, out var filled))
            {
                array.Add(filled);
            }
        }
    }
}
