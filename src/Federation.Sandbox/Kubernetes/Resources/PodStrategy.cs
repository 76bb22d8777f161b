using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Admission;

namespace Federation.Sandbox.Kubernetes.Resources;

/// <summary>Pods: their defaults, which fields may change, and a deletion that waits for the kubelet.</summary>
internal sealed class PodStrategy : GenerationStrategy
{
    private static readonly string[] ImmutableText =
    [
        "pod updates may not change fields other than `spec.containers[*].image`",
        "`spec.initContainers[*].image`",
        "`spec.activeDeadlineSeconds`",
        "`spec.tolerations` (only additions to existing tolerations)",
        "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
    ];

    public override JsonObject Empty() =>
        new()
        {
            ["spec"] = new JsonObject { ["containers"] = null },
            ["status"] = new JsonObject(),
        };

    public override bool AnswersDeletedObject => true;

    public override IReadOnlyDictionary<string, Func<JsonObject, string>> SelectableFields { get; } =
        new Dictionary<string, Func<JsonObject, string>>(StringComparer.Ordinal)
        {
            ["spec.nodeName"] = static value => value["spec"].Text("nodeName"),
            ["spec.restartPolicy"] = static value => value["spec"].Text("restartPolicy"),
            ["spec.schedulerName"] = static value => value["spec"].Text("schedulerName"),
            ["spec.serviceAccountName"] = static value => value["spec"].Text("serviceAccountName"),
            ["spec.hostNetwork"] = static value => value["spec"].Flag("hostNetwork") is true ? "true" : "false",
            ["status.phase"] = static value => value["status"].Text("phase"),
            ["status.podIP"] = static value => value["status"].Text("podIP"),
            ["status.nominatedNodeName"] = static value => value["status"].Text("nominatedNodeName"),
        };

    public override string UnsupportedField(string field) => "field label not supported: " + field;

    public override void SetDefaults(JsonObject value) => PodDefaults.Apply(value);

    public override void PrepareForCreate(JsonObject value)
    {
        base.PrepareForCreate(value);
        value["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = PodDefaults.QualityOfService(value) };
    }

    public override IEnumerable<FieldError> Validate(JsonObject value) => PodValidation.Validate(value);

    public override IEnumerable<FieldError> ValidateUpdate(JsonObject value, JsonObject stored)
    {
        var before = Immutable(stored);
        var after = Immutable(value);
        if (!JsonNode.DeepEquals(before, after))
        {
            var fields = before
                .Select(static pair => pair.Key)
                .Union(after.Select(static pair => pair.Key), StringComparer.Ordinal)
                .Where(field => !JsonNode.DeepEquals(before[field], after[field]))
                .Order(StringComparer.Ordinal);
            var changes = fields.Select(field => $"- {field}: {Show(before[field])}\n+ {field}: {Show(after[field])}\n");
            yield return FieldError.Forbidden("spec", $"{string.Join(',', ImmutableText)}\n{string.Concat(changes)}");
        }
    }

    public override long GracePeriod(JsonObject stored, long? asked)
    {
        if (stored["spec"].Text("nodeName").Length == 0 || stored["status"].Text("phase") is "Succeeded" or "Failed")
        {
            return 0;
        }

        var period = asked ?? stored["spec"].Number("terminationGracePeriodSeconds") ?? 30;
        return period < 0 ? 1 : period;
    }

    // The part of the spec that may not change: all except images, the deadline and tolerations.
    private static JsonObject Immutable(JsonObject pod)
    {
        var spec = (pod["spec"] as JsonObject ?? []).Copy();
        foreach (var container in spec.Items("containers").Concat(spec.Items("initContainers")))
        {
            container.Remove("image");
        }

        spec.Remove("activeDeadlineSeconds");
        spec.Remove("tolerations");
        if (spec.Number("terminationGracePeriodSeconds") is < 0)
        {
            spec["terminationGracePeriodSeconds"] = 1;
        }

        return spec;
    }

    private static string Show(JsonNode? node) => node?.ToJsonString() ?? "null";
}
