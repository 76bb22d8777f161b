using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>The parts of a pod's specification that decide its AWS identity, without secrets.</summary>
internal static class PodSpecs
{
    /// <summary>
    /// The lifetime of a token whose volume gives none, in seconds (Kubernetes documentation, "Projected Volumes").
    /// </summary>
    private const long DefaultTokenSeconds = 3600;

    /// <param name="configMaps">Those of the pod's namespace that could be read, by name.</param>
    public static PodEvidence EvidenceOf(V1Pod pod, PodSnapshot snapshot, IReadOnlyDictionary<string, V1ConfigMap>? configMaps = null) =>
        new()
        {
            Snapshot = snapshot,
            ServiceAccount = pod.Spec.ServiceAccountName ?? "default",
            Containers =
            [
                .. (pod.Spec.InitContainers ?? []).Select(container => Of(container, configMaps) with { IsInit = true }),
                .. pod.Spec.Containers.Select(container => Of(container, configMaps)),
            ],
            TokenVolumes =
            [
                .. from volume in pod.Spec.Volumes ?? []
                from source in volume.Projected?.Sources ?? []
                where source.ServiceAccountToken is not null
                let token = source.ServiceAccountToken
                select new TokenVolume(
                    volume.Name,
                    token.Audience,
                    token.Path,
                    TimeSpan.FromSeconds(token.ExpirationSeconds ?? DefaultTokenSeconds)
                ),
            ],
            Owner = pod.GetController() is { } owner ? $"{owner.Kind}/{owner.Name}" : null,
        };

    /// <summary>The ConfigMaps that may set a variable worth knowing.</summary>
    public static IReadOnlySet<string> ConfigMapsOf(V1Pod pod) =>
        (pod.Spec.InitContainers ?? [])
            .Concat(pod.Spec.Containers)
            .SelectMany(container =>
                (container.EnvFrom ?? [])
                    .Select(source => source.ConfigMapRef?.Name)
                    .Concat(
                        (container.Env ?? [])
                            .Where(variable => PodVariables.Shown.Contains(variable.Name))
                            .Select(variable => variable.ValueFrom?.ConfigMapKeyRef?.Name)
                    )
            )
            .OfType<string>()
            .ToHashSet(StringComparer.Ordinal);

    private static ContainerEvidence Of(V1Container container, IReadOnlyDictionary<string, V1ConfigMap>? configMaps) =>
        new(container.Name, container.Image ?? "")
        {
            Environment = [.. EnvironmentOf(container, configMaps ?? new Dictionary<string, V1ConfigMap>(StringComparer.Ordinal))],
            Mounts =
            [
                .. (container.VolumeMounts ?? []).Select(mount => new MountEvidence(
                    mount.Name,
                    mount.MountPath,
                    mount.SubPath ?? mount.SubPathExpr
                )),
            ],
        };

    /// <summary>As the kubelet makes it: <c>envFrom</c>, then <c>env</c> in order; the later of one name wins.</summary>
    private static IEnumerable<VariableEvidence> EnvironmentOf(V1Container container, IReadOnlyDictionary<string, V1ConfigMap> configMaps)
    {
        var unknown = new List<VariableEvidence>();
        var variables = new OrderedDictionary<string, VariableEvidence>(StringComparer.Ordinal);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var source in container.EnvFrom ?? [])
        {
            if (source.ConfigMapRef is { } reference && configMaps.TryGetValue(reference.Name, out var configMap))
            {
                foreach (var (key, value) in configMap.Data ?? new Dictionary<string, string>(StringComparer.Ordinal))
                {
                    Set(source.Prefix + key, value, $"configmap {reference.Name}");
                }
            }
            else
            {
                unknown.Add(
                    new VariableEvidence(
                        source.Prefix + PodVariables.Unknown,
                        From: source.SecretRef is { } secret ? $"secret {secret.Name}" : $"configmap {source.ConfigMapRef?.Name}"
                    )
                );
            }
        }

        foreach (var variable in container.Env ?? [])
        {
            var from = variable.ValueFrom;
            if (from is null)
            {
                Set(variable.Name, PodVariables.Expand(variable.Value ?? "", values), from: null);
            }
            else if (
                from.ConfigMapKeyRef is { } key
                && configMaps.TryGetValue(key.Name, out var configMap)
                && configMap.Data?.TryGetValue(key.Key, out var value) == true
            )
            {
                Set(variable.Name, value, Describe(from));
            }
            else
            {
                values.Remove(variable.Name);
                variables[variable.Name] = new VariableEvidence(variable.Name, From: Describe(from));
            }
        }

        return [.. unknown, .. variables.Values];

        void Set(string name, string value, string? from)
        {
            values[name] = value;
            variables[name] = new VariableEvidence(
                name,
                value.Length == 0 || PodVariables.Shown.Contains(name) ? Secrets.Strip(value) : null,
                from
            );
        }
    }

    private static string Describe(V1EnvVarSource from) =>
        from switch
        {
            { SecretKeyRef: { } key } => $"secret {key.Name} key {key.Key}",
            { ConfigMapKeyRef: { } key } => $"configmap {key.Name} key {key.Key}",
            { FieldRef: { } field } => $"field {field.FieldPath}",
            { ResourceFieldRef: { } field } => $"resource {field.Resource}",
            _ => "another source",
        };
}
