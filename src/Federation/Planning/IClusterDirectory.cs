using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;

namespace Federation.Planning;

/// <summary>What GKE says about the clusters, which the other clouds need before they act.</summary>
public interface IClusterDirectory
{
    /// <summary>The clusters as GKE describes them, by the cluster's key; each is read once.</summary>
    /// <exception cref="FindingException">One is missing (FED2001), not serving (FED2007) or may not be read.</exception>
    Task<IReadOnlyDictionary<string, ClusterFacts>> ReadClustersAsync(
        IReadOnlyCollection<Cluster> clusters,
        CancellationToken cancellationToken
    );

    /// <summary>An OAuth access token of the caller, for clusters with <c>access: google</c>. A secret.</summary>
    Task<string> GetAccessTokenAsync(CancellationToken cancellationToken);
}
