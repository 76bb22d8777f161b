namespace Federation.Sandbox.Kubelet;

/// <summary>What stands for a container image here: programs of this machine under the image's names.</summary>
internal sealed record ContainerImage
{
    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    public IReadOnlyList<string> Command { get; init; } = [];

    public string WorkingDirectory { get; init; } = "/";

    /// <summary>A directory of this machine that the image has as its working directory, or none.</summary>
    public string? Files { get; init; }

    /// <summary>The programs beside the system's own that the image brings.</summary>
    public IReadOnlyList<ImageTool> Tools { get; init; } = [];
}

internal enum ImageTool
{
    /// <summary>The AWS CLI: the bundled one or this machine's.</summary>
    Aws,

    /// <summary>A package manager that finds everything installed already.</summary>
    Yum,

    /// <summary>This machine's Python, as <c>python</c> and <c>python3</c>.</summary>
    Python,
}
