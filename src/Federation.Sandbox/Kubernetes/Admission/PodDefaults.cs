using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes.Admission;

/// <summary>The default values of a pod's fields.</summary>
internal static class PodDefaults
{
    private static readonly string[] Computed = ["cpu", "memory"];
    private static readonly string[] Probes = ["livenessProbe", "readinessProbe", "startupProbe"];
    private static readonly string[] SourcesWithMode = ["secret", "configMap", "downwardAPI", "projected"];

    public static void Apply(JsonObject pod)
    {
        ApplyToTemplate(pod);
        pod.Child("spec").Default("enableServiceLinks", true);
    }

    /// <summary>The defaults of a pod template's spec, which a pod's own spec shares.</summary>
    public static void ApplyToTemplate(JsonObject pod)
    {
        var spec = pod.Child("spec");
        spec.Default("restartPolicy", "Always");
        spec.Default("terminationGracePeriodSeconds", 30);
        spec.Default("dnsPolicy", "ClusterFirst");
        spec.Default("schedulerName", "default-scheduler");
        spec.Default("securityContext", new JsonObject());

        // Two names of one field; the first takes precedence over the deprecated one.
        if (spec.Text("serviceAccountName") is { Length: > 0 } account)
        {
            spec["serviceAccount"] = account;
        }
        else if (spec.Text("serviceAccount") is { Length: > 0 } deprecated)
        {
            spec["serviceAccountName"] = deprecated;
        }

        foreach (var container in spec.Items("initContainers").Concat(spec.Items("containers")))
        {
            ApplyToContainer(container, spec.Flag("hostNetwork") is true);
        }

        foreach (var volume in spec.Items("volumes"))
        {
            ApplyToVolume(volume);
        }
    }

    /// <summary>
    /// Guaranteed if every container's limits equal its requests, BestEffort if no container has either, otherwise Burstable.
    /// </summary>
    public static string QualityOfService(JsonObject pod)
    {
        JsonNode?[] resources =
        [
            .. pod["spec"]
                .Items("initContainers")
                .Concat(pod["spec"].Items("containers"))
                .Select(static container => container["resources"]),
        ];
        if (resources.All(static resource => !resource.Pairs("requests").Any() && !resource.Pairs("limits").Any()))
        {
            return "BestEffort";
        }

        return resources.All(static resource =>
            Computed.All(name => resource?["limits"].Text(name) is { Length: > 0 } limit && resource["requests"].Text(name) == limit)
        )
            ? "Guaranteed"
            : "Burstable";
    }

    private static void ApplyToContainer(JsonObject container, bool hostNetwork)
    {
        container.Default("resources", new JsonObject());
        container.Default("terminationMessagePath", "/dev/termination-log");
        container.Default("terminationMessagePolicy", "File");
        container.Default("imagePullPolicy", IsLatest(container.Text("image")) ? "Always" : "IfNotPresent");
        foreach (var port in container.Items("ports"))
        {
            port.Default("protocol", "TCP");
            if (hostNetwork && port["containerPort"] is { } number)
            {
                port.Default("hostPort", number.DeepClone());
            }
        }

        foreach (var (resource, quantity) in container["resources"].Pairs("limits").ToList())
        {
            container.Child("resources").Child("requests").Default(resource, quantity);
        }

        foreach (var probe in Probes.Select(name => container[name]).OfType<JsonObject>())
        {
            if (probe["httpGet"] is JsonObject http)
            {
                http.Default("path", "/");
                http.Default("scheme", "HTTP");
            }

            probe.Default("timeoutSeconds", 1);
            probe.Default("periodSeconds", 10);
            probe.Default("successThreshold", 1);
            probe.Default("failureThreshold", 3);
        }

        foreach (var reference in container.Items("env").Select(static variable => variable["valueFrom"]?["fieldRef"]).OfType<JsonObject>())
        {
            reference.Default("apiVersion", "v1");
        }
    }

    private static void ApplyToVolume(JsonObject volume)
    {
        if (volume.All(static pair => pair.Key == "name"))
        {
            volume["emptyDir"] = new JsonObject();
        }

        foreach (var source in SourcesWithMode.Select(name => volume[name]).OfType<JsonObject>())
        {
            source.Default("defaultMode", 420);
        }

        (volume["hostPath"] as JsonObject)?.Default("type", "");
        var items = volume["downwardAPI"].Items("items");
        foreach (var source in volume["projected"].Items("sources"))
        {
            (source["serviceAccountToken"] as JsonObject)?.Default("expirationSeconds", 3600);
            items = items.Concat(source["downwardAPI"].Items("items"));
        }

        foreach (var reference in items.Select(static item => item["fieldRef"]).OfType<JsonObject>())
        {
            reference.Default("apiVersion", "v1");
        }
    }

    // Without a tag it is the latest; a digest never changes.
    private static bool IsLatest(string image)
    {
        if (image.Contains('@', StringComparison.Ordinal))
        {
            return false;
        }

        var tag = image.LastIndexOf(':');
        return tag < 0 || image.AsSpan(tag).Contains('/') || image.EndsWith(":latest", StringComparison.Ordinal);
    }
}
