using System.Diagnostics;

namespace Federation.Sandbox.Kubelet;

/// <summary>A file or directory of this machine that a container sees at <paramref name="Target"/>.</summary>
internal sealed record ContainerMount(string Source, string Target, bool ReadOnly);

/// <summary>What a container runs, in the container's own terms.</summary>
internal sealed record ContainerCommand
{
    public required IReadOnlyList<string> Arguments { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public required IReadOnlyList<ContainerMount> Mounts { get; init; }

    public required string WorkingDirectory { get; init; }

    /// <summary>An empty directory of this machine for the run alone.</summary>
    public required string Scratch { get; init; }
}

/// <summary>Makes a process of this machine see what a container sees.</summary>
internal interface IContainerIsolation
{
    /// <summary>Said to the person once per pod.</summary>
    string Description { get; }

    /// <summary>Where a mounted path is for the process itself.</summary>
    string PathInside(ContainerMount mount);

    /// <exception cref="ContainerStartException">There is no such executable.</exception>
    ProcessStartInfo Prepare(ContainerCommand command);

    /// <summary>A further command in a container that runs, with its streams apart.</summary>
    /// <param name="container">The container's process.</param>
    /// <param name="running">What the container runs: the command sees its environment, mounts and working directory.</param>
    /// <param name="arguments">The command, in the container's own terms.</param>
    /// <exception cref="ContainerStartException">There is no such executable.</exception>
    ProcessStartInfo PrepareExec(Process container, ContainerCommand running, IReadOnlyList<string> arguments);

    /// <summary>SIGTERM to the container's first process.</summary>
    void Terminate(Process process);

    /// <summary>SIGKILL to all of the container's processes.</summary>
    void Kill(Process process);
}

/// <summary>A container, or a command in one, could not be started.</summary>
/// <param name="problem">What the runtime found, such as an executable that is not there.</param>
internal sealed class ContainerStartException(string problem)
    : Exception(
        $"failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: {problem}: unknown"
    )
{
    /// <summary>The same of a command that was to run in a container.</summary>
    public string InExec => $"OCI runtime exec failed: exec failed: unable to start container process: {problem}: unknown";
}
