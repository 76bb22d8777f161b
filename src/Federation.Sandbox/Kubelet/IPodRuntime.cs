namespace Federation.Sandbox.Kubelet;

/// <summary>The kubelet for the API server: logs and commands for clients.</summary>
internal interface IPodRuntime
{
    /// <summary>The log of a container's present or previous run; null if there was none.</summary>
    ContainerLog? FindLog(string podUid, string container, bool previous);

    /// <summary>Runs a command in a container. Null if the container does not run.</summary>
    /// <exception cref="ContainerStartException">The command could not be started.</exception>
    ContainerExec? StartExec(string podUid, string container, IReadOnlyList<string> arguments, bool terminal);
}
