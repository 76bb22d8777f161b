using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Admission;

namespace Federation.Sandbox.Kubernetes.Resources;

/// <summary>A kind that counts changes of its spec in <c>metadata.generation</c>.</summary>
internal abstract class GenerationStrategy : StatusStrategy
{
    public override void PrepareForCreate(JsonObject value)
    {
        value.Metadata["generation"] = 1;
        value["status"] = new JsonObject();
    }

    public override void PrepareForUpdate(JsonObject value, JsonObject stored)
    {
        base.PrepareForUpdate(value, stored);
        if (!JsonNode.DeepEquals(value["spec"], stored["spec"]))
        {
            value.Metadata["generation"] = (stored["metadata"].Number("generation") ?? 0) + 1;
        }
    }
}

/// <summary>A kind that creates pods from a template.</summary>
internal abstract class WorkloadStrategy : GenerationStrategy
{
    public override JsonObject Empty() =>
        new()
        {
            ["spec"] = new JsonObject
            {
                ["template"] = new JsonObject
                {
                    ["metadata"] = new JsonObject(),
                    ["spec"] = new JsonObject { ["containers"] = null },
                },
            },
            ["status"] = new JsonObject(),
        };

    public override void SetDefaults(JsonObject value) => PodDefaults.ApplyToTemplate(value.Child("spec").Child("template"));

    public override IEnumerable<FieldError> Validate(JsonObject value) =>
        PodValidation
            .Validate(value["spec"]?["template"] as JsonObject ?? [])
            .Select(static error => error with { Field = "spec.template." + error.Field });

    public override IEnumerable<FieldError> ValidateUpdate(JsonObject value, JsonObject stored)
    {
        var selector = value["spec"]?["selector"];
        if (!JsonNode.DeepEquals(selector, stored["spec"]?["selector"]))
        {
            yield return FieldError.Invalid("spec.selector", selector?.ToJsonString() ?? "null", "field is immutable");
        }
    }

    protected static IEnumerable<FieldError> ValidateSelector(JsonObject value)
    {
        var selector = value["spec"]?["selector"];
        var labels = value["spec"]?["template"]?["metadata"]?["labels"];
        if (selector is null)
        {
            yield return FieldError.Required("spec.selector");
        }
        else if (LabelSelectors.Format(selector) == "<none>")
        {
            yield return FieldError.Invalid("spec.selector", selector.ToJsonString(), "empty selector is invalid");
        }

        if (!LabelSelectors.Matches(selector, labels))
        {
            yield return FieldError.Invalid(
                "spec.template.metadata.labels",
                labels?.ToJsonString() ?? "null",
                "`selector` does not match template `labels`"
            );
        }
    }

    protected static IEnumerable<FieldError> ValidateRestartPolicy(JsonObject value)
    {
        if (value["spec"]?["template"]?["spec"].Text("restartPolicy") is { } policy && policy != "Always")
        {
            yield return FieldError.NotSupported("spec.template.spec.restartPolicy", FieldError.Quote(policy), ["Always"]);
        }
    }

    protected static IEnumerable<FieldError> ValidateCounts(JsonObject value, params string[] fields) =>
        fields
            .Where(field => value["spec"].Number(field) is < 0)
            .Select(field => FieldError.Invalid($"spec.{field}", $"{value["spec"].Number(field)}", "must be greater than or equal to 0"));
}

internal sealed class DeploymentStrategy : WorkloadStrategy
{
    public override JsonObject Empty()
    {
        var empty = base.Empty();
        empty.Child("spec")["strategy"] = new JsonObject();
        return empty;
    }

    /// <summary>Without the metadata: the controller writes its revision, an annotation, with the status.</summary>
    public override IReadOnlyList<string> StatusResetFields => ["spec"];

    public override void SetDefaults(JsonObject value)
    {
        base.SetDefaults(value);
        var spec = value.Child("spec");
        spec.Default("replicas", 1);
        spec.Default("revisionHistoryLimit", 10);
        spec.Default("progressDeadlineSeconds", 600);
        var strategy = spec.Child("strategy");
        strategy.Default("type", "RollingUpdate");
        if (strategy.Text("type") == "RollingUpdate")
        {
            strategy.Child("rollingUpdate").Default("maxUnavailable", "25%");
            strategy.Child("rollingUpdate").Default("maxSurge", "25%");
        }
    }

    public override IEnumerable<FieldError> Validate(JsonObject value)
    {
        var strategy = value["spec"]?["strategy"];
        if (strategy.Text("type") is not ("RollingUpdate" or "Recreate"))
        {
            yield return FieldError.NotSupported(
                "spec.strategy.type",
                FieldError.Quote(strategy.Text("type")),
                ["Recreate", "RollingUpdate"]
            );
        }
        else if (strategy.Text("type") == "Recreate" && strategy?["rollingUpdate"] is not null)
        {
            yield return FieldError.Forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'");
        }

        foreach (
            var error in ValidateCounts(value, "replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")
                .Concat(ValidateSelector(value))
                .Concat(base.Validate(value))
                .Concat(ValidateRestartPolicy(value))
        )
        {
            yield return error;
        }
    }
}

