using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Admission;

namespace Federation.Sandbox.Kubernetes.Resources;

/// <summary>The rules of a kind. Methods may change the objects they are given, which are copies.</summary>
internal class ResourceStrategy
{
    /// <summary>An object of this kind without values, with which a new one is compared to find the fields that it sets.</summary>
    public virtual JsonObject Empty() => [];

    /// <summary>The top-level fields that the main endpoint ignores and does not own.</summary>
    public virtual IReadOnlyList<string> ResetFields => [];

    /// <summary>The top-level fields that the status endpoint ignores and does not own.</summary>
    public virtual IReadOnlyList<string> StatusResetFields => ["metadata", "spec"];

    /// <summary>The default propagation policy of a deletion: <c>Background</c>, <c>Foreground</c> or <c>Orphan</c>.</summary>
    public virtual string DefaultPropagation => "Background";

    /// <summary>The warning for a deletion without a propagation policy, or null.</summary>
    public virtual string? PropagationWarning => null;

    /// <summary>A deletion answers the deleted object instead of a Status.</summary>
    public virtual bool AnswersDeletedObject => false;

    public virtual Func<string, string?> NameRule => Names.Subdomain;

    /// <summary>The fields that a field selector may name besides name and namespace, and how to read them.</summary>
    public virtual IReadOnlyDictionary<string, Func<JsonObject, string>> SelectableFields { get; } =
        new Dictionary<string, Func<JsonObject, string>>(StringComparer.Ordinal);

    /// <summary>The message for another field in a field selector.</summary>
    public virtual string UnsupportedField(string field) =>
        $"\"{field}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"";

    /// <summary>Sets default values.</summary>
    public virtual void SetDefaults(JsonObject value) { }

    /// <summary>Sets the fields of a new object that only the server may set.</summary>
    public virtual void PrepareForCreate(JsonObject value) { }

    /// <summary>Restores the fields that a client may not change.</summary>
    public virtual void PrepareForUpdate(JsonObject value, JsonObject stored)
    {
        foreach (var field in ResetFields)
        {
            value.SetOrRemove(field, stored[field]?.DeepClone());
        }
    }

    public virtual IEnumerable<FieldError> Validate(JsonObject value) => [];

    public virtual IEnumerable<FieldError> ValidateUpdate(JsonObject value, JsonObject stored) => [];

    /// <summary>The grace period of a deletion in seconds; 0 removes the object at once.</summary>
    public virtual long GracePeriod(JsonObject stored, long? asked) => 0;
}
