namespace Federation.Sandbox.Kubelet;

/// <summary>What the API server asks of the kubelet on a client's behalf.</summary>
internal interface IPodRuntime
{
    /// <summary>The log of a container's present run, or of the one before it; null if there was none.</summary>
    ContainerLog? FindLog(string podUid, string container, bool previous);

    /// <summary>Runs a command in a container; null if the container does not run.</summary>
    /// <exception cref="ContainerStartException">The command could not be started.</exception>
    ContainerExec? StartExec(string podUid, string container, IReadOnlyList<string> arguments, bool terminal);
}
