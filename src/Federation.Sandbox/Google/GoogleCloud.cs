using System.Security.Cryptography;
using Federation.Configuration;
using Federation.Sandbox.Hosting;

namespace Federation.Sandbox.Google;

/// <summary>The Google projects of a sandbox's clusters, and the APIs they share.</summary>
internal sealed class GoogleCloud : IDisposable
{
    private readonly ServiceAccounts _accounts;

    /// <param name="kubernetesEndpoint">Gives host and port of a cluster's Kubernetes API. Called once the listeners have started.</param>
    public GoogleCloud(
        IReadOnlyList<Cluster> clusters,
        Func<Cluster, string> kubernetesEndpoint,
        string certificateAuthority,
        Weather weather,
        CallLog calls,
        TimeProvider time
    )
    {
        Tokens = new GoogleTokens(clusters[0].Project, time);
        Clusters = clusters.ToDictionary(
            cluster => cluster.Key,
            cluster => new GkeCluster(
                cluster.Project,
                cluster.Location,
                cluster.Name,
                Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)),
                () => kubernetesEndpoint(cluster),
                certificateAuthority,
                time.GetUtcNow()
            ),
            StringComparer.Ordinal
        );
        var projects = clusters.Select(cluster => cluster.Project).ToHashSet(StringComparer.Ordinal);
        _accounts = new ServiceAccounts(projects, weather, time);
        Api = new GoogleApi(_accounts, new GkeClusters([.. Clusters.Values]), Tokens, calls);
    }

    public GoogleApi Api { get; }

    public GoogleTokens Tokens { get; }

    /// <summary>By their key in the configuration.</summary>
    public IReadOnlyDictionary<string, GkeCluster> Clusters { get; }

    /// <summary>See <see cref="SandboxClouds.Contents"/>.</summary>
    public IEnumerable<KeyValuePair<string, string>> Contents() => _accounts.Contents();

    public void Dispose() => Tokens.Dispose();
}