internal sealed class ReplicaSetStrategy : WorkloadStrategy
{
    public override IReadOnlyDictionary<string, Func<JsonObject, string>> SelectableFields { get; } =
        new Dictionary<string, Func<JsonObject, string>>(StringComparer.Ordinal)
        {
            ["status.replicas"] = static value => $"{value["status"].Number("replicas") ?? 0}",
        };

    public override void SetDefaults(JsonObject value)
    {
        base.SetDefaults(value);
        value.Child("spec").Default("replicas", 1);
        if (value["metadata"]?["labels"] is null && value["spec"]?["template"]?["metadata"]?["labels"] is JsonObject labels)
        {
            value.Metadata["labels"] = labels.DeepClone();
        }
    }

    public override void PrepareForCreate(JsonObject value)
    {
        base.PrepareForCreate(value);
        value["status"] = new JsonObject { ["replicas"] = 0 };
    }

    public override IEnumerable<FieldError> Validate(JsonObject value) =>
        ValidateCounts(value, "replicas", "minReadySeconds")
            .Concat(ValidateSelector(value))
            .Concat(base.Validate(value))
            .Concat(ValidateRestartPolicy(value));
}

/// <summary>Jobs, which select their pods by labels with the job's uid.</summary>
internal sealed class JobStrategy : WorkloadStrategy
{
    private static readonly string[] Counts =
    [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
    ];

    public override IReadOnlyDictionary<string, Func<JsonObject, string>> SelectableFields { get; } =
        new Dictionary<string, Func<JsonObject, string>>(StringComparer.Ordinal)
        {
            ["status.successful"] = static value => $"{value["status"].Number("succeeded") ?? 0}",
        };

    /// <summary>Older than garbage collection: a deletion without a policy keeps the pods, with a warning.</summary>
    public override string DefaultPropagation => "Orphan";

    public override string? PropagationWarning =>
        "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them "
        + "or set propagationPolicy=Orphan to suppress this warning";

    public override void SetDefaults(JsonObject value)
    {
        base.SetDefaults(value);
        var spec = value.Child("spec");
        if (spec["completions"] is null && spec["parallelism"] is null)
        {
            spec["completions"] = 1;
        }

        spec.Default("parallelism", 1);
        spec.Default("backoffLimit", 6);
        spec.Default("completionMode", "NonIndexed");
        spec.Default("suspend", false);
        spec.Default("podReplacementPolicy", "TerminatingOrFailed");
        spec.Default("manualSelector", false);
    }

    public override void PrepareForCreate(JsonObject value)
    {
        base.PrepareForCreate(value);
        var spec = value.Child("spec");
        if (spec.Flag("manualSelector") is true)
        {
            return;
        }

        foreach (var labels in new[] { value.Metadata.Child("labels"), spec.Child("template").Child("metadata").Child("labels") })
        {
            labels["batch.kubernetes.io/controller-uid"] = value.Uid;
            labels["batch.kubernetes.io/job-name"] = value.Name;
            labels["controller-uid"] = value.Uid;
            labels["job-name"] = value.Name;
        }

        spec.Child("selector").Child("matchLabels")["batch.kubernetes.io/controller-uid"] = value.Uid;
    }

    public override IEnumerable<FieldError> Validate(JsonObject value)
    {
        var policy = value["spec"]?["template"]?["spec"].Text("restartPolicy");
        if (value["spec"].Text("completionMode") is { } mode && mode != "NonIndexed")
        {
            // Indexed jobs are not emulated.
            yield return FieldError.NotSupported("spec.completionMode", FieldError.Quote(mode), ["NonIndexed"]);
        }

        foreach (var error in ValidateCounts(value, Counts).Concat(ValidateSelector(value)).Concat(base.Validate(value)))
        {
            yield return error;
        }

        if (policy is not ("Never" or "OnFailure"))
        {
            yield return FieldError.Required("spec.template.spec.restartPolicy", "valid values: \"OnFailure\", \"Never\"");
        }
    }

    public override IEnumerable<FieldError> ValidateUpdate(JsonObject value, JsonObject stored)
    {
        foreach (var field in (string[])["completions", "selector", "template", "completionMode"])
        {
            if (!JsonNode.DeepEquals(value["spec"]?[field], stored["spec"]?[field]))
            {
                yield return FieldError.Invalid($"spec.{field}", value["spec"]?[field]?.ToJsonString() ?? "null", "field is immutable");
            }
        }
    }
}
