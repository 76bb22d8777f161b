using System.Collections.Immutable;
using Amazon.IdentityManagement.Model;
using Federation.Diagnosis;
using Federation.Findings;
using Federation.Planning;
using Federation.Policies;
using Federation.Resources;

namespace Federation.Aws;

/// <summary>Reads the roles of one account, as far as they are ours.</summary>
internal sealed class RoleReader(RoleCalls roles, IClusterDirectory directory, Mark mark)
{
    public async Task<IReadOnlyList<Observation>> ReadAsync(IReadOnlyList<Role> desired, CancellationToken cancellationToken)
    {
        var account = RoleCalls.AreMany(desired.Count) ? await roles.ReadAccountAsync(withManagedPolicies: false, cancellationToken) : null;
        return await Task.WhenAll(
            desired.Select(async role =>
            {
                var found = account is null ? await ReadByNameAsync(role, cancellationToken) : account.Roles.GetValueOrDefault(role.Name);
                return await ObserveAsync(role, found, cancellationToken);
            })
        );
    }

    private async Task<LiveRoleDetails?> ReadByNameAsync(Role role, CancellationToken cancellationToken)
    {
        if (await roles.GetAsync(role.Name, cancellationToken) is not { } found)
        {
            return null;
        }

        if (role.Existing)
        {
            return new LiveRoleDetails(found, [], []);
        }

        var names = roles.ListPoliciesAsync(role.Name, cancellationToken);
        var attached = roles.ListAttachedPoliciesAsync(role.Name, cancellationToken);
        var register = PolicyRegister.On(found.Tags, mark);
        var concerning = (await names).Where(name => Concerns(role, register, name));
        var documents = await Task.WhenAll(concerning.Select(name => roles.GetPolicyAsync(role.Name, name, cancellationToken)));
        return new LiveRoleDetails(found, [.. documents.OfType<PolicyDetail>()], await attached);
    }

    private async Task<Observation> ObserveAsync(Role role, LiveRoleDetails? found, CancellationToken cancellationToken)
    {
        if (found is null)
        {
            return new Observation(role.Id, Fields: null) { Findings = [.. Oversized(role, role.State.Trust.ToMinifiedJson().Length)] };
        }

        var live = found.Role;
        var register = PolicyRegister.On(live.Tags, mark);
        var ours = role.OurSids(live.Tags, mark);
        var trust = TryParse(live.TrustPolicy);
        var others = trust?.Without(ours);
        var isOurs = mark.IsOn(live.Tags);
        var state = new RoleState
        {
            Path = live.Path,
            Description = live.Description,
            MaxSessionDuration = live.MaxSessionDuration,
            PermissionsBoundary = live.PermissionsBoundary,
            Tags = live
                .Tags.Where(tag => tag.Key.StartsWith(Mark.TagPrefix, StringComparison.Ordinal))
                .ToImmutableSortedDictionary(StringComparer.Ordinal),
            Trust =
                trust is null ? role.State.Trust
                : role.Existing ? Meant(role.State.Trust, trust)
                : Comparable(role.State.Trust, trust, others!, ours),
            UnreadableStatements =
                trust is null || role.Existing ? [] : [.. trust.Only(ours).Unreadable.Select(statement => statement.Sid!)],
            InlinePolicies = found
                .InlinePolicies.Where(policy => Concerns(role, register, policy.PolicyName))
                .ToImmutableSortedDictionary(
                    policy => policy.PolicyName,
                    policy => TryParsePolicy(policy.PolicyDocument),
                    StringComparer.Ordinal
                ),
            ManagedPolicies = [.. found.ManagedPolicies.Where(arn => role.State.ManagedPolicies.Contains(arn) || register.HasManaged(arn))],
        };
        return new RoleObservation(role.Id, role.Existing ? state.TrustFields : state.Fields, state, others)
        {
            Ours = isOurs,
            Findings = role.Existing
                ? []
                :
                [
                    .. Oversized(role, others?.With(role.State.Trust).Length ?? 0),
                    .. Unreadable(role, others),
                    .. Elsewhere(role, live),
                    .. await RecreatedAsync(role, live, cancellationToken),
                ],
        };
    }

