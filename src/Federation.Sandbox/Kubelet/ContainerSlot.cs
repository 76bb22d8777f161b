using System.Text.Json.Nodes;
using k8s.Models;

namespace Federation.Sandbox.Kubelet;

/// <summary>A container's place in its pod, and what became of it so far.</summary>
internal sealed class ContainerSlot
{
    public required V1Container Spec { get; init; }

    public required bool IsInit { get; init; }

    public required string FieldPath { get; init; }

    public required ContainerStatus Status { get; set; }

    public ContainerLog? Log { get; set; }

    public ContainerLog? PreviousLog { get; set; }

    /// <summary>Set while it runs.</summary>
    public ContainerProcess? Process { get; set; }

    /// <summary>The state before anything was tried.</summary>
    public static ContainerState.Waiting Creating(bool hasInit) => new(hasInit ? "PodInitializing" : "ContainerCreating");

    /// <param name="field">The list of the pod's spec they are in.</param>
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
