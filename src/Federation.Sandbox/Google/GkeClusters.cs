using System.Text.Json.Nodes;

namespace Federation.Sandbox.Google;

/// <summary>A cluster as GKE's API shows it.</summary>
/// <param name="Id">Differs from that of any other cluster, also of an earlier one with the same name.</param>
/// <param name="Endpoint">Host and port of its Kubernetes API.</param>
/// <param name="CertificateAuthority">The endpoint's trust anchor in PEM.</param>
/// <param name="Created">When it was created.</param>
internal sealed record GkeCluster(
    string Project,
    string Location,
    string Name,
    string Id,
    Func<string> Endpoint,
    string CertificateAuthority,
    DateTimeOffset Created
)
{
    private const string Version = "1.34.1-gke.1000000";

    public string Status { get; init; } = "RUNNING";

    public string ResourceName => $"projects/{Project}/locations/{Location}/clusters/{Name}";

    public JsonObject ToJson() =>
        new()
        {
            ["name"] = Name,
            ["location"] = Location,
            ["zone"] = Location,
            ["locations"] = new JsonArray(Location),
            ["status"] = Status,
            ["endpoint"] = Endpoint(),
            ["currentMasterVersion"] = Version,
            ["currentNodeVersion"] = Version,
            ["selfLink"] = "https://container.googleapis.com/v1/" + ResourceName,
            ["id"] = Id,
            ["createTime"] = Created.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'+00:00'"),
            ["currentNodeCount"] = 1,
            ["nodePools"] = new JsonArray(
                new JsonObject
                {
                    ["name"] = "default-pool",
                    ["status"] = Status,
                    ["version"] = Version,
                    ["initialNodeCount"] = 1,
                    ["locations"] = new JsonArray(Location),
                    ["config"] = new JsonObject
                    {
                        ["machineType"] = "e2-medium",
                        ["workloadMetadataConfig"] = new JsonObject { ["mode"] = "GKE_METADATA" },
                    },
                }
            ),
            ["masterAuth"] = new JsonObject
            {
                ["clusterCaCertificate"] = Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(CertificateAuthority)),
            },
            ["workloadIdentityConfig"] = new JsonObject { ["workloadPool"] = Project + ".svc.id.goog" },
        };
}

/// <summary>GKE's clusters (Kubernetes Engine API v1, <c>projects.locations.clusters</c>), read only.</summary>
internal sealed class GkeClusters(IReadOnlyList<GkeCluster> clusters)
{
    public JsonObject Get(string project, string location, string name) =>
        clusters
            .FirstOrDefault(cluster => Is(cluster.Project, project) && Is(cluster.Location, location) && Is(cluster.Name, name))
            ?.ToJson()
        ?? throw GoogleException.NotFound($"Not found: projects/{project}/locations/{location}/clusters/{name}.");

    /// <param name="location"><c>-</c>: all.</param>
    public JsonObject List(string project, string location)
    {
        JsonNode[] found =
        [
            .. clusters
                .Where(cluster => Is(cluster.Project, project) && (location is "-" || Is(cluster.Location, location)))
                .Select(cluster => cluster.ToJson()),
        ];
        return found.Length == 0 ? [] : new JsonObject { ["clusters"] = new JsonArray(found) };
    }

    private static bool Is(string one, string other) => string.Equals(one, other, StringComparison.Ordinal);
}
