using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes.Admission;

/// <summary>Validates a pod. The errors have the API server's order.</summary>
internal static class PodValidation
{
    private static readonly string[] PullPolicies = ["Always", "IfNotPresent", "Never"];
    private static readonly string[] MessagePolicies = ["FallbackToLogsOnError", "File"];
    private static readonly string[] RestartPolicies = ["Always", "OnFailure", "Never"];
    private static readonly string[] DnsPolicies = ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"];

    public static IEnumerable<FieldError> Validate(JsonObject pod)
    {
        var spec = pod["spec"] as JsonObject ?? [];
        List<FieldError> errors = [];
        var volumes = new HashSet<string>(StringComparer.Ordinal);
        Each(spec, "volumes", (volume, path) => ValidateVolume(volume, path, volumes, errors));

        var names = new HashSet<string>(StringComparer.Ordinal);
        if (!spec.Items("containers").Any())
        {
            errors.Add(FieldError.Required("spec.containers"));
        }

        Each(spec, "containers", (container, path) => ValidateContainer(container, path, volumes, names, errors));
        Each(spec, "initContainers", (container, path) => ValidateContainer(container, path, volumes, names, errors));
        if (!RestartPolicies.Contains(spec.Text("restartPolicy"), StringComparer.Ordinal))
        {
            errors.Add(FieldError.NotSupported("spec.restartPolicy", FieldError.Quote(spec.Text("restartPolicy")), RestartPolicies));
        }

        if (!DnsPolicies.Contains(spec.Text("dnsPolicy"), StringComparer.Ordinal))
        {
            errors.Add(FieldError.NotSupported("spec.dnsPolicy", FieldError.Quote(spec.Text("dnsPolicy")), DnsPolicies));
        }

        if (spec.Text("serviceAccountName") is { Length: > 0 } account && Names.Subdomain(account) is { } wrong)
        {
            errors.Add(FieldError.Invalid("spec.serviceAccountName", FieldError.Quote(account), wrong));
        }

        if (spec.Number("activeDeadlineSeconds") is { } deadline and (< 1 or > int.MaxValue))
        {
            errors.Add(FieldError.Invalid("spec.activeDeadlineSeconds", $"{deadline}", "must be between 1 and 2147483647, inclusive"));
        }

        return errors;
    }

    private static void ValidateVolume(JsonObject volume, string path, HashSet<string> volumes, List<FieldError> errors)
    {
        var name = volume.Text("name");
        if (name.Length == 0)
        {
            errors.Add(FieldError.Required(path + ".name"));
        }
        else if (Names.Label(name) is { } wrong)
        {
            errors.Add(FieldError.Invalid(path + ".name", FieldError.Quote(name), wrong));
        }
        else if (!volumes.Add(name))
        {
            errors.Add(FieldError.Duplicate(path + ".name", name));
        }

        errors.AddRange(VolumeValidation.Validate(volume, path));
    }

    private static void ValidateContainer(
        JsonObject container,
        string path,
        HashSet<string> volumes,
        HashSet<string> names,
        List<FieldError> errors
    )
    {
        var name = container.Text("name");
        if (name.Length == 0)
        {
            errors.Add(FieldError.Required(path + ".name"));
        }
        else if (Names.Label(name) is { } wrong)
        {
            errors.Add(FieldError.Invalid(path + ".name", FieldError.Quote(name), wrong));
        }

        var image = container.Text("image");
        if (image.Length == 0)
        {
            errors.Add(FieldError.Required(path + ".image"));
        }
        else if (image.Trim().Length != image.Length)
        {
            errors.Add(FieldError.Invalid(path + ".image", FieldError.Quote(image), "must not have leading or trailing whitespace"));
        }

        if (container.Text("terminationMessagePolicy") is var message && !MessagePolicies.Contains(message, StringComparer.Ordinal))
        {
            errors.Add(FieldError.NotSupported(path + ".terminationMessagePolicy", FieldError.Quote(message), MessagePolicies));
        }

        Each(
            container,
            "env",
            path,
            (variable, at) =>
            {
                if (variable.Text("name").Length == 0)
                {
                    errors.Add(FieldError.Required(at + ".name"));
                }

                if (variable["valueFrom"] is not null && variable.Text("value").Length > 0)
                {
                    errors.Add(FieldError.Invalid(at + ".valueFrom", "\"\"", "may not be specified when `value` is not empty"));
                }
            }
        );

        var mounted = new HashSet<string>(StringComparer.Ordinal);
        Each(
            container,
            "volumeMounts",
            path,
            (mount, at) =>
            {
                if (mount.Text("name").Length == 0)
                {
                    errors.Add(FieldError.Required(at + ".name"));
                }
                else if (!volumes.Contains(mount.Text("name")))
                {
                    errors.Add(FieldError.NotFound(at + ".name", mount.Text("name")));
                }

                if (mount.Text("mountPath").Length == 0)
                {
                    errors.Add(FieldError.Required(at + ".mountPath"));
                }
                else if (!mounted.Add(mount.Text("mountPath")))
                {
                    errors.Add(FieldError.Invalid(at + ".mountPath", FieldError.Quote(mount.Text("mountPath")), "must be unique"));
                }

                CheckSubPath("subPath");
                if (mount.Text("subPath").Length > 0 && mount.Text("subPathExpr") is { Length: > 0 } expression)
                {
                    const string exclusive = "subPathExpr and subPath are mutually exclusive";
                    errors.Add(FieldError.Invalid(at + ".subPathExpr", FieldError.Quote(expression), exclusive));
                }

                CheckSubPath("subPathExpr");

                // The API server leaves out which mount it is.
                void CheckSubPath(string field) =>
                    errors.AddRange(
                        PathRules
                            .Descending(mount.Text(field))
                            .Select(wrong => FieldError.Invalid($"{path}.volumeMounts.{field}", FieldError.Quote(mount.Text(field)), wrong))
                    );
            }
        );

        if (container.Text("imagePullPolicy") is var policy && !PullPolicies.Contains(policy, StringComparer.Ordinal))
        {
            errors.Add(FieldError.NotSupported(path + ".imagePullPolicy", FieldError.Quote(policy), PullPolicies));
        }

        if (name.Length > 0 && !names.Add(name))
        {
            errors.Add(FieldError.Duplicate(path + ".name", name));
        }
    }

    private static void Each(JsonObject spec, string field, Action<JsonObject, string> visit) => Each(spec, field, "spec", visit);

    private static void Each(JsonObject owner, string field, string path, Action<JsonObject, string> visit)
    {
        var index = 0;
        foreach (var item in owner.Items(field))
        {
            visit(item, $"{path}.{field}[{index++}]");
        }
    }
}
