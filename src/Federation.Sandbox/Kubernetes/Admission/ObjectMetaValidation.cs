using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Resources;

namespace Federation.Sandbox.Kubernetes.Admission;

/// <summary>Validates the metadata of any object.</summary>
internal static class ObjectMetaValidation
{
    private const int MaximumAnnotationsSize = 256 * 1024;

    public static IEnumerable<FieldError> Validate(JsonObject value, ResourceType type)
    {
        var metadata = value.Metadata;
        if (value.Name.Length == 0)
        {
            yield return FieldError.Required("metadata.name", "name or generateName is required");
        }
        else if (type.Strategy.NameRule(value.Name) is { } wrong)
        {
            yield return FieldError.Invalid("metadata.name", FieldError.Quote(value.Name), wrong);
        }

        foreach (var (key, text) in metadata.Pairs("labels"))
        {
            if (Names.QualifiedName(key) is { } badKey)
            {
                yield return FieldError.Invalid("metadata.labels", FieldError.Quote(key), badKey);
            }

            if (Names.LabelValue(text) is { } badValue)
            {
                yield return FieldError.Invalid("metadata.labels", FieldError.Quote(text), badValue);
            }
        }

        foreach (var (key, _) in metadata.Pairs("annotations"))
        {
            if (Names.QualifiedName(key.ToLowerInvariant()) is { } badKey)
            {
                yield return FieldError.Invalid("metadata.annotations", FieldError.Quote(key), badKey);
            }
        }

        if (metadata.Pairs("annotations").Sum(static pair => pair.Key.Length + pair.Value.Length) > MaximumAnnotationsSize)
        {
            yield return FieldError.TooLong("metadata.annotations", MaximumAnnotationsSize);
        }

        foreach (var finalizer in metadata.Texts("finalizers"))
        {
            if (Names.QualifiedName(finalizer) is { } bad)
            {
                yield return FieldError.Invalid("metadata.finalizers", FieldError.Quote(finalizer), bad);
            }
        }
    }
}
