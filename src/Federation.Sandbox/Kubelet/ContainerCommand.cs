using System.Diagnostics;

namespace Federation.Sandbox.Kubelet;

/// <summary>A file or directory of this machine that a container sees at <paramref name="Target"/>.</summary>
internal sealed record ContainerMount(string Source, string Target, bool ReadOnly);

/// <summary>The command of a container. Its paths are the container's.</summary>
internal sealed record ContainerCommand
{
    public required IReadOnlyList<string> Arguments { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public required IReadOnlyList<ContainerMount> Mounts { get; init; }

    public required string WorkingDirectory { get; init; }

    /// <summary>An empty directory of this machine, for this run only.</summary>
    public required string Scratch { get; init; }
}

/// <summary>Starts processes of this machine so that they see what a container sees.</summary>
internal interface IContainerIsolation
{
    /// <summary>For an event of each pod.</summary>
    string Description { get; }

    /// <summary>The path at which the process finds a mount.</summary>
    string PathInside(ContainerMount mount);

    /// <exception cref="ContainerStartException">The executable does not exist.</exception>
    ProcessStartInfo Prepare(ContainerCommand command);

    /// <summary>A further command in a running container, with streams of its own.</summary>
    /// <param name="container">The container's process.</param>
    /// <param name="running">The container's command, whose environment, mounts and working directory it shares.</param>
    /// <param name="arguments">The further command, with paths of the container.</param>
    /// <exception cref="ContainerStartException">The executable does not exist.</exception>
    ProcessStartInfo PrepareExec(Process container, ContainerCommand running, IReadOnlyList<string> arguments);

    /// <summary>Sends SIGTERM to the container's first process.</summary>
    void Terminate(Process process);

    /// <summary>Sends SIGKILL to all of the container's processes.</summary>
    void Kill(Process process);
}

/// <summary>A container, or a command in one, could not be started.</summary>
/// <param name="problem">The runtime's reason, such as an executable that does not exist.</param>
internal sealed class ContainerStartException(string problem)
    : Exception(
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "
            + $"unable to start container process: {problem}: unknown"
    )
{
    /// <summary>The message for a command that could not be run in a container.</summary>
    public string InExec => $"OCI runtime exec failed: exec failed: unable to start container process: {problem}: unknown";
}
