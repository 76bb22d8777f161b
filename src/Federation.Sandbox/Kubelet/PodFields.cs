using System.Globalization;
using Federation.Sandbox.Kubernetes;
using k8s.Models;

namespace Federation.Sandbox.Kubelet;

/// <summary>The downward API: a pod's fields as text.</summary>
internal static class PodFields
{
    /// <exception cref="ContainerConfigException">The field is not supported.</exception>
    public static string Read(V1Pod pod, string fieldPath) =>
        fieldPath switch
        {
            "metadata.name" => pod.Metadata.Name,
            "metadata.namespace" => pod.Metadata.NamespaceProperty,
            "metadata.uid" => pod.Metadata.Uid,
            "metadata.labels" => Format(pod.Metadata.Labels),
            "metadata.annotations" => Format(pod.Metadata.Annotations),
            "spec.nodeName" => pod.Spec.NodeName ?? "",
            "spec.serviceAccountName" => pod.Spec.ServiceAccountName ?? "",
            "status.hostIP" or "status.hostIPs" => pod.Status?.HostIP ?? "",
            "status.podIP" or "status.podIPs" => pod.Status?.PodIP ?? "",
            _ when Key(fieldPath, "metadata.labels") is { } key => Value(pod.Metadata.Labels, key),
            _ when Key(fieldPath, "metadata.annotations") is { } key => Value(pod.Metadata.Annotations, key),
            _ => throw new ContainerConfigException($"unsupported fieldPath: {fieldPath}"),
        };

    /// <summary>A container's request or limit in units of the divisor, rounded up. Without a limit, the machine's capacity.</summary>
    public static string ReadResource(V1Pod pod, string containerName, V1ResourceFieldSelector field)
    {
        var container =
            pod.Spec.Containers.Concat(pod.Spec.InitContainers ?? [])
                .FirstOrDefault(container => container.Name == (field.ContainerName ?? containerName))
            ?? throw new ContainerConfigException($"container {field.ContainerName} not found");
        var (kind, name) = field.Resource.Split('.', 2) is [var first, var second]
            ? (first, second)
            : throw new ContainerConfigException($"unsupported container resource : {field.Resource}");
        var quantities = kind == "limits" ? container.Resources?.Limits : container.Resources?.Requests;
        var amount =
            quantities is not null && quantities.TryGetValue(name, out var quantity) ? quantity.ToDecimal()
            : kind != "limits" ? 0
            : name == "cpu" ? Environment.ProcessorCount
            : name == "memory" ? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes
            : 0;
        var divisor = field.Divisor?.ToDecimal() is { } given and > 0 ? given : 1;
        return Math.Ceiling(amount / divisor).ToString("0", CultureInfo.InvariantCulture);
    }

    private static string Format(IDictionary<string, string>? values) =>
        string.Join(
            '\n',
            (values ?? new Dictionary<string, string>(StringComparer.Ordinal))
                .OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => $"{pair.Key}={FieldError.Quote(pair.Value).Replace("\n", "\\n", StringComparison.Ordinal)}")
        );

    private static string? Key(string fieldPath, string map) =>
        fieldPath.StartsWith(map + "['", StringComparison.Ordinal) && fieldPath.EndsWith("']", StringComparison.Ordinal)
            ? fieldPath[(map.Length + 2)..^2]
            : null;

    private static string Value(IDictionary<string, string>? values, string key) =>
        values is not null && values.TryGetValue(key, out var value) ? value : "";
}
