using Federation.Findings;

namespace Federation.Diagnosis;

/// <summary>What a pod's state at one moment means.</summary>
public abstract record PodVerdict
{
    /// <summary>Nothing is decided yet; <paramref name="LastSeen"/> is its latest state.</summary>
    public sealed record Undecided(string LastSeen) : PodVerdict;

    /// <summary>Every container ended with exit code zero.</summary>
    public sealed record Succeeded(string? TerminationMessage) : PodVerdict;

    /// <summary>The container ended with another exit code.</summary>
    public sealed record Failed(int ExitCode, string? TerminationMessage) : PodVerdict;

    /// <summary>It will never have an exit code: waiting longer would not help.</summary>
    public sealed record Hopeless(Finding Finding) : PodVerdict;

    /// <summary>How long a pod may be unschedulable: with autoscalers and Autopilot every first pod is at first.</summary>
    public static TimeSpan SchedulingGrace { get; } = TimeSpan.FromSeconds(120);

    private static readonly HashSet<string> PullReasons = new(StringComparer.Ordinal)
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "ImageInspectError",
        "RegistryUnavailable",
    };

    /// <summary>What container runtimes and registries write when retrying cannot help.</summary>
    private static readonly string[] PermanentPullErrors =
    [
        "not found",
        "manifest unknown",
        "name unknown",
        "unauthorized",
        "authentication required",
        "denied",
        "forbidden",
        "invalid reference format",
    ];

    /// <summary>
    /// Reads the pod's state; reasons and phases are those of the Kubernetes documentation, "Pod Lifecycle" and "Images".
    /// </summary>
    public static PodVerdict From(PodSnapshot pod, DateTimeOffset now)
    {
        switch (pod.Phase)
        {
            case "Succeeded":
                return new Succeeded(pod.Containers.FirstOrDefault(container => container.ExitCode is not null)?.TerminatedMessage);
            case "Failed" when pod.Reason is not null:
                return new Hopeless(Ended(pod));
            case "Failed" when pod.Containers.FirstOrDefault(container => container.ExitCode is not (null or 0)) is { } failed:
                return failed.TerminatedReason == "StartError"
                    ? new Hopeless(NotStarted(pod, failed))
                    : new Failed(failed.ExitCode!.Value, failed.TerminatedMessage);
            case "Failed":
                return new Hopeless(Ended(pod));
        }

        if (pod.Containers.FirstOrDefault(container => PullReasons.Contains(container.WaitingReason ?? "")) is { } unpulled)
        {
            return PullIsHopeless(pod, unpulled) ? new Hopeless(ImagePullFailed(pod, unpulled)) : new Undecided(Summarize(pod));
        }

        if (pod.UnscheduledReason == "Unschedulable" && SchedulingIsHopeless(pod, now))
        {
            return new Hopeless(Unschedulable(pod));
        }

        return new Undecided(Summarize(pod));
    }

    /// <summary>The pod's latest state in one line.</summary>
    public static string Summarize(PodSnapshot pod)
    {
        var said =
            pod.Containers.Select(container => Said(container.WaitingReason, container.WaitingMessage))
                .FirstOrDefault(text => text is not null)
            ?? Said(pod.UnscheduledReason, pod.UnscheduledMessage)
            ?? (pod.Events.Count > 0 ? Said(pod.Events[^1].Reason, pod.Events[^1].Message) : null);
        return said is null ? pod.Phase : $"{pod.Phase}, {said}";

        static string? Said(string? reason, string? message) =>
            reason is null ? null
            : string.IsNullOrEmpty(message) ? reason
            : $"{reason}: {message}";
    }

    private static bool PullIsHopeless(PodSnapshot pod, ContainerSnapshot container)
    {
        if (container.WaitingReason is "InvalidImageName" or "ErrImageNeverPull")
        {
            return true;
        }

        var said = pod
            .Events.Where(happened => happened.Reason == "Failed")
            .Select(happened => happened.Message)
            .Append(container.WaitingMessage ?? "");
        return said.Any(text => PermanentPullErrors.Any(error => text.Contains(error, StringComparison.OrdinalIgnoreCase)))
            || pod.Events.Any(happened => happened is { Reason: "BackOff", Count: >= 2 });
    }

    private static bool SchedulingIsHopeless(PodSnapshot pod, DateTimeOffset now) =>
        pod.Events.Any(happened => happened.Reason == "NotTriggerScaleUp") || now - pod.Created >= SchedulingGrace;

    private static Finding ImagePullFailed(PodSnapshot pod, ContainerSnapshot container) =>
        new()
        {
            Code = FindingCodes.ImagePullFailed,
            Cause =
                $"The image {container.Image} of the pod {pod.Namespace}/{pod.Name} cannot be pulled: "
                + (container.WaitingMessage ?? container.WaitingReason),
            Fix =
                "Set `verify.image` to an image that the cluster's nodes can pull and that contains the AWS CLI, or give the "
                + "nodes access to its registry.",
            Expected = "an image that can be pulled",
            Actual = container.Image,
        };

    private static Finding Unschedulable(PodSnapshot pod) =>
        new()
        {
            Code = FindingCodes.PodUnschedulable,
            Cause = $"No node accepts the pod {pod.Namespace}/{pod.Name}: {pod.UnscheduledMessage}",
            Fix =
                "Add a node that the pod fits on, or change its requests, tolerations or node selector in your own "
                + "validation-pod.yaml (--templates).",
            Expected = "a node that accepts the pod",
            Actual = pod.UnscheduledMessage,
        };

    private static Finding NotStarted(PodSnapshot pod, ContainerSnapshot container) =>
        new()
        {
            Code = FindingCodes.CheckFailed,
            Cause =
                $"The container {container.Name} of {pod.Namespace}/{pod.Name} could not start from the image "
                + $"{container.Image}: {container.TerminatedMessage}",
            Fix = "The image must have /bin/sh; set `verify.image` to one that does.",
            Expected = "an image with /bin/sh",
            Actual = container.Image,
        };

    private static Finding Ended(PodSnapshot pod) =>
        new()
        {
            Code = FindingCodes.PodTimedOut,
            Cause =
                pod.Reason == "DeadlineExceeded"
                    ? $"The pod {pod.Namespace}/{pod.Name} was still running at its deadline."
                    : $"The pod {pod.Namespace}/{pod.Name} was ended by the cluster ({pod.Reason ?? "no reason given"}): {pod.Message}",
            Fix =
                pod.Reason == "DeadlineExceeded"
                    ? "Make the command of `verify.run` end sooner, or raise `verify.timeout`."
                    : "Run it again; if it happens again, check the node that the pod ran on.",
            Expected = "an exit code",
            Actual = pod.Message ?? pod.Reason,
        };
}
