using Federation.Configuration;
using Federation.Findings;
using Federation.Policies;
using Federation.Resources;

namespace Federation.Diagnosis;

/// <summary>A live role, as far as it says for which cluster it was made.</summary>
/// <param name="Id">Its resource id.</param>
/// <param name="Created">Null: not known.</param>
/// <param name="Ours">The statements of its trust policy that this federation wrote; none where the role is not its own.</param>
/// <param name="Workloads">The workloads that are to assume it.</param>
/// <param name="Adopt">The configuration says to trust the cluster of today: then what is found is a warning.</param>
public sealed record RoleOfCluster(
    string Name,
    string Id,
    IReadOnlyDictionary<string, string> Tags,
    DateTimeOffset? Created,
    IEnumerable<PolicyStatement> Ours,
    IReadOnlyList<string> Workloads,
    bool Adopt
);

/// <summary>
/// Whether the cluster that has a name today is the one that a role was made for: one that was recreated has the same issuer, and
/// the old trust would admit its tokens.
/// </summary>
public static class ClusterIdentity
{
    /// <summary>
    /// FED2008 if it is another one, by the id that the role carries; or if that id is gone, and the cluster is younger than the role.
    /// </summary>
    /// <param name="facts">Of the cluster that has the name today.</param>
    /// <param name="provider">The ARN of the cluster's provider in the role's account.</param>
    public static Finding? Check(Cluster cluster, ClusterFacts facts, string provider, RoleOfCluster role)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(role);
        var tag = Mark.ClusterTag(cluster.Project, cluster.Location, cluster.Name);
        return role.Tags.TryGetValue(tag, out var madeFor) ? Recreated(cluster, facts.Id, madeFor, role)
            : role.Ours.Any(statement => Trusts(statement, provider)) ? Unidentified(cluster, facts.Created, tag, role)
            : null;
    }

    private static Finding? Recreated(Cluster cluster, string id, string madeFor, RoleOfCluster role) =>
        id.Length == 0 || madeFor.Length == 0 || string.Equals(id, madeFor, StringComparison.Ordinal)
            ? null
            : Found(
                role,
                $"The role {role.Name} was made for another cluster named {cluster.ResourceName}: that one had the id {madeFor}, "
                    + $"the current one has {id}. Both have the same issuer, so the role would trust the new cluster like the old one.",
                $"If the cluster was recreated on purpose, set `adopt: true` on {string.Join(", ", role.Workloads)}, which "
                    + "trusts the new one. If not, find out who created it, and delete the role.",
                madeFor,
                id
            );

    /// <summary>
    /// Every version of this tool wrote the id on the roles it marked, before it wrote the trust: so somebody took it away. A cluster
    /// that is older than the role is the one that was there when the role was made.
    /// </summary>
    private static Finding? Unidentified(Cluster cluster, DateTimeOffset? created, string tag, RoleOfCluster role) =>
        created is not { } since || role.Created is not { } before || since <= before
            ? null
            : Found(
                role,
                $"The role {role.Name} trusts {cluster.ResourceName}, and the tag {tag}, which says for which cluster of this "
                    + $"name it was made, is gone. The current cluster was created on {Wording.Moment(since)}, after the role "
                    + $"({Wording.Moment(before)}): whether it is that one, or one recreated under the same name, cannot be told.",
                $"If the cluster is the one that is meant, set `adopt: true` on {string.Join(", ", role.Workloads)}, or give --adopt once: "
                    + "its id is written on the role again. Find out who removed the tag.",
                $"the tag {tag}",
                "(no tag)"
            );

    private static bool Trusts(PolicyStatement statement, string provider) =>
        statement.Principals?.GetValueOrDefault("Federated")?.Contains(provider, StringComparer.Ordinal) == true;

    private static Finding Found(RoleOfCluster role, string cause, string fix, string expected, string actual) =>
        new()
        {
            Code = FindingCodes.ClusterRecreated,
            Severity = role.Adopt ? Severity.Warning : Severity.Error,
            Resource = role.Id,
            Cause = cause,
            Fix = fix,
            Expected = expected,
            Actual = actual,
        };
}
