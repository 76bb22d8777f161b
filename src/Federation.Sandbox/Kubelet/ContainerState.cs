using System.Text.Json.Nodes;
using Federation.Sandbox.Hosting;
using Federation.Sandbox.Kubernetes;

namespace Federation.Sandbox.Kubelet;

/// <summary>The state in a container's status.</summary>
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
                reason.SetText("message", waiting.Message);
                return new() { ["waiting"] = reason };
            case Running running:
                return new() { ["running"] = new JsonObject { ["startedAt"] = Moment.Seconds(running.StartedAt) } };
            case Terminated terminated:
                var end = new JsonObject { ["exitCode"] = terminated.ExitCode, ["reason"] = terminated.Reason };
                end.SetText("message", terminated.Message);
                end["startedAt"] = terminated.StartedAt is { } start ? Moment.Seconds(start) : null;
                end["finishedAt"] = terminated.FinishedAt is { } finish ? Moment.Seconds(finish) : null;
                end.SetText("containerID", terminated.ContainerId);
                return new() { ["terminated"] = end };
            default:
                throw new InvalidOperationException($"no container state {this}");
        }
    }
}
