using System.Globalization;
using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes.Tables;

/// <summary>What a table tells of a pod in one line, made of the states of its containers.</summary>
internal sealed record PodSummary(string Ready, string Status, long Restarts, DateTimeOffset? LastRestart)
{
    /// <summary>The restarts, with how long ago the last one was.</summary>
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
                // One container has ended and another goes on.
                shown = Holds(pod, "Ready") ? "Running" : "NotReady";
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
        return gates.Length == 0 ? "<none>" : $"{gates.Count(gate => Holds(pod, gate))}/{gates.Length}";
    }

    // The first init container that has not succeeded names the status; null where all have.
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

    // What a container's state has to say against the pod's phase.
    private static string? Show(JsonNode? state) =>
        state?["waiting"].Text("reason") is { Length: > 0 } waiting ? waiting
        : state?["terminated"] is not { } ended ? null
        : ended.Text("reason") is { Length: > 0 } reason ? reason
        : ended.Number("signal") is { } signal and not 0 ? $"Signal:{signal}"
        : $"ExitCode:{ended.Number("exitCode") ?? 0}";

    private static (long Restarts, DateTimeOffset? Last) Count(JsonObject[] containers) =>
        (
            containers.Sum(static container => container.Number("restartCount") ?? 0),
            containers
                .Select(static container => container["lastState"]?["terminated"].Text("finishedAt"))
                .Select(static text =>
                    DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
                        ? time
                        : (DateTimeOffset?)null
                )
                .Max()
        );

    private static bool Holds(JsonObject pod, string condition) =>
        pod["status"].Items("conditions").Any(known => known.Text("type") == condition && known.Text("status") == "True");
}
