namespace Federation.Sandbox;

/// <summary>A folder for the files of one sandbox.</summary>
public sealed record SandboxFolder
{
    private SandboxFolder(string path) => Path = path;

    public string Path { get; }

    /// <summary><c>OUTPUT/sandbox</c>, for a sandbox in the foreground.</summary>
    public static SandboxFolder Own(string output) => new(System.IO.Path.GetFullPath(System.IO.Path.Combine(output, "sandbox")));

    /// <summary><c>OUTPUT/sandbox/run-ID</c>, for the sandbox inside a run.</summary>
    public static SandboxFolder OfRun(string output, string id) => new(System.IO.Path.Combine(Own(output).Path, $"run-{id}"));
}
