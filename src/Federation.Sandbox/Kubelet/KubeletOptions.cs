namespace Federation.Sandbox.Kubelet;

/// <summary>How a container's process comes to see its volumes at their mount paths.</summary>
internal enum ContainerIsolation
{
    /// <summary>Namespaces where this machine allows them, rewritten paths elsewhere.</summary>
    Automatic,

    /// <summary>Linux user, mount and process namespaces: every mount path is really there.</summary>
    Namespaces,

    /// <summary>Mount paths in the command, the arguments and the environment become directories of this machine.</summary>
    RewrittenPaths,
}

internal sealed record KubeletOptions
{
    /// <summary>Where pods' volumes live while they run. Made if absent, removed at the end.</summary>
    public required string Directory { get; init; }

    public string NodeName { get; init; } = "sandbox";

    public string HostIP { get; init; } = "127.0.0.1";

    /// <summary>What node selectors and node affinity are held against.</summary>
    public IReadOnlyDictionary<string, string> NodeLabels { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["kubernetes.io/arch"] = "amd64",
            ["kubernetes.io/hostname"] = "sandbox",
            ["kubernetes.io/os"] = "linux",
            ["iam.gke.io/gke-metadata-server-enabled"] = "true",
        };

    /// <summary>Variables every container has unless its pod says otherwise: the sandbox's endpoints.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Variables that name a file of this machine, a CA bundle say; the file is put into the container.</summary>
    public IReadOnlyDictionary<string, string> EnvironmentFiles { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Images beside the built-in ones, by the reference that pods give, or by its name alone for any tag.</summary>
    public IReadOnlyDictionary<string, ContainerImage> Images { get; init; } =
        new Dictionary<string, ContainerImage>(StringComparer.Ordinal);

    /// <summary>Run this machine's own <c>aws</c> in place of the bundled one.</summary>
    public bool HostAws { get; init; }

    public ContainerIsolation Isolation { get; init; }

    /// <summary>How often what could not be started is tried again, and volumes are brought up to date.</summary>
    public TimeSpan SyncFrequency { get; init; } = TimeSpan.FromSeconds(5);
}