    /// <summary>
    /// Our statements of the live policy. Where other statements keep the document at their version, ours cannot have another one,
    /// and the id of the document is not ours to change: neither is a difference.
    /// </summary>
    private static PolicyDocument Comparable(PolicyDocument desired, LiveTrust trust, LiveTrust others, IReadOnlySet<string> ours) =>
        new()
        {
            Version = others.VersionWith(desired) == trust.Version ? desired.Version : trust.Version,
            Id = desired.Id,
            Statements = [.. trust.Only(ours).Readable],
        };

    private static LiveTrust? TryParse(string trust)
    {
        try
        {
            return LiveTrust.Parse(trust);
        }
        catch (PolicyFormatException)
        {
            return null;
        }
    }

    private static PolicyDocument? TryParsePolicy(string policy)
    {
        try
        {
            return PolicyDocument.Parse(policy);
        }
        catch (PolicyFormatException)
        {
            return null;
        }
    }

    /// <summary>A warning for each part of the trust policy that cannot be read: it stays as it is, whatever it does.</summary>
    private static IEnumerable<Finding> Unreadable(Role role, LiveTrust? others) =>
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

    private static Finding UnreadableTrust(Role role, string what, string so) =>
        new()
        {
            Code = FindingCodes.ResourceNotOurs,
            Severity = Severity.Warning,
            Resource = role.Id.Value,
            Cause = $"{what} of the role {role.Name} cannot be read by this tool. {so}",
            Fix = $"Look at it with `aws iam get-role --role-name {role.Name} --query Role.AssumeRolePolicyDocument`.",
        };

    /// <summary>The owner of the role names its statements: what counts is that they mean ours.</summary>
    private static PolicyDocument Meant(PolicyDocument desired, LiveTrust live)
    {
        var statements = live.Readable.Select(Unnamed).ToHashSet(StringComparer.Ordinal);
        return desired with { Statements = [.. desired.Statements.Where(statement => statements.Contains(Unnamed(statement)))] };

        static string Unnamed(PolicyStatement statement) =>
            new PolicyDocument { Statements = [statement with { Sid = null }] }.ToCanonicalJson();
    }

    private static IEnumerable<Finding> Oversized(Role role, int size)
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
                        : $", or raise the quota \"Role trust policy length\" of the account {role.Account.Id} and write it as its trustPolicyLimit."
                ),
            Expected = $"at most {limit}",
            Actual = $"{size}",
        };
    }

    private static IEnumerable<Finding> Elsewhere(Role role, LiveRole live)
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

    /// <summary>The id that the role was made for, against the one the cluster of that name has today.</summary>
    private async Task<IEnumerable<Finding>> RecreatedAsync(Role role, LiveRole live, CancellationToken cancellationToken)
    {
        var tagged = role
            .Clusters.Where(cluster => live.Tags.ContainsKey(Mark.ClusterTag(cluster.Project, cluster.Location, cluster.Name)))
            .ToList();
        if (tagged.Count == 0)
        {
            return [];
        }

        var facts = await directory.ReadClustersAsync(tagged, cancellationToken);
        return tagged
            .Select(cluster =>
                ClusterChecks.Recreated(
                    cluster,
                    facts[cluster.Key].Id,
                    live.Tags[Mark.ClusterTag(cluster.Project, cluster.Location, cluster.Name)],
                    role.Name,
                    role.Id.Value,
                    role.Workloads,
                    role.Adopt
                )
            )
            .OfType<Finding>();
    }

    /// <summary>An inline policy that is configured, or that we put there: any other is somebody else's.</summary>
    private static bool Concerns(Role role, TagRegister register, string policy) =>
        role.State.InlinePolicies.ContainsKey(policy) || register.HasInline(policy);
}
