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
        var register = PolicyRegister.Read(found.Tags);
        var concerning = (await names).Where(name => Concerns(role, register, name));
        var documents = await Task.WhenAll(concerning.Select(name => roles.GetPolicyAsync(role.Name, name, cancellationToken)));
        return new LiveRoleDetails(found, [.. documents.OfType<PolicyDetail>()], await attached);
    }

    private async Task<Observation> ObserveAsync(Role role, LiveRoleDetails? found, CancellationToken cancellationToken)
    {
        if (found is null)
        {
            return new Observation(role.Id, Fields: null) { Findings = [.. Oversized(role, role.State.Trust)] };
        }

        var live = found.Role;
        var register = PolicyRegister.Read(live.Tags);
        var trust = TrustPolicies.Split(PolicyDocument.Parse(live.TrustPolicy), Mark.TrustSidPrefix);
        var combined = TrustPolicies.Combine(role.State.Trust, trust.Others);
        var ours = role.Existing
            ? Meant(role.State.Trust, trust)
            : trust.Ours with
            {
                // Where other statements keep the document at their version, ours have come to rest with it.
                Version = combined.Version == trust.Ours.Version ? role.State.Trust.Version : trust.Ours.Version,
                Id = role.State.Trust.Id,
            };
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
            Trust = ours,
            InlinePolicies = found
                .InlinePolicies.Where(policy => Concerns(role, register, policy.PolicyName))
                .ToImmutableSortedDictionary(
                    policy => policy.PolicyName,
                    policy => PolicyDocument.Parse(policy.PolicyDocument),
                    StringComparer.Ordinal
                ),
            ManagedPolicies = [.. found.ManagedPolicies.Where(arn => role.State.ManagedPolicies.Contains(arn) || register.HasManaged(arn))],
        };
        return new RoleObservation(role.Id, role.Existing ? state.TrustFields : state.Fields, state, trust.Others)
        {
            Ours = isOurs,
            Findings = role.Existing
                ? []
                : [.. Oversized(role, combined), .. Elsewhere(role, live), .. await RecreatedAsync(role, live, cancellationToken)],
        };
    }

    /// <summary>Whoever owns the role has given its statements their own names: what counts is that they mean ours.</summary>
    private static PolicyDocument Meant(PolicyDocument desired, TrustPolicyParts live)
    {
        var statements = live.Ours.Statements.Concat(live.Others.Statements).Select(Unnamed).ToHashSet(StringComparer.Ordinal);
        return desired with { Statements = [.. desired.Statements.Where(statement => statements.Contains(Unnamed(statement)))] };

        static string Unnamed(PolicyStatement statement) =>
            new PolicyDocument { Statements = [statement with { Sid = null }] }.ToCanonicalJson();
    }

    private static IEnumerable<Finding> Oversized(Role role, PolicyDocument trust)
    {
        var size = trust.ToMinifiedJson().Length;
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
                $"The role {role.Name} is at the path {live.Path}, the configuration says {role.State.Path}; the path is part of its ARN, and IAM cannot move a role.",
            Fix = $"Set role.path to {live.Path}, choose another role name, or delete the role and let Apply make it anew.",
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
    private static bool Concerns(Role role, PolicyRegister register, string policy) =>
        role.State.InlinePolicies.ContainsKey(policy) || register.HasInline(policy);
}
