using System.Text.Json.Serialization;
using Federation.Configuration;
using Federation.Diagnosis;

namespace Federation.Planning;

/// <summary>What a cluster told about itself through GKE's API.</summary>
/// <param name="Id">The server's unique id: another one under the same name is another cluster.</param>
/// <param name="Endpoints">Every host (with its port, where not 443) the Kubernetes API may be reached at.</param>
/// <param name="CaCertificate">PEM; none if the endpoint is publicly trusted.</param>
public sealed record ClusterFacts(
    string Id,
    string Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? WorkloadPool,
    IReadOnlyList<string> Endpoints,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? CaCertificate
)
{
    /// <summary>The node pools on which pods meet the node's own metadata server instead of GKE's (not in GKE_METADATA mode).</summary>
    public IReadOnlyList<string> PoolsWithoutWorkloadIdentity { get; init; } = [];
}

/// <summary>GKE's own word on the clusters: what every other cloud needs to know before it acts.</summary>
public interface IClusterDirectory
{
    /// <summary>The clusters as GKE has them, by the cluster's key; each is read once in the life of the directory.</summary>
    /// <exception cref="FindingException">One is missing (FED2001), not serving (FED2007) or may not be read.</exception>
    Task<IReadOnlyDictionary<string, ClusterFacts>> ReadClustersAsync(
        IReadOnlyCollection<Cluster> clusters,
        CancellationToken cancellationToken
    );

    /// <summary>An OAuth access token of the caller, for clusters with <c>access: google</c>. A secret.</summary>
    Task<string> GetAccessTokenAsync(CancellationToken cancellationToken);
}
