namespace Federation.Sandbox.Kubelet;

/// <summary>How a container's process finds its volumes at their mount paths.</summary>
internal enum ContainerIsolation
{
    /// <summary>Namespaces where this machine allows them, otherwise rewritten paths.</summary>
    Automatic,

    /// <summary>Linux user, mount and process namespaces: mount paths exist.</summary>
    Namespaces,

    /// <summary>Mount paths in commands, arguments and environment are replaced by directories of this machine.</summary>
    RewrittenPaths,
}

internal sealed record KubeletOptions
{
    /// <summary>For the files of running pods. Created if it does not exist, deleted at the end.</summary>
    public required string Directory { get; init; }

    public string NodeName { get; init; } = "sandbox";

    public string HostIP { get; init; } = "127.0.0.1";

    /// <summary>The node's labels for node selectors and node affinity.</summary>
    public IReadOnlyDictionary<string, string> NodeLabels { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["kubernetes.io/arch"] = "amd64",
            ["kubernetes.io/hostname"] = "sandbox",
            ["kubernetes.io/os"] = "linux",
            ["iam.gke.io/gke-metadata-server-enabled"] = "true",
        };

    /// <summary>Variables of every container, unless its pod sets them: the sandbox's endpoints.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Images in addition to the built-in ones: by reference or, for any tag, by name.</summary>
    public IReadOnlyDictionary<string, ContainerImage> Images { get; init; } =
        new Dictionary<string, ContainerImage>(StringComparer.Ordinal);

    /// <summary>Use this machine's <c>aws</c> instead of the bundled one.</summary>
    public bool HostAws { get; init; }

    public ContainerIsolation Isolation { get; init; }

    /// <summary>Asked for each pod that starts: whether the node evicts it.</summary>
    public Func<bool> Evicts { get; init; } = () => false;

    /// <summary>The interval of new attempts to start a container, and of updates of volumes.</summary>
    public TimeSpan SyncFrequency { get; init; } = TimeSpan.FromSeconds(5);
}
