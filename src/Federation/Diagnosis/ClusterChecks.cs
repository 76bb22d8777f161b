using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;

namespace Federation.Diagnosis;

/// <summary>What a cluster's own state means for the workloads on it.</summary>
public static class ClusterChecks
{
    /// <summary>FED2007 unless the cluster is running; a warning if it is reconciling or degraded, since it still serves then.</summary>
    public static Finding? Serving(Cluster cluster, ClusterFacts facts)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(facts);
        var serves = facts.Status is "RECONCILING" or "DEGRADED";
        return facts.Status == "RUNNING"
            ? null
            : new Finding
            {
                Code = FindingCodes.ClusterNotRunning,
                Severity = serves ? Severity.Warning : Severity.Error,
                Resource = IdOf(cluster),
                Cause =
                    $"The cluster {cluster.Key} ({cluster.ResourceName}) is "
                    + $"{facts.Status}{(serves ? "; it still serves, but may answer slowly" : "")}.",
                Fix =
                    $"Wait until it is RUNNING. This shows why it is not: gcloud container clusters describe {cluster.Name} "
                    + $"--location {cluster.Location} --project {cluster.Project}",
                Expected = "RUNNING",
                Actual = facts.Status,
            };
    }

    /// <summary>FED2002 if Workload Identity is off and a workload has a Google service account; the others do not need it.</summary>
    public static Finding? WorkloadIdentity(Cluster cluster, ClusterFacts facts, IEnumerable<Workload> workloads)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(facts);
        var needing = workloads
            .Where(workload => workload.GoogleServiceAccount is not null || workload.Identity == IdentityKind.Google)
            .Select(workload => workload.Name)
            .ToArray();
        if (needing.Length == 0)
        {
            return null;
        }

        if (facts.WorkloadPool != cluster.WorkloadPool)
        {
            return new Finding
            {
                Code = FindingCodes.WorkloadIdentityDisabled,
                Resource = IdOf(cluster),
                Cause =
                    $"The cluster {cluster.Key} ({cluster.ResourceName}) "
                    + $"{(string.IsNullOrEmpty(facts.WorkloadPool) ? "has no workload pool" : "has another workload pool")}, and "
                    + $"{string.Join(", ", needing)} needs one for its Google service account.",
                Fix =
                    "Leave googleServiceAccount out, which AWS does not need, or: gcloud container clusters update "
                    + $"{cluster.Name} --location {cluster.Location} --project {cluster.Project} --workload-pool "
                    + cluster.WorkloadPool,
                Expected = cluster.WorkloadPool,
                Actual = string.IsNullOrEmpty(facts.WorkloadPool) ? "(none)" : facts.WorkloadPool,
            };
        }

        return facts.PoolsWithoutWorkloadIdentity is not [var pool, ..] pools
            ? null
            : new Finding
            {
                Code = FindingCodes.WorkloadIdentityDisabled,
                // Pods may run on the cluster's other node pools.
                Severity = Severity.Warning,
                Resource = IdOf(cluster),
                Cause =
                    $"Pods on the node pool{(pools.Count == 1 ? "" : "s")} {string.Join(", ", pools)} of the cluster "
                    + $"{cluster.Key} get the node's own metadata server, which does not know the Google service account of "
                    + $"{string.Join(", ", needing)}.",
                Fix =
                    $"gcloud container node-pools update {pool} --cluster {cluster.Name} --location {cluster.Location} "
                    + $"--project {cluster.Project} --workload-metadata GKE_METADATA",
                Expected = "GKE_METADATA",
                Actual = "GCE_METADATA",
            };
    }

    private static string IdOf(Cluster cluster) => ResourceId.Google(cluster.Project, ResourceKind.Cluster, cluster.Name).Value;
}
