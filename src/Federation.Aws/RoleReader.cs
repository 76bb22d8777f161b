using System.Collections.Immutable;
using Amazon.IdentityManagement;
using Amazon.IdentityManagement.Model;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Planning;
using Federation.Policies;

namespace Federation.Aws;

/// <summary>Reads the roles of one account: a few by name, many by reading the account.</summary>
internal sealed class RoleReader(AwsCalls calls, IAmazonIdentityManagementService iam, IClusterDirectory directory, Mark mark)
{
    /// <summary>Up to so many roles are read by name, four calls or so each; more of them with the whole account, in a call per page.</summary>
    private const int ReadByName = 16;

    /// <summary>IAM's quotas for a trust policy, white space not counted: the default, and the most that can be asked for.</summary>
    private const int TrustQuota = 2048;
    private const int LargestTrustQuota = 4096;

    public async Task<IReadOnlyList<Observation>> ReadAsync(Account account, IReadOnlyList<Role> roles, CancellationToken cancellationToken)
    {
        var found = await (roles.Count > ReadByName ? ReadAccountAsync(account, roles, cancellationToken) : ReadByNameAsync(roles, cancellationToken));
        return await Task.WhenAll(roles.Select(role => ObserveAsync(role, found.GetValueOrDefault(role.Id), cancellationToken)));
    }

    private async Task<IReadOnlyDictionary<ResourceId, Live>> ReadByNameAsync(IReadOnlyList<Role> roles, CancellationToken cancellationToken)
    {
        var live = await Task.WhenAll(roles.Select(async role => (role.Id, Live: await ReadByNameAsync(role, cancellationToken))));
        return live.Where(read => read.Live is not null).ToDictionary(read => read.Id, read => read.Live!);
    }

    private async Task<Live?> ReadByNameAsync(Role role, CancellationToken cancellationToken)
    {
        var found = await calls.FindAsync(role.Account, "iam:GetRole", role.Id, token => iam.GetRoleAsync(new() { RoleName = role.Name }, token), cancellationToken);
        if (found is null)
            return null;

        var live = new Live(found.Role.Path, found.Role.Description, found.Role.MaxSessionDuration, found.Role.PermissionsBoundary, found.Role.Tags, found.Role.AssumeRolePolicyDocument);
        if (role.Existing)
            return live;

        var names = calls.ListAsync(
            role.Account,
            "iam:ListRolePolicies",
            role.Id,
            (marker, token) => iam.ListRolePoliciesAsync(new() { RoleName = role.Name, Marker = marker }, token),
            page => page.PolicyNames,
            page => page.Marker,
            cancellationToken);
        var attached = calls.ListAsync(
            role.Account,
            "iam:ListAttachedRolePolicies",
            role.Id,
            (marker, token) => iam.ListAttachedRolePoliciesAsync(new() { RoleName = role.Name, Marker = marker }, token),
            page => page.AttachedPolicies,
            page => page.Marker,
            cancellationToken);
        var concerning = (await names).Where(name => live.Concerns(role, name));
        var documents = await Task.WhenAll(concerning.Select(name => ReadPolicyAsync(role, name, cancellationToken)));
        return live with
        {
            InlinePolicies = [.. documents.OfType<PolicyDetail>()],
            ManagedPolicies = [.. (await attached).Select(policy => policy.PolicyArn)],
        };
    }

    private async Task<PolicyDetail?> ReadPolicyAsync(Role role, string name, CancellationToken cancellationToken)
    {
        var read = await calls.FindAsync(role.Account, "iam:GetRolePolicy", role.Id, token => iam.GetRolePolicyAsync(new() { RoleName = role.Name, PolicyName = name }, token), cancellationToken);
        return read is null ? null : new PolicyDetail { PolicyName = name, PolicyDocument = read.PolicyDocument };
    }

    /// <summary>The account's authorization details, and its list of roles: only the latter tells descriptions and session durations.</summary>
    private async Task<IReadOnlyDictionary<ResourceId, Live>> ReadAccountAsync(Account account, IReadOnlyList<Role> roles, CancellationToken cancellationToken)
    {
        const int Page = 1000;
        var details = calls.ListAsync(
            account,
            "iam:GetAccountAuthorizationDetails",
            resource: null,
            (marker, token) => iam.GetAccountAuthorizationDetailsAsync(new() { Filter = [EntityType.Role], MaxItems = Page, Marker = marker }, token),
            page => page.RoleDetailList,
            page => page.Marker,
            cancellationToken);
        var list = calls.ListAsync(
            account,
            "iam:ListRoles",
            resource: null,
            (marker, token) => iam.ListRolesAsync(new ListRolesRequest { MaxItems = Page, Marker = marker }, token),
            page => page.Roles,
            page => page.Marker,
            cancellationToken);
        await Task.WhenAll(details, list);
        var byName = (await details).ToDictionary(detail => detail.RoleName, StringComparer.OrdinalIgnoreCase);
        var listed = (await list).ToDictionary(role => role.RoleName, StringComparer.OrdinalIgnoreCase);
        return roles.Where(role => byName.ContainsKey(role.Name) && listed.ContainsKey(role.Name)).ToDictionary(role => role.Id, role =>
        {
            var (detail, entry) = (byName[role.Name], listed[role.Name]);
            return new Live(detail.Path, entry.Description, entry.MaxSessionDuration, detail.PermissionsBoundary, detail.Tags, detail.AssumeRolePolicyDocument)
            {
                InlinePolicies = detail.RolePolicyList ?? [],
                ManagedPolicies = [.. (detail.AttachedManagedPolicies ?? []).Select(policy => policy.PolicyArn)],
            };
        });
    }

