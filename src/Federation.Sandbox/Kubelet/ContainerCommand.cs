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

    /// <summary>SIGTERM to the container's first process.</summary>
    void Terminate(Process process);

    /// <summary>SIGKILL to all of the container's processes.</summary>
    void Kill(Process process);
}

/// <summary>A container could not be started; the message is the runtime's.</summary>
internal sealed class ContainerStartException(string message)
    : Exception($"failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: {message}: unknown");
