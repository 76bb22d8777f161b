using System.Globalization;
using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubelet;

/// <summary>Where a container is, as its status tells.</summary>
internal abstract record ContainerState
{
    public sealed record Waiting(string Reason, string? Message = null) : ContainerState;

    public sealed record Running(DateTimeOffset StartedAt) : ContainerState;

    public sealed record Terminated(
        int ExitCode,
        string Reason,
        string? Message,
        DateTimeOffset? StartedAt,
        DateTimeOffset? FinishedAt,
        string? ContainerId
    ) : ContainerState;

    public JsonObject ToJson()
    {
        switch (this)
        {
            case Waiting waiting:
                var reason = new JsonObject { ["reason"] = waiting.Reason };
                AddMessage(reason, waiting.Message);
                return new() { ["waiting"] = reason };
            case Running running:
                return new() { ["running"] = new JsonObject { ["startedAt"] = Time(running.StartedAt) } };
            case Terminated terminated:
                var end = new JsonObject { ["exitCode"] = terminated.ExitCode, ["reason"] = terminated.Reason };
                AddMessage(end, terminated.Message);
                end["startedAt"] = Time(terminated.StartedAt);
                end["finishedAt"] = Time(terminated.FinishedAt);
                if (terminated.ContainerId is not null)
                {
                    end["containerID"] = terminated.ContainerId;
                }

                return new() { ["terminated"] = end };
            default:
                throw new InvalidOperationException($"no container state {this}");
        }
    }

    /// <summary>A time as Kubernetes writes it: to the second.</summary>
    public static string? Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static void AddMessage(JsonObject into, string? message)
    {
        if (!string.IsNullOrEmpty(message))
        {
            into["message"] = message;
        }
    }
}
