using System.Security.Cryptography;

namespace Federation.Sandbox.Kubernetes;

/// <summary>What tells one emulated API server from another.</summary>
internal sealed record KubernetesApiOptions
{
    /// <summary>The cluster's OIDC issuer, which is also the audience of tokens for the API server itself.</summary>
    public required string Issuer { get; init; }

    /// <summary>Host and port that clients reach the server at, as discovery tells them.</summary>
    public required string ServerAddress { get; init; }

    /// <summary>Bearer tokens that may do everything.</summary>
    public IReadOnlyList<string> AdminTokens { get; init; } = [];

    /// <summary>Signs service account tokens; a new one is made if none is given.</summary>
    public RSA? SigningKey { get; init; }

    /// <summary>The certificate authority that pods are to trust (PEM).</summary>
    public string CertificateAuthority { get; init; } = "";

    /// <summary>The one node.</summary>
    public string NodeName { get; init; } = "gke-sandbox-node-0";

    /// <summary>Longer lifetimes are silently cut to this; null grants them as asked. GKE cuts at 48 hours.</summary>
    public TimeSpan? MaximumTokenLifetime { get; init; } = TimeSpan.FromHours(48);

    /// <summary>How long after a namespace its service account <c>default</c> appears; zero: at once.</summary>
    public TimeSpan NamespaceSetup { get; init; } = TimeSpan.Zero;

    /// <summary>How often the contents of a terminating namespace are looked at.</summary>
    public TimeSpan NamespaceCleanup { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How many changes of each resource a watch can go back.</summary>
    public int WatchWindow { get; init; } = 4096;

    /// <summary>How often watches that ask for it are told the present version.</summary>
    public TimeSpan BookmarkInterval { get; init; } = TimeSpan.FromMinutes(1);
}
