using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Admission;

namespace Federation.Sandbox.Kubernetes.Resources;

/// <summary>What a kind does differently from the others. Objects given are private copies that may be changed.</summary>
internal class ResourceStrategy
{
    /// <summary>An object of this kind in which nothing is set, as ownership is compared with on creation.</summary>
    public virtual JsonObject Empty() => [];

    /// <summary>The top-level fields that the main endpoint neither takes nor owns.</summary>
    public virtual IReadOnlyList<string> ResetFields => [];

    /// <summary>The top-level fields that the status endpoint neither takes nor owns.</summary>
    public virtual IReadOnlyList<string> StatusResetFields => ["metadata", "spec"];

    /// <summary>What becomes of dependents if a deletion does not say: <c>Background</c>, <c>Foreground</c> or <c>Orphan</c>.</summary>
    public virtual string DefaultPropagation => "Background";

    /// <summary>Told to whoever deletes without saying.</summary>
    public virtual string? PropagationWarning => null;

    /// <summary>The deleted object is answered, rather than a Status.</summary>
    public virtual bool AnswersDeletedObject => false;

    /// <summary>Writes that need no resourceVersion.</summary>
    public virtual bool AllowsUnconditionalUpdate => true;

    public virtual Func<string, string?> NameRule => Names.Subdomain;

    /// <summary>The fields a field selector may name besides name and namespace, with their values.</summary>
    public virtual IReadOnlyDictionary<string, Func<JsonObject, string>> SelectableFields { get; } =
        new Dictionary<string, Func<JsonObject, string>>(StringComparer.Ordinal);

    /// <summary>An unknown field in a field selector.</summary>
    public virtual string UnsupportedField(string field) =>
        $"\"{field}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"";

    /// <summary>Sets what is unset, as decoding does.</summary>
    public virtual void SetDefaults(JsonObject value) { }

    /// <summary>Sets what only the server may set on a new object.</summary>
    public virtual void PrepareForCreate(JsonObject value) { }

    /// <summary>Puts back what a client may not change.</summary>
    public virtual void PrepareForUpdate(JsonObject value, JsonObject stored)
    {
        foreach (var field in ResetFields)
        {
            value.SetOrRemove(field, stored[field]?.DeepClone());
        }
    }

    public virtual IEnumerable<FieldError> Validate(JsonObject value) => [];

    public virtual IEnumerable<FieldError> ValidateUpdate(JsonObject value, JsonObject stored) => [];

    /// <summary>Seconds a deletion waits for whoever runs the object; 0 removes it at once.</summary>
    public virtual long GracePeriod(JsonObject stored, long? asked) => 0;
}
