using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using k8s.Models;
using PodEvent = Federation.Diagnosis.PodEvent;

namespace Federation.Kubernetes;

/// <summary>
/// Pods and events of the API, reduced to what the core judges by. Messages are stripped of secrets, because they may quote an
/// image's address or a log.
/// </summary>
internal static class Snapshots
{
    public static PodSnapshot Of(V1Pod pod, IEnumerable<Corev1Event> events)
    {
        var status = pod.Status;
        var unscheduled = status?.Conditions?.FirstOrDefault(condition => condition is { Type: "PodScheduled", Status: "False" });
        return new PodSnapshot(pod.Metadata.NamespaceProperty, pod.Metadata.Name, status?.Phase ?? "Pending")
        {
            Reason = status?.Reason,
            Message = WithoutSecrets(status?.Message),
            UnscheduledReason = unscheduled?.Reason,
            UnscheduledMessage = WithoutSecrets(unscheduled?.Message),
            Created = pod.Metadata.CreationTimestamp ?? DateTimeOffset.MinValue,
            Containers = [.. (status?.InitContainerStatuses ?? []).Concat(status?.ContainerStatuses ?? []).Select(Of)],
            Events =
            [
                .. events
                    .OrderBy(happened => happened.LastTimestamp ?? happened.EventTime ?? happened.Metadata.CreationTimestamp)
                    .Select(happened => new PodEvent(happened.Reason ?? "", WithoutSecrets(happened.Message) ?? "", happened.Count ?? 1)),
            ],
        };
    }

    private static ContainerSnapshot Of(V1ContainerStatus status) =>
        new(status.Name, status.Image)
        {
            WaitingReason = status.State?.Waiting?.Reason,
            WaitingMessage = WithoutSecrets(status.State?.Waiting?.Message),
            ExitCode = status.State?.Terminated?.ExitCode,
            TerminatedReason = status.State?.Terminated?.Reason,
            TerminatedMessage = WithoutSecrets(status.State?.Terminated?.Message),
            Restarts = status.RestartCount,
            LastExitCode = status.LastState?.Terminated?.ExitCode,
            LastTerminatedReason = status.LastState?.Terminated?.Reason,
            LastTerminatedMessage = WithoutSecrets(status.LastState?.Terminated?.Message),
        };

    private static string? WithoutSecrets(string? message) => message is null ? null : Secrets.Strip(message);
}
