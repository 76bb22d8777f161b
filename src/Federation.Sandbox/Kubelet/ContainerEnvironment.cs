using System.Text;
using Federation.Diagnosis.Evidence;
using k8s.Models;

namespace Federation.Sandbox.Kubelet;

/// <summary>A container cannot be configured. The message is the kubelet's.</summary>
internal sealed class ContainerConfigException(string message) : Exception(message);

/// <summary>
/// The variables of a container: <c>envFrom</c>, then <c>env</c> in order. Each may refer to those before it as <c>$(NAME)</c>.
/// </summary>
internal static class ContainerEnvironment
{
    /// <param name="provided">The variables that do not come from the pod. The pod's replace them.</param>
    /// <exception cref="ContainerConfigException">A ConfigMap, a Secret or one of their keys does not exist.</exception>
    public static Dictionary<string, string> Resolve(
        V1Pod pod,
        V1Container container,
        IReadOnlyDictionary<string, string> provided,
        PodSources sources
    )
    {
        var environment = new Dictionary<string, string>(provided, StringComparer.Ordinal);
        foreach (var source in container.EnvFrom ?? [])
        {
            var data = source switch
            {
                { ConfigMapRef: { } reference } => sources.ConfigMap(reference.Name, reference.Optional),
                { SecretRef: { } reference } => sources.Secret(reference.Name, reference.Optional),
                _ => null,
            };
            foreach (var (key, value) in data ?? new Dictionary<string, byte[]>(StringComparer.Ordinal))
            {
                environment[source.Prefix + key] = Encoding.UTF8.GetString(value);
            }
        }

        foreach (var variable in container.Env ?? [])
        {
            if (variable.ValueFrom is not { } from)
            {
                environment[variable.Name] = PodVariables.Expand(variable.Value ?? "", environment);
            }
            else if (ValueFrom(from) is { } value)
            {
                environment[variable.Name] = value;
            }
        }

        return environment;

        string? ValueFrom(V1EnvVarSource from) =>
            from switch
            {
                { FieldRef: { } field } => PodFields.Read(pod, field.FieldPath),
                { ResourceFieldRef: { } field } => PodFields.ReadResource(pod, container.Name, field),
                { ConfigMapKeyRef: { } key } => sources.ConfigMapKey(key.Name, key.Key, key.Optional),
                { SecretKeyRef: { } key } => sources.SecretKey(key.Name, key.Key, key.Optional),
                _ => null,
            };
    }
}
