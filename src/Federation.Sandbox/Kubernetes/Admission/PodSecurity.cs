using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Admission;

/// <summary>
/// Enforces the Pod Security Standards at the level that the labels of a namespace set.
/// See <see href="https://kubernetes.io/docs/concepts/security/pod-security-standards/"/>.
/// </summary>
internal sealed class PodSecurity(ObjectStore store) : AdmissionPlugin
{
    private const string Prefix = "pod-security.kubernetes.io/";

    private static readonly string[] Levels = ["privileged", "baseline", "restricted"];

    private static readonly string[] HostNamespaces = ["hostNetwork", "hostPID", "hostIPC"];

    private static readonly string[] RestrictedVolumes =
    [
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    ];

    private static readonly string[] BaselineCapabilities =
    [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    ];

    private static readonly string[] BaselineSysctls =
    [
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    ];

    public override void Validate(AdmissionRequest request)
    {
        if (request.Type == ResourceTable.Namespaces)
        {
            ValidateLabels(request.Value);
        }
        else if (Subject(request) is { } pod && store.Find(ResourceTable.Namespaces, "", request.Namespace) is { } @namespace)
        {
            var labels = @namespace.Metadata.Pairs("labels").ToDictionary(StringComparer.Ordinal);
            if (request.Type == ResourceTable.Pods && Violations(labels, "enforce", pod) is { } refusal)
            {
                throw request.Refuse("violates PodSecurity " + refusal);
            }

            if (Violations(labels, "warn", pod) is { } warning)
            {
                request.Warnings.Add("would violate PodSecurity " + warning);
            }
        }
    }

    // A new pod, or a template: its pods are checked when they are created, but the author of the template is warned.
    private static JsonObject? Subject(AdmissionRequest request) =>
        request.Type == ResourceTable.Pods ? (request.IsCreate ? request.Value : null)
        : request.Type.Strategy is WorkloadStrategy ? request.Value["spec"]?["template"] as JsonObject
        : null;

    private static void ValidateLabels(JsonObject @namespace)
    {
        FieldError[] errors =
        [
            .. @namespace
                .Metadata.Pairs("labels")
                .Where(static label =>
                    label.Key.StartsWith(Prefix, StringComparison.Ordinal)
                    && label.Key[Prefix.Length..] is "enforce" or "warn" or "audit"
                    && !Levels.Contains(label.Value, StringComparer.Ordinal)
                )
                .Select(static label =>
                    FieldError.Invalid(
                        $"metadata.labels[{label.Key}]",
                        FieldError.Quote(label.Value),
                        "must be one of " + string.Join(", ", Levels)
                    )
                ),
        ];
        if (errors.Length > 0)
        {
            throw ApiException.Invalid("", "Namespace", @namespace.Name, errors);
        }
    }

    private static string? Violations(Dictionary<string, string> labels, string mode, JsonObject pod)
    {
        var level = labels.GetValueOrDefault(Prefix + mode, "privileged");
        var version = labels.GetValueOrDefault($"{Prefix}{mode}-version", "latest");
        var violations = level switch
        {
            "baseline" => Baseline(pod["spec"] as JsonObject ?? []),
            "restricted" => Restricted(pod["spec"] as JsonObject ?? []),
            _ => [],
        };
        string[] texts = [.. violations];
        return texts.Length > 0 ? $"\"{level}:{version}\": {string.Join(", ", texts)}" : null;
    }

    private static IEnumerable<string> Baseline(JsonObject spec)
    {
        string[] namespaces = [.. HostNamespaces.Where(field => spec.Flag(field) is true).Select(static field => field + "=true")];
        if (namespaces.Length > 0)
        {
            yield return $"host namespaces ({string.Join(", ", namespaces)})";
        }

        if (Containers(spec, static container => container["securityContext"].Flag("privileged") is true) is { } privileged)
        {
            yield return $"privileged ({privileged} must not set securityContext.privileged=true)";
        }

        if (
            Containers(
                spec,
                static container =>
                    container["securityContext"]?["capabilities"].Texts("add").Except(BaselineCapabilities, StringComparer.Ordinal).Any()
                        is true
            ) is
            { } capable
        )
        {
            var added = AllContainers(spec)
                .SelectMany(static container => container["securityContext"]?["capabilities"].Texts("add") ?? [])
                .Except(BaselineCapabilities, StringComparer.Ordinal)
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal)
                .Select(FieldError.Quote);
            yield return $"non-default capabilities ({capable} must not include {string.Join(", ", added)} in "
                + "securityContext.capabilities.add)";
        }

        if (Volumes(spec, static type => type == "hostPath") is { } paths)
        {
            yield return $"hostPath volumes ({paths})";
        }

        long[] ports =
        [
            .. AllContainers(spec)
                .SelectMany(static container => container.Items("ports"))
                .Select(static port => port.Number("hostPort") ?? 0)
                .Where(static port => port != 0),
        ];
        if (ports.Length > 0)
        {
            var with = Containers(spec, static container => container.Items("ports").Any(static port => port.Number("hostPort") is > 0));
            yield return $"hostPort ({with} uses hostPort{(ports.Length > 1 ? "s" : "")} {string.Join(", ", ports)})";
        }

