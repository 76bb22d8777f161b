using System.Text.Json.Nodes;
using k8s.Models;

namespace Federation.Sandbox.Kubelet;

/// <summary>A container of a pod, and its present state.</summary>
internal sealed class ContainerSlot
{
    public required V1Container Spec { get; init; }

    public required bool IsInit { get; init; }

    public required string FieldPath { get; init; }

    public required ContainerStatus Status { get; set; }

    public ContainerLog? Log { get; set; }

    public ContainerLog? PreviousLog { get; set; }

    /// <summary>Set while the container runs.</summary>
    public ContainerProcess? Process { get; set; }

    /// <summary>The initial state.</summary>
    public static ContainerState.Waiting Creating(bool hasInit) => new(hasInit ? "PodInitializing" : "ContainerCreating");

    /// <param name="field">The name of the list in the pod's spec.</param>
    public static ContainerSlot[] Of(JsonObject pod, string field, IList<V1Container>? containers, bool hasInit)
    {
        var sources = pod["spec"]![field] as JsonArray ?? [];
        return
        [
            .. (containers ?? []).Select(
                (container, index) =>
                    new ContainerSlot
                    {
                        Spec = container,
                        IsInit = field == "initContainers",
                        FieldPath = $"spec.{field}{{{container.Name}}}",
                        Status = new ContainerStatus
                        {
                            Name = container.Name,
                            Image = container.Image,
                            State = Creating(hasInit),
                            Resources = sources[index]!["resources"]?.DeepClone() as JsonObject ?? [],
                            VolumeMounts = [.. (container.VolumeMounts ?? []).Select(MountStatus)],
                        },
                    }
            ),
        ];
    }

    private static JsonObject MountStatus(V1VolumeMount mount)
    {
        var status = new JsonObject { ["name"] = mount.Name, ["mountPath"] = mount.MountPath };
        if (mount.ReadOnlyProperty == true)
        {
            status["readOnly"] = true;
            status["recursiveReadOnly"] = "Disabled";
        }

        return status;
    }
}
