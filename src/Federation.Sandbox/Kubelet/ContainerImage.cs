namespace Federation.Sandbox.Kubelet;

/// <summary>The replacement for a container image: programs of this machine, under the image's names.</summary>
internal sealed record ContainerImage
{
    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    public IReadOnlyList<string> Command { get; init; } = [];

    public string WorkingDirectory { get; init; } = "/";

    /// <summary>The programs of the image, in addition to the system's.</summary>
    public IReadOnlyList<ImageTool> Tools { get; init; } = [];
}

internal enum ImageTool
{
    /// <summary>The AWS CLI, either the bundled or this machine's.</summary>
    Aws,

    /// <summary>A package manager to which everything is installed already.</summary>
    Yum,

    /// <summary>This machine's Python, as <c>python</c> and <c>python3</c>.</summary>
    Python,
}
