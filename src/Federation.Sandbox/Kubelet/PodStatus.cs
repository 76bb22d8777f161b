using System.Text.Json.Nodes;
using Federation.Sandbox.Hosting;
using Federation.Sandbox.Kubernetes;

namespace Federation.Sandbox.Kubelet;

/// <summary>The status of one container.</summary>
internal sealed record ContainerStatus
{
    public required string Name { get; init; }

    public required string Image { get; init; }

    public required ContainerState State { get; init; }

    public ContainerState.Terminated? LastState { get; init; }

    public int RestartCount { get; init; }

    /// <summary>Set once it was created. Only then the status shows the image's id and the resources.</summary>
    public string? ContainerId { get; init; }

    public required JsonObject Resources { get; init; }

    public required JsonArray VolumeMounts { get; init; }

    /// <summary>Whether the container runs or, for an init container, has succeeded.</summary>
    public bool IsReady(bool init) => init ? State is ContainerState.Terminated { ExitCode: 0 } : State is ContainerState.Running;

    public JsonObject ToJson(bool init)
    {
        var status = new JsonObject
        {
            ["name"] = Name,
            ["state"] = State.ToJson(),
            ["lastState"] = LastState?.ToJson() ?? [],
            ["ready"] = IsReady(init),
            ["restartCount"] = RestartCount,
            ["image"] = Image,
            ["imageID"] = ContainerId is null ? "" : ImageStore.Id(Image),
        };
        status.SetText("containerID", ContainerId);
        status["started"] = State is ContainerState.Running;
        if (ContainerId is not null)
        {
            status["resources"] = Resources.DeepClone();
        }

        if (VolumeMounts.Count > 0)
        {
            status["volumeMounts"] = VolumeMounts.DeepClone();
        }

        return status;
    }
}

/// <summary>The failure of a pod for a reason outside its containers.</summary>
internal sealed record PodFailure(string Reason, string Message);

/// <summary>
/// The status of a pod, computed from its containers by the rules of the pod lifecycle
/// (https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/).
/// </summary>
internal sealed record PodStatus
{
    public required string RestartPolicy { get; init; }

    public required string HostIP { get; init; }

    public required DateTimeOffset StartTime { get; init; }

    public required IReadOnlyList<ContainerStatus> InitContainers { get; init; }

    public required IReadOnlyList<ContainerStatus> Containers { get; init; }

    /// <summary>The volumes are mounted.</summary>
    public bool SandboxReady { get; init; }

    /// <summary>All of the pod has ended. A final phase is not reported before.</summary>
    public bool Ended { get; init; }

    public PodFailure? Failure { get; init; }

    /// <summary>Some containers never ran: the pod has failed, and its conditions stay as they are.</summary>
    public bool GivenUp { get; init; }

