namespace Federation.Sandbox.Kubernetes;

/// <summary>The options of an emulated API server.</summary>
internal sealed record KubernetesApiOptions
{
    /// <summary>The cluster's OIDC issuer, which is also the audience of tokens for the API server itself.</summary>
    public required string Issuer { get; init; }

    /// <summary>Host and port of the server, for discovery.</summary>
    public required string ServerAddress { get; init; }

    /// <summary>Bearer tokens with full access.</summary>
    public IReadOnlyList<string> AdminTokens { get; init; } = [];

    /// <summary>The certificate authority that pods trust, in PEM.</summary>
    public string CertificateAuthority { get; init; } = "";

    /// <summary>The name of the only node.</summary>
    public string NodeName { get; init; } = "gke-sandbox-node-0";

    /// <summary>Longer lifetimes are silently reduced to this; null grants them as asked. GKE's limit is 48 hours.</summary>
    public TimeSpan? MaximumTokenLifetime { get; init; } = TimeSpan.FromHours(48);

    /// <summary>When the key that signs tokens is replaced, after the start; null: never.</summary>
    public TimeSpan? KeyRotation { get; init; }

    /// <summary>The time between the creation of a namespace and of its service account <c>default</c>.</summary>
    public TimeSpan NamespaceSetup { get; init; } = TimeSpan.Zero;

    /// <summary>The interval at which the contents of a terminating namespace are deleted and counted.</summary>
    public TimeSpan NamespaceCleanup { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The number of past changes of each resource that a watch can start from.</summary>
    public int WatchWindow { get; init; } = 4096;

    /// <summary>The interval of the bookmarks in watches that ask for them.</summary>
    public TimeSpan BookmarkInterval { get; init; } = TimeSpan.FromMinutes(1);
}
