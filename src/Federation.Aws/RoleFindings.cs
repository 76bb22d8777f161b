using Federation.Diagnosis;
using Federation.Findings;
using Federation.Policies;
using Federation.Resources;

namespace Federation.Aws;

/// <summary>What a plan says about a role beside what differs.</summary>
internal static class RoleFindings
{
    /// <param name="size">The characters that the trust policy would have.</param>
    public static IEnumerable<Finding> Oversized(Role role, int size)
    {
        var limit = role.Account.TrustPolicyLimit;
        if (size <= limit)
        {
            yield break;
        }

        yield return new Finding
        {
            Code = FindingCodes.TrustPolicyTooLarge,
            Severity = size > TrustPolicyQuota.Largest ? Severity.Error : Severity.Warning,
            Resource = role.Id.Value,
            Cause =
                $"The trust policy of {role.Name} would have {size} characters; the account allows {limit} unless its quota was raised, "
                + $"and AWS never more than {TrustPolicyQuota.Largest}. It lists {string.Join(", ", role.Workloads)}.",
            Fix =
                "Give some of these workloads a role of their own"
                + (
                    size > TrustPolicyQuota.Largest
                        ? "."
                        : $", or raise the quota \"Role trust policy length\" of the account {role.Account.Id} and write it as its "
                            + "trustPolicyLimit."
                ),
            Expected = $"at most {limit}",
            Actual = $"{size}",
        };
    }

    /// <summary>A warning where the old statements of a move have no room beside the new ones, so that they go at once.</summary>
    public static IEnumerable<Finding> NoRoom(Role role, RoleObservation live)
    {
        if (live is not { Ours: true, Others: { } others } || role.WithBoth(live) is not { } both || role.MoveFrom(live) is not null)
        {
            yield break;
        }

        var size = others.With(both.Trust).Length;
        yield return new Finding
        {
            Code = FindingCodes.TrustPolicyTooLarge,
            Severity = Severity.Warning,
            Resource = role.Id.Value,
            Cause =
                $"The trust policy of {role.Name} has no room for the old and the new statements of a move beside each other: it would "
                + $"have {size} characters, and the account allows {role.Account.TrustPolicyLimit} unless its quota was raised. So "
                + "the old ones go at once: what still runs under an old identity is refused then.",
            Fix =
                "Move fewer workloads at a time, or give some a role of their own; or raise the quota \"Role trust policy length\" of the "
                + $"account {role.Account.Id} and write it as its trustPolicyLimit.",
            Expected = $"at most {role.Account.TrustPolicyLimit}",
            Actual = $"{size}",
        };
    }

    /// <summary>A warning for each part of the trust policy that cannot be read: it stays as it is, whatever it does.</summary>
    /// <param name="others">The trust policy without our statements; null where it cannot be read.</param>
    public static IEnumerable<Finding> Unreadable(Role role, LiveTrust? others) =>
        others is null
            ? [UnreadableTrust(role, "The trust policy", "It is not changed, and the statements of this federation are not compared.")]
            : others
                .Statements.Select((statement, at) => (statement, at))
                .Where(one => one.statement.Parse() is null)
                .Select(one =>
                    UnreadableTrust(
                        role,
                        $"The statement {one.statement.Sid ?? $"number {one.at + 1}"} of another owner in the trust policy",
                        "It stays as it is."
                    )
                );

    /// <summary>
    /// Who else could assume the role: anyone in a GKE cluster (FED4008), callers of AWS whom nobody named (FED1104). What is
    /// given to the role is given to them too, so nothing is written. A role that is owned elsewhere is for its owner to judge: a
    /// warning.
    /// </summary>
    /// <param name="others">The live trust policy without our statements; null where there is none that can be read.</param>
    public static IEnumerable<Finding> Open(Role role, LiveTrust? others)
    {
        var trust = role.State.Trust with { Statements = [.. others?.Readable ?? [], .. role.State.Trust.Statements] };
        return PolicyLint
            .LiveTrust(trust, role.Name, role.Strict, role.Id.Value)
            .Concat(PolicyLint.OpenToOthers(trust, role.Name, role.Account.Id, role.Id.Value))
            .Select(finding => role.Existing ? finding with { Severity = Severity.Warning } : finding);
    }

    /// <summary>What a role that is taken over may do by its own policies, where that is too much (FED1101).</summary>
    /// <param name="own">Its policies, other than those that are configured.</param>
    public static IEnumerable<Finding> TooBroad(Role role, IEnumerable<NamedPolicy> own) =>
        own.SelectMany(policy => PolicyLint.Permissions(policy.Document, policy.Name, role.Strict))
            .Select(finding => finding with { Resource = role.Id.Value });

    public static IEnumerable<Finding> Elsewhere(Role role, LiveRole live)
    {
        if (live.Path == role.State.Path)
        {
            yield break;
        }

        yield return new Finding
        {
            Code = FindingCodes.RoleArnWrong,
            Resource = role.Id.Value,
            Cause =
                $"The role {role.Name} is at the path {live.Path}, the configuration says {role.State.Path}; the path is part of its ARN, "
                + "and IAM cannot move a role.",
            Fix = $"Set role.path to {live.Path}, choose another role name, or delete the role so that Apply recreates it.",
            Expected = role.State.Path,
            Actual = live.Path,
        };
    }

    /// <summary>
    /// Whether the clusters of today are those that the role was made for, by the ids that it carries; where it is ours, also
    /// whether the id of one that it trusts is gone.
    /// </summary>
    /// <param name="trust">Our statements of the live trust policy; null where it cannot be read.</param>
    /// <param name="facts">Of the role's clusters, by key.</param>
    public static IEnumerable<Finding> Recreated(
        Role role,
        LiveRole live,
        bool isOurs,
        LiveTrust? trust,
        IReadOnlyDictionary<string, ClusterFacts> facts
    ) =>
        role
            .Clusters.Where(cluster => facts.ContainsKey(cluster.Key))
            .Select(cluster =>
                ClusterIdentity.Check(
                    cluster,
                    facts[cluster.Key],
                    role.Account.ProviderArn(cluster),
                    new RoleOfCluster(
                        role.Name,
                        role.Id.Value,
                        live.Tags,
                        live.Created,
                        isOurs ? trust?.Readable ?? [] : [],
                        role.Workloads,
                        role.Adopt
                    )
                )
            )
            .OfType<Finding>();

    private static Finding UnreadableTrust(Role role, string what, string so) =>
        new()
        {
            Code = FindingCodes.ResourceNotOurs,
            Severity = Severity.Warning,
            Resource = role.Id.Value,
            Cause = $"{what} of the role {role.Name} cannot be read by this tool. {so}",
            Fix = $"Look at it with `aws iam get-role --role-name {role.Name} --query Role.AssumeRolePolicyDocument`.",
        };
}
