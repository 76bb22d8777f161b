using System.Text.Json.Serialization;

namespace Federation.Resources;

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
