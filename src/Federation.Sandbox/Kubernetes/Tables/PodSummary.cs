using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Controllers;

namespace Federation.Sandbox.Kubernetes.Tables;

/// <summary>The state of a pod in a table, computed from the states of its containers.</summary>
internal sealed record PodSummary(string Ready, string Status, long Restarts, DateTimeOffset? LastRestart)
{
    /// <summary>The number of restarts, and the age of the last one.</summary>
    public string RestartsAt(DateTimeOffset now) =>
        Restarts > 0 && LastRestart is { } last
            ? $"{Restarts} ({HumanDuration.Format(now - last)} ago)"
            : Restarts.ToString(CultureInfo.InvariantCulture);

    public static PodSummary Of(JsonObject pod)
    {
        var status = pod["status"];
        JsonObject[] init = [.. status.Items("initContainerStatuses")];
        JsonObject[] main = [.. status.Items("containerStatuses")];
        var shown = status.Text("reason") is { Length: > 0 } reason ? reason : status.Text("phase");
        var (restarts, last) = Count(init);
        var ready = 0;

        if (Initializing(pod, init) is { } initializing)
        {
            shown = initializing;
        }
        else
        {
            (restarts, last) = Count(main);
            ready = main.Count(static container => container.Flag("ready") is true && container["state"]?["running"] is not null);
            shown = main.Reverse().Aggregate(shown, static (before, container) => Show(container["state"]) ?? before);
            if (shown == "Completed" && ready > 0)
            {
                // One container has completed and another still runs.
                shown = pod.Has("Ready") ? "Running" : "NotReady";
            }
        }

        if (pod["metadata"]?["deletionTimestamp"] is not null)
        {
            shown = "Terminating";
        }

        return new PodSummary($"{ready}/{pod["spec"].Items("containers").Count()}", shown, restarts, last);
    }

    public static string ReadinessGates(JsonObject pod)
    {
        string[] gates = [.. pod["spec"].Items("readinessGates").Select(static gate => gate.Text("conditionType"))];
        return gates.Length == 0 ? "<none>" : $"{gates.Count(pod.Has)}/{gates.Length}";
    }

    // The status by the first init container that has not succeeded; null if all have.
    private static string? Initializing(JsonObject pod, JsonObject[] init)
    {
        for (var index = 0; index < init.Length; index++)
        {
            var state = init[index]["state"];
            if (state?["terminated"] is { } ended)
            {
                if (ended.Number("exitCode") is 0)
                {
                    continue;
                }

                return "Init:" + Show(state);
            }

            return state?["waiting"].Text("reason") is { Length: > 0 } reason && reason != "PodInitializing"
                ? "Init:" + reason
                : $"Init:{index}/{pod["spec"].Items("initContainers").Count()}";
        }

        return null;
    }

    // The status by a container's state; null if it has nothing to add to the pod's phase.
    private static string? Show(JsonNode? state) =>
        state?["waiting"].Text("reason") is { Length: > 0 } waiting ? waiting
        : state?["terminated"] is not { } ended ? null
        : ended.Text("reason") is { Length: > 0 } reason ? reason
        : ended.Number("signal") is { } signal and not 0 ? $"Signal:{signal}"
        : $"ExitCode:{ended.Number("exitCode") ?? 0}";

    private static (long Restarts, DateTimeOffset? Last) Count(JsonObject[] containers) =>
        (
            containers.Sum(static container => container.Number("restartCount") ?? 0),
            containers.Select(static container => container["lastState"]?["terminated"].Time("finishedAt")).Max()
        );
}