    private async Task<Observation> ObserveAsync(Role role, Live? live, CancellationToken cancellationToken)
    {
        if (live is null)
            return new Observation(role.Id, Fields: null) { Findings = [.. Oversized(role, role.State.Trust)] };

        var trust = TrustPolicies.Split(PolicyDocument.Parse(Text(live.Trust)), Mark.TrustSidPrefix);
        var combined = TrustPolicies.Combine(role.State.Trust, trust.Others);
        var ours = role.Existing ? Meant(role.State.Trust, trust) : trust.Ours with
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
            Tags = live.Tags.Where(tag => tag.Key.StartsWith(Mark.TagPrefix, StringComparison.Ordinal)).ToImmutableSortedDictionary(StringComparer.Ordinal),
            Trust = ours,
            InlinePolicies = live.InlinePolicies
                .Where(policy => live.Concerns(role, policy.PolicyName))
                .ToImmutableSortedDictionary(policy => policy.PolicyName, policy => PolicyDocument.Parse(Text(policy.PolicyDocument)), StringComparer.Ordinal),
            ManagedPolicies = [.. live.ManagedPolicies.Where(arn => role.State.ManagedPolicies.Contains(arn) || live.Register.HasManaged(arn))],
        };
        return new RoleObservation(role.Id, role.Existing ? state.TrustFields : state.Fields, state, trust.Others)
        {
            Ours = isOurs,
            Findings = role.Existing ? [] : [.. Oversized(role, combined), .. Elsewhere(role, live), .. await RecreatedAsync(role, live, cancellationToken)],
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
        if (size <= TrustQuota)
            yield break;

        yield return new Finding
        {
            Code = FindingCodes.TrustPolicyTooLarge,
            Severity = size > LargestTrustQuota ? Severity.Error : Severity.Warning,
            Resource = role.Id.Value,
            Cause = $"The trust policy of {role.Name} would have {size} characters; an account allows {TrustQuota} unless its quota was raised, and never more than {LargestTrustQuota}. It lists {string.Join(", ", role.Workloads)}.",
            Fix = $"Give some of these workloads a role of their own{(size > LargestTrustQuota ? "" : $", or raise the quota \"Role trust policy length\" of the account {role.Account.Id}")}.",
            Expected = $"at most {TrustQuota}",
            Actual = $"{size}",
        };
    }

    private static IEnumerable<Finding> Elsewhere(Role role, Live live)
    {
        if (live.Path == role.State.Path)
            yield break;

        yield return new Finding
        {
            Code = FindingCodes.RoleArnWrong,
            Resource = role.Id.Value,
            Cause = $"The role {role.Name} is at the path {live.Path}, the configuration says {role.State.Path}; the path is part of its ARN, and IAM cannot move a role.",
            Fix = $"Set role.path to {live.Path}, choose another role name, or delete the role and let Apply make it anew.",
            Expected = role.State.Path,
            Actual = live.Path,
        };
    }

    /// <summary>The id that the role was made for, against the one the cluster of that name has today.</summary>
    private async Task<IEnumerable<Finding>> RecreatedAsync(Role role, Live live, CancellationToken cancellationToken)
    {
        var tagged = role.Clusters.Where(cluster => live.Tags.ContainsKey(Mark.ClusterTag(cluster))).ToList();
        if (tagged.Count == 0)
            return [];

        var facts = await directory.ReadClustersAsync(tagged, cancellationToken);
        return tagged
            .Select(cluster => (Cluster: cluster, Was: live.Tags[Mark.ClusterTag(cluster)], Is: facts[cluster.Key].Id))
            .Where(id => id.Is.Length > 0 && id.Is != id.Was)
            .Select(id => new Finding
            {
                Code = FindingCodes.ClusterRecreated,
                Severity = role.Adopt ? Severity.Warning : Severity.Error,
                Resource = role.Id.Value,
                Cause = $"The role {role.Name} was made for another cluster named {id.Cluster.ResourceName}: that one had the id {id.Was}, today's has {id.Is}. Both have the same issuer, so whoever runs the new cluster would be trusted as the old one was.",
                Fix = $"If the cluster was made again on purpose, say so with `adopt: true` on {string.Join(", ", role.Workloads)} (or --adopt), which trusts the new one; if not, find out who made it, and take the role away.",
                Expected = id.Was,
                Actual = id.Is,
            });
    }

    /// <summary>IAM returns documents URL-encoded (RFC 3986).</summary>
    private static string Text(string document) => document.StartsWith('%') ? Uri.UnescapeDataString(document) : document;

    /// <summary>A role as read, by whichever way.</summary>
    private sealed record Live(string Path, string Description, int MaxSessionDuration, string? PermissionsBoundary, ImmutableSortedDictionary<string, string> Tags, string Trust)
    {
        private const int DefaultSessionDuration = 3600;

        public Live(string path, string? description, int? maxSessionDuration, AttachedPermissionsBoundary? boundary, IEnumerable<Tag>? tags, string trust)
            : this(path, description ?? "", maxSessionDuration ?? DefaultSessionDuration, boundary?.PermissionsBoundaryArn, IamTags.Of(tags), trust) { }

        public IReadOnlyList<PolicyDetail> InlinePolicies { get; init; } = [];

        public IReadOnlyList<string> ManagedPolicies { get; init; } = [];

        public PolicyRegister Register { get; } = PolicyRegister.Read(Tags);

        /// <summary>An inline policy that is configured, or that we put there: any other is somebody else's.</summary>
        public bool Concerns(Role role, string policy) => role.State.InlinePolicies.ContainsKey(policy) || Register.HasInline(policy);
    }
}