    /// <param name="pod">The stored pod, with its previous status.</param>
    public JsonObject ToJson(JsonObject pod, DateTimeOffset now)
    {
        var previous = pod["status"] as JsonObject ?? [];
        var generation = pod["metadata"]!["generation"] ?? 1;
        var phase = Phase();
        var status = new JsonObject
        {
            ["observedGeneration"] = generation.DeepClone(),
            ["phase"] =
                GivenUp ? "Failed"
                : Ended || phase is not ("Succeeded" or "Failed") ? phase
                : previous["phase"]?.GetValue<string>() ?? "Pending",
            ["conditions"] = Conditions(previous["conditions"] as JsonArray ?? [], phase, generation, now),
        };
        if (Failure is not null && Ended)
        {
            status["message"] = Failure.Message;
            status["reason"] = Failure.Reason;
        }

        status["hostIP"] = HostIP;
        status["hostIPs"] = new JsonArray(new JsonObject { ["ip"] = HostIP });
        status["podIP"] = HostIP;
        status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = HostIP });
        status["startTime"] = Moment.Seconds(StartTime);
        if (InitContainers.Count > 0)
        {
            status["initContainerStatuses"] = new JsonArray([.. InitContainers.Select(container => container.ToJson(init: true))]);
        }

        status["containerStatuses"] = new JsonArray([.. Containers.Select(container => container.ToJson(init: false))]);
        status.SetText("qosClass", previous.Text("qosClass"));
        return status;
    }

    private string Phase()
    {
        if (Failure is not null)
        {
            return "Failed";
        }

        if (InitContainers.Any(container => container.State is ContainerState.Terminated { ExitCode: not 0 }) && RestartPolicy == "Never")
        {
            return "Failed";
        }

        if (!Initialized)
        {
            return "Pending";
        }

        if (Containers.Any(container => container is { State: ContainerState.Waiting, LastState: null }))
        {
            return "Pending";
        }

        if (Containers.Any(container => container.State is ContainerState.Running) || (RestartPolicy == "Always" && !Ended))
        {
            return "Running";
        }

        if (Containers.All(container => container.State is ContainerState.Terminated { ExitCode: 0 }))
        {
            return "Succeeded";
        }

        return RestartPolicy == "Never" || Ended ? "Failed" : "Running";
    }

    private bool Initialized => InitContainers.All(container => container.IsReady(init: true));

    private JsonArray Conditions(JsonArray previous, string phase, JsonNode generation, DateTimeOffset now)
    {
        var incomplete = InitContainers.Where(container => !container.IsReady(init: true)).Select(container => container.Name).ToArray();
        var unready = Containers.Where(container => !container.IsReady(init: false)).Select(container => container.Name).ToArray();
        var (readyStatus, readyReason, readyMessage) = phase switch
        {
            _ when GivenUp => Find("Ready"),
            "Succeeded" => (false, "PodCompleted", null),
            "Failed" => (false, "PodFailed", null),
            _ when unready.Length > 0 => (false, "ContainersNotReady", $"containers with unready status: [{string.Join(' ', unready)}]"),
            _ => (true, (string?)null, (string?)null),
        };
        return
        [
            Condition("PodReadyToStartContainers", SandboxReady, null, null),
            incomplete.Length > 0
                ? Condition(
                    "Initialized",
                    false,
                    "ContainersNotInitialized",
                    $"containers with incomplete status: [{string.Join(' ', incomplete)}]"
                )
                : Condition("Initialized", true, phase == "Succeeded" ? "PodCompleted" : null, null),
            Condition("Ready", readyStatus, readyReason, readyMessage),
            Condition("ContainersReady", readyStatus, readyReason, readyMessage),
            Condition("PodScheduled", true, null, null),
        ];

        JsonObject Condition(string type, bool holds, string? reason, string? message)
        {
            var before = previous.FirstOrDefault(condition => condition!["type"]!.GetValue<string>() == type);
            var value = holds ? "True" : "False";
            var condition = NewCondition(type, value, now);
            condition.Insert(1, "observedGeneration", generation.DeepClone());
            if (before is not null && before["status"]!.GetValue<string>() == value)
            {
                condition["lastTransitionTime"] = before["lastTransitionTime"]?.DeepClone();
            }

            Explain(condition, reason, message);
            return condition;
        }

        (bool, string?, string?) Find(string type) =>
            previous.FirstOrDefault(condition => condition!["type"]!.GetValue<string>() == type) is { } found
                ? (found["status"]!.GetValue<string>() == "True", found["reason"]?.GetValue<string>(), found["message"]?.GetValue<string>())
                : (false, null, null);
    }

    public static JsonObject NewCondition(string type, string value, DateTimeOffset now) =>
        new()
        {
            ["type"] = type,
            ["status"] = value,
            ["lastProbeTime"] = null,
            ["lastTransitionTime"] = Moment.Seconds(now),
        };

    public static void Explain(JsonObject condition, string? reason, string? message)
    {
        condition.SetText("reason", reason);
        condition.SetText("message", message);
    }
}
