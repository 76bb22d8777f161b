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

    /// <summary>
    /// FED2008 if the role was made for an earlier cluster of this name: its trust would admit the new one's tokens as well.
    /// </summary>
    /// <param name="id">The id of the cluster that has the name now.</param>
    /// <param name="madeFor">The cluster id on the role's tag; null if it has none.</param>
    /// <param name="adopt">The configuration says to trust the new cluster: then it is a warning.</param>
    public static Finding? Recreated(
        Cluster cluster,
        string? id,
        string? madeFor,
        string role,
        string resource,
        IEnumerable<string> workloads,
        bool adopt
    )
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return string.IsNullOrEmpty(id) || string.IsNullOrEmpty(madeFor) || string.Equals(id, madeFor, StringComparison.Ordinal)
            ? null
            : new Finding
            {
                Code = FindingCodes.ClusterRecreated,
                Severity = adopt ? Severity.Warning : Severity.Error,
                Resource = resource,
                Cause =
                    $"The role {role} was made for another cluster named {cluster.ResourceName}: that one had the id {madeFor}, "
                    + $"the current one has {id}. Both have the same issuer, so the role would trust the new cluster like the old one.",
                Fix =
                    $"If the cluster was recreated on purpose, set `adopt: true` on {string.Join(", ", workloads)}, which "
                    + "trusts the new one. If not, find out who created it, and delete the role.",
                Expected = madeFor,
                Actual = id,
            };
    }

    /// <summary>
    /// FED2008 if a role that trusts the cluster does not say for which cluster of this name it was made, and this one is younger
    /// than the role. Every version of this tool wrote that on the roles it marked, before it wrote the trust: so somebody took it
    /// away. A cluster that is older than the role is the one that was there when the role was made.
    /// </summary>
    /// <param name="created">When the cluster that has the name now was created; null: not known.</param>
    /// <param name="roleCreated">When the role was created; null: not known.</param>
    /// <param name="adopt">The configuration says to trust the cluster: then it is a warning.</param>
    public static Finding? Unidentified(
        Cluster cluster,
        DateTimeOffset? created,
        DateTimeOffset? roleCreated,
        string role,
        string resource,
        IEnumerable<string> workloads,
        bool adopt
    )
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return created is not { } since || roleCreated is not { } before || since <= before
            ? null
            : new Finding
            {
                Code = FindingCodes.ClusterRecreated,
                Severity = adopt ? Severity.Warning : Severity.Error,
                Resource = resource,
                Cause =
                    $"The role {role} trusts {cluster.ResourceName}, and the tag {TagOf(cluster)}, which says for which cluster of this "
                    + $"name it was made, is gone. The current cluster was created on {Wording.Moment(since)}, after the role "
                    + $"({Wording.Moment(before)}): whether it is that one, or one recreated under the same name, cannot be told.",
                Fix =
                    $"If the cluster is the one that is meant, set `adopt: true` on {string.Join(", ", workloads)}, or give --adopt once: "
                    + "its id is written on the role again. Find out who removed the tag.",
                Expected = $"the tag {TagOf(cluster)}",
                Actual = "(no tag)",
            };
    }

    private static string TagOf(Cluster cluster) => Mark.ClusterTag(cluster.Project, cluster.Location, cluster.Name);

    private static string IdOf(Cluster cluster) => ResourceId.Google(cluster.Project, ResourceKind.Cluster, cluster.Name).Value;
}