        if (Containers(spec, static container => container["securityContext"].Text("procMount") is not ("" or "Default")) is { } mounts)
        {
            yield return $"procMount ({mounts} must not set securityContext.procMount)";
        }

        if (Seccomp(spec, static type => type == "Unconfined") is { } unconfined)
        {
            yield return $"seccompProfile ({unconfined} must not set securityContext.seccompProfile.type to \"Unconfined\")";
        }

        string[] sysctls =
        [
            .. (spec["securityContext"] as JsonObject)
                .Items("sysctls")
                .Select(static sysctl => sysctl.Text("name"))
                .Except(BaselineSysctls, StringComparer.Ordinal),
        ];
        if (sysctls.Length > 0)
        {
            yield return $"forbidden sysctls ({string.Join(", ", sysctls)})";
        }
    }

    // The restricted level includes the baseline.
    private static IEnumerable<string> Restricted(JsonObject spec)
    {
        foreach (var violation in Baseline(spec).Where(static text => !text.StartsWith("hostPath", StringComparison.Ordinal)))
        {
            yield return violation;
        }

        if (
            Containers(spec, static container => container["securityContext"].Flag("allowPrivilegeEscalation") is not false) is
            { } escalating
        )
        {
            yield return $"allowPrivilegeEscalation != false ({escalating} must set securityContext.allowPrivilegeEscalation=false)";
        }

        if (
            Containers(
                spec,
                static container =>
                    container["securityContext"]?["capabilities"].Texts("drop").Contains("ALL", StringComparer.Ordinal) is not true
            ) is
            { } capable
        )
        {
            yield return $"unrestricted capabilities ({capable} must set securityContext.capabilities.drop=[\"ALL\"])";
        }

        if (Volumes(spec, static type => !RestrictedVolumes.Contains(type, StringComparer.Ordinal)) is { } volumes)
        {
            yield return $"restricted volume types ({volumes})";
        }

        var podContext = spec["securityContext"];
        var podIsNonRoot = podContext.Flag("runAsNonRoot") is true;
        if (Containers(spec, container => !(container["securityContext"].Flag("runAsNonRoot") ?? podIsNonRoot)) is { } rooted)
        {
            yield return $"runAsNonRoot != true ({(podIsNonRoot ? "" : "pod or ")}{rooted} must set securityContext.runAsNonRoot=true)";
        }

        if (podContext.Number("runAsUser") is 0)
        {
            yield return "runAsUser=0 (pod must not set runAsUser=0)";
        }
        else if (Containers(spec, static container => container["securityContext"].Number("runAsUser") is 0) is { } root)
        {
            yield return $"runAsUser=0 ({root} must not set runAsUser=0)";
        }

        var podSeccomp = podContext?["seccompProfile"].Text("type") is "RuntimeDefault" or "Localhost";
        if (
            Containers(
                spec,
                container =>
                    container["securityContext"]?["seccompProfile"].Text("type") is var type
                    && !(type is "RuntimeDefault" or "Localhost" || (string.IsNullOrEmpty(type) && podSeccomp))
            ) is
            { } open
        )
        {
            yield return $"seccompProfile ({(podSeccomp ? "" : "pod or ")}{open} must set securityContext.seccompProfile.type to "
                + "\"RuntimeDefault\" or \"Localhost\")";
        }
    }

    private static string? Seccomp(JsonObject spec, Func<string, bool> wrong) =>
        wrong(spec["securityContext"]?["seccompProfile"].Text("type") ?? "")
            ? "pod"
            : Containers(spec, container => wrong(container["securityContext"]?["seccompProfile"].Text("type") ?? ""));

    /// <summary>The names of the matching containers as messages list them; null if none matches.</summary>
    private static string? Containers(JsonObject spec, Func<JsonObject, bool> match) =>
        Named("container", AllContainers(spec).Where(match).Select(static container => container.Text("name")));

    private static string? Volumes(JsonObject spec, Func<string, bool> match)
    {
        var volumes = spec.Items("volumes")
            .Select(static volume =>
                (Name: volume.Text("name"), Type: volume.Select(static pair => pair.Key).FirstOrDefault(static key => key != "name") ?? "")
            )
            .Where(volume => match(volume.Type))
            .ToList();
        if (Named("volume", volumes.Select(static volume => volume.Name)) is not { } named)
        {
            return null;
        }

        string[] types = [.. volumes.Select(static volume => FieldError.Quote(volume.Type)).Distinct(StringComparer.Ordinal)];
        var (use, plural) = (volumes.Count > 1 ? "use" : "uses", types.Length > 1 ? "s" : "");
        return $"{named} {use} restricted volume type{plural} {string.Join(", ", types)}";
    }

    private static string? Named(string word, IEnumerable<string> names)
    {
        string[] quoted = [.. names.Select(FieldError.Quote)];
        return quoted.Length == 0 ? null : $"{word}{(quoted.Length > 1 ? "s" : "")} {string.Join(", ", quoted)}";
    }

    private static IEnumerable<JsonObject> AllContainers(JsonObject spec) =>
        spec.Items("initContainers").Concat(spec.Items("containers")).Concat(spec.Items("ephemeralContainers"));
}
