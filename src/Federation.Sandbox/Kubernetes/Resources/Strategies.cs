using System.Text;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Admission;

namespace Federation.Sandbox.Kubernetes.Resources;

/// <summary>A kind whose status has an endpoint of its own.</summary>
internal class StatusStrategy : ResourceStrategy
{
    public override JsonObject Empty() => new() { ["spec"] = new JsonObject(), ["status"] = new JsonObject() };

    public override IReadOnlyList<string> ResetFields => ["status"];
}

internal sealed class ServiceAccountStrategy : ResourceStrategy
{
    public override bool AnswersDeletedObject => true;
}

internal sealed class NamespaceStrategy : StatusStrategy
{
    /// <summary>The namespaces that the API server refuses to delete.</summary>
    public static IReadOnlyList<string> Protected { get; } = ["default", "kube-public", "kube-system"];

    public override bool AnswersDeletedObject => true;

    public override Func<string, string?> NameRule => Names.Label;

    public override IReadOnlyDictionary<string, Func<JsonObject, string>> SelectableFields { get; } =
        new Dictionary<string, Func<JsonObject, string>>(StringComparer.Ordinal)
        {
            ["status.phase"] = static value => value["status"].Text("phase"),
        };

    public override void SetDefaults(JsonObject value)
    {
        if (value.Name.Length > 0)
        {
            value.Metadata.Child("labels")["kubernetes.io/metadata.name"] = value.Name;
        }
    }

    public override void PrepareForCreate(JsonObject value)
    {
        SetDefaults(value);
        value.Child("spec")["finalizers"] = new JsonArray("kubernetes");
        value["status"] = new JsonObject { ["phase"] = "Active" };
    }

    public override void PrepareForUpdate(JsonObject value, JsonObject stored)
    {
        base.PrepareForUpdate(value, stored);
        value["spec"] = stored["spec"]?.DeepClone();
    }
}

/// <summary>Checks the keys of the data, which become file names where a pod mounts the object.</summary>
internal class ConfigMapStrategy : ResourceStrategy
{
    private static readonly string[] Maps = ["data", "binaryData"];

    public override IEnumerable<FieldError> Validate(JsonObject value) =>
        from field in Maps
        from pair in value.Pairs(field)
        from wrong in Names.ConfigMapKey(pair.Key)
        select FieldError.Invalid($"{field}[{pair.Key}]", FieldError.Quote(pair.Key), wrong);
}

internal sealed class SecretStrategy : ConfigMapStrategy
{
    public override IReadOnlyDictionary<string, Func<JsonObject, string>> SelectableFields { get; } =
        new Dictionary<string, Func<JsonObject, string>>(StringComparer.Ordinal) { ["type"] = static value => value.Text("type") };

    public override void SetDefaults(JsonObject value)
    {
        value.Default("type", "Opaque");
        foreach (var (key, text) in value.Pairs("stringData").ToList())
        {
            value.Child("data")[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        }

        value.Remove("stringData");
    }
}

internal sealed class RbacStrategy : ResourceStrategy
{
    public override Func<string, string?> NameRule => Names.PathSegment;

    public override void SetDefaults(JsonObject value)
    {
        if (value["roleRef"] is JsonObject role)
        {
            role.Default("apiGroup", "rbac.authorization.k8s.io");
        }

        foreach (var subject in value.Items("subjects").Where(static subject => subject.Text("kind") is "User" or "Group"))
        {
            subject.Default("apiGroup", "rbac.authorization.k8s.io");
        }
    }

    public override IEnumerable<FieldError> ValidateUpdate(JsonObject value, JsonObject stored)
    {
        if (!JsonNode.DeepEquals(value["roleRef"], stored["roleRef"]))
        {
            yield return FieldError.Invalid("roleRef", value["roleRef"]?.ToJsonString() ?? "null", "cannot change roleRef");
        }
    }
}

internal sealed class EventStrategy : ResourceStrategy
{
    public override IReadOnlyDictionary<string, Func<JsonObject, string>> SelectableFields { get; } =
        new Dictionary<string, Func<JsonObject, string>>(StringComparer.Ordinal)
        {
            ["involvedObject.kind"] = static value => value["involvedObject"].Text("kind"),
            ["involvedObject.namespace"] = static value => value["involvedObject"].Text("namespace"),
            ["involvedObject.name"] = static value => value["involvedObject"].Text("name"),
            ["involvedObject.uid"] = static value => value["involvedObject"].Text("uid"),
            ["involvedObject.apiVersion"] = static value => value["involvedObject"].Text("apiVersion"),
            ["involvedObject.resourceVersion"] = static value => value["involvedObject"].Text("resourceVersion"),
            ["involvedObject.fieldPath"] = static value => value["involvedObject"].Text("fieldPath"),
            ["reason"] = static value => value.Text("reason"),
            ["reportingComponent"] = static value => value.Text("reportingComponent"),
            ["source"] = static value =>
                value["source"].Text("component") is { Length: > 0 } component ? component : value.Text("reportingComponent"),
            ["type"] = static value => value.Text("type"),
        };

    public override string UnsupportedField(string field) => "field label not supported: " + field;
}
