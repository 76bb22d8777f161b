namespace Federation.Diagnosis;

/// <summary>A pod as the API server shows it, reduced to what a verdict needs.</summary>
public sealed record PodSnapshot(string Namespace, string Name, string Phase)
{
    /// <summary>The pod's own reason, such as <c>DeadlineExceeded</c> or <c>Evicted</c>.</summary>
    public string? Reason { get; init; }

    public string? Message { get; init; }

    /// <summary>The reason of <c>PodScheduled</c> while that is false, such as <c>Unschedulable</c>.</summary>
    public string? UnscheduledReason { get; init; }

    public string? UnscheduledMessage { get; init; }

    public DateTimeOffset Created { get; init; }

    public IReadOnlyList<ContainerSnapshot> Containers { get; init; } = [];

    public IReadOnlyList<PodEvent> Events { get; init; } = [];
}

/// <summary>A container or init container.</summary>
public sealed record ContainerSnapshot(string Name, string Image)
{
    public string? WaitingReason { get; init; }

    public string? WaitingMessage { get; init; }

    public int? ExitCode { get; init; }

    public string? TerminatedReason { get; init; }

    /// <summary>The termination message: what the container left at its <c>terminationMessagePath</c>.</summary>
    public string? TerminatedMessage { get; init; }

    /// <summary>How often it was restarted.</summary>
    public int Restarts { get; init; }

    /// <summary>How its previous run ended; null if it was never restarted.</summary>
    public int? LastExitCode { get; init; }

    public string? LastTerminatedReason { get; init; }

    public string? LastTerminatedMessage { get; init; }
}

/// <summary>An event about the pod; <paramref name="Count"/> grows while it repeats.</summary>
public sealed record PodEvent(string Reason, string Message, int Count);
