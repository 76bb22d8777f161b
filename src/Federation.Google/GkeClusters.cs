using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;
using GkeCluster = Google.Apis.Container.v1.Data.Cluster;

namespace Federation.Google;

/// <summary>Reads clusters from GKE, each once.</summary>
internal sealed class GkeClusters(GoogleCalls calls)
{
    private readonly ConcurrentDictionary<string, Lazy<Task<ClusterFacts>>> _read = new(StringComparer.Ordinal);

    /// <exception cref="FindingException">There is no such cluster (FED2001), or it could not be read.</exception>
    public Task<ClusterFacts> ReadAsync(Cluster cluster, CancellationToken cancellationToken) =>
        _read.GetOrAdd(cluster.Key, _ => new Lazy<Task<ClusterFacts>>(() => ReadOnceAsync(cluster, cancellationToken))).Value;

    private async Task<ClusterFacts> ReadOnceAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        try
        {
            return Facts(
                await calls.ExecuteAsync(
                    clients => clients.Container.Projects.Locations.Clusters.Get(cluster.ResourceName),
                    $"get the cluster {cluster.ResourceName}",
                    resource: null,
                    cancellationToken
                )
            );
        }
        catch (FindingException refused) when (refused.SaysAbsent())
        {
            throw new FindingException(NotFound(cluster, await ListAsync(cluster.Project, cancellationToken)), refused);
        }
    }

    /// <summary>The clusters of a project in all its locations; empty if there is no such project.</summary>
    private async Task<IReadOnlyList<GkeCluster>> ListAsync(string project, CancellationToken cancellationToken)
    {
        try
        {
            var listed = await calls.ExecuteAsync(
                clients => clients.Container.Projects.Locations.Clusters.List($"projects/{project}/locations/-"),
                $"list the clusters of {project}",
                resource: null,
                cancellationToken
            );
            return [.. listed.Clusters ?? []];
        }
        catch (FindingException refused) when (refused.SaysAbsent())
        {
            return [];
        }
    }

    private static ClusterFacts Facts(GkeCluster cluster)
    {
        string?[] endpoints =
        [
            cluster.Endpoint,
            cluster.ControlPlaneEndpointsConfig?.DnsEndpointConfig?.Endpoint,
            cluster.ControlPlaneEndpointsConfig?.IpEndpointsConfig?.PublicEndpoint,
            cluster.ControlPlaneEndpointsConfig?.IpEndpointsConfig?.PrivateEndpoint,
            cluster.PrivateClusterConfig?.PublicEndpoint,
            cluster.PrivateClusterConfig?.PrivateEndpoint,
        ];
        return new ClusterFacts(
            cluster.Id ?? "",
            cluster.Status ?? "STATUS_UNSPECIFIED",
            cluster.WorkloadIdentityConfig?.WorkloadPool,
            [.. endpoints.OfType<string>().Where(endpoint => endpoint.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase)],
            CertificateOf(cluster)
        )
        {
            Created = DateTimeOffset.TryParse(
                cluster.CreateTime,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out var created
            )
                ? created
                : null,
            // Google manages Autopilot's pools; they always have it.
            PoolsWithoutWorkloadIdentity =
                cluster.Autopilot?.Enabled == true
                    ? []
                    :
                    [
                        .. (cluster.NodePools ?? [])
                            .Where(pool => pool.Config?.WorkloadMetadataConfig?.Mode != "GKE_METADATA")
                            .Select(pool => pool.Name),
                    ],
        };
    }

    /// <exception cref="FindingException">The certificate is not base64 (FED8015).</exception>
    private static string? CertificateOf(GkeCluster cluster)
    {
        if (cluster.MasterAuth?.ClusterCaCertificate is not { Length: > 0 } encoded)
        {
            return null;
        }

        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(encoded));
        }
        catch (FormatException malformed)
        {
            throw new FindingException(
                new Finding
                {
                    Code = FindingCodes.AnswerUnreadable,
                    Cause = $"GKE's API gave a CA certificate of the cluster {cluster.Name} that cannot be read: {malformed.Message}",
                    Fix = "Check the endpoint, if CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER is set.",
                },
                malformed
            );
        }
    }

    private static Finding NotFound(Cluster cluster, IReadOnlyList<GkeCluster> others)
    {
        var resource = ResourceId.Google(cluster.Project, ResourceKind.Cluster, cluster.Name).Value;
        if (others.FirstOrDefault(other => other.Name == cluster.Name) is { Location: { } location })
        {
            return new Finding
            {
                Code = FindingCodes.ClusterNotFound,
                Resource = resource,
                Cause =
                    $"The cluster {cluster.Name} of the project {cluster.Project} is in {location}, not in {cluster.Location}: "
                    + $"a {(IsZone(location) ? "zonal" : "regional")} cluster's own location is what its issuer carries.",
                Fix = $"Set clusters.{cluster.Key}.location to {location}.",
                Expected = cluster.ResourceName,
                Actual = $"projects/{cluster.Project}/locations/{location}/clusters/{cluster.Name}",
            };
        }

        var named = string.Join(", ", others.Select(other => $"{other.Name} in {other.Location}"));
        return new Finding
        {
            Code = FindingCodes.ClusterNotFound,
            Resource = resource,
            Cause =
                $"There is no cluster {cluster.Name} in {cluster.Location} of the project {cluster.Project}"
                + (named.Length == 0 ? "." : $"; it has {named}."),
            Fix = $"Correct clusters.{cluster.Key} (project, location, name).",
            Expected = cluster.ResourceName,
        };
    }

    private static bool IsZone(string location) => location.Count(c => c == '-') == 2;
}
