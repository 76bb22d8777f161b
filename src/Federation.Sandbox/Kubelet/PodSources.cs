using System.Text;
using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubelet;

/// <summary>The data of the ConfigMaps and Secrets in a pod's namespace, by key.</summary>
internal sealed class PodSources(IKubeletCluster cluster, string @namespace)
{
    /// <returns>Null if it does not exist and is optional.</returns>
    /// <exception cref="ContainerConfigException">It does not exist and is not optional.</exception>
    public IReadOnlyDictionary<string, byte[]>? ConfigMap(string name, bool? optional) => Read("ConfigMap", name, optional);

    /// <inheritdoc cref="ConfigMap"/>
    public IReadOnlyDictionary<string, byte[]>? Secret(string name, bool? optional) => Read("Secret", name, optional);

    public string? ConfigMapKey(string name, string key, bool? optional) => Key("ConfigMap", name, key, optional);

    public string? SecretKey(string name, string key, bool? optional) => Key("Secret", name, key, optional);

    private string? Key(string kind, string name, string key, bool? optional)
    {
        if (Read(kind, name, optional) is { } data && data.TryGetValue(key, out var value))
        {
            return Encoding.UTF8.GetString(value);
        }

        return optional == true ? null : throw new ContainerConfigException($"couldn't find key {key} in {kind} {@namespace}/{name}");
    }

    private Dictionary<string, byte[]>? Read(string kind, string name, bool? optional)
    {
        if (cluster.Find("v1", kind, @namespace, name) is not { } found)
        {
            return optional == true ? null : throw new ContainerConfigException($"{kind.ToLowerInvariant()} \"{name}\" not found");
        }

        var data = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (key, value) in found["data"] as JsonObject ?? [])
        {
            var text = value?.GetValue<string>() ?? "";
            data[key] = kind == "Secret" ? Convert.FromBase64String(text) : Encoding.UTF8.GetBytes(text);
        }

        foreach (var (key, value) in found["binaryData"] as JsonObject ?? [])
        {
            data[key] = Convert.FromBase64String(value?.GetValue<string>() ?? "");
        }

        return data;
    }
}
