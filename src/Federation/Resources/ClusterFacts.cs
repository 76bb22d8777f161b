using System.Text.Json.Serialization;

namespace Federation.Resources;

/// <summary>A cluster as GKE's API describes it.</summary>
/// <param name="Id">The server's unique id: another one under the same name is another cluster.</param>
/// <param name="Endpoints">Every host (with its port, where not 443) the Kubernetes API may be reached at.</param>
/// <param name="CaCertificate">PEM; null if the endpoint is publicly trusted.</param>
public sealed record ClusterFacts(
    string Id,
    string Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? WorkloadPool,
    IReadOnlyList<string> Endpoints,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? CaCertificate
)
{
    /// <summary>When it was created; null where GKE did not say.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>The node pools that are not in GKE_METADATA mode: their pods get the node's own metadata server, not GKE's.</summary>
    public IReadOnlyList<string> PoolsWithoutWorkloadIdentity { get; init; } = [];
}
