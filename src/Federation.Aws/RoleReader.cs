using System.Collections.Concurrent;
using Amazon.IdentityManagement;
using Amazon.IdentityManagement.Model;
using Federation.Calls;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Resources;

namespace Federation.Aws;

/// <summary>
/// Reads the roles of one account with their policies, for planning and for diagnosis: a few by name, many with the whole
/// account. Each is read once in a run until it is written; IAM's answers lag behind writes, so from then on it is read
/// whenever it is asked for.
/// </summary>
internal sealed class RoleReader
{
    private const int DefaultSessionDuration = 3600;

    /// <summary>Up to so many roles are read by name, four calls or so each; more of them with the account, in a call per page.</summary>
    private const int ReadByName = 16;

    /// <summary>The largest page of a listing (IAM API reference, <c>MaxItems</c>).</summary>
    private const int LargestPage = 1000;

    private readonly AwsAccount _account;
    private readonly Readings<string, LiveRole> _roles;
    private readonly Readings<string, string> _managedPolicies;

    /// <summary>The ids of the roles that this run deleted, which a listing may still have.</summary>
    private readonly ConcurrentDictionary<string, bool> _deleted = new(StringComparer.Ordinal);

    public RoleReader(AwsAccount account)
    {
        _account = account;
        _roles = new((name, cancellationToken) => ReadAsync(name, justMade: false, cancellationToken), StringComparer.OrdinalIgnoreCase);
        _managedPolicies = new(ReadManagedPolicyAsync, StringComparer.Ordinal);
    }

    /// <summary>Reads roles by whichever way takes fewer calls.</summary>
    /// <returns>By the role's name, ignoring case as IAM does.</returns>
    public async Task<IReadOnlyDictionary<string, Reading<LiveRole>>> ReadAsync(
        IEnumerable<string> names,
        CancellationToken cancellationToken
    )
    {
        var wanted = names.Distinct(StringComparer.OrdinalIgnoreCase).ToArray();
        var all =
            wanted.Count(name => _roles.Known(name) is null) > ReadByName
                ? await Reading.TryAsync<IReadOnlyDictionary<string, LiveRole>>(async () => await ReadAllAsync(cancellationToken))
                : null;
        var read = await Task.WhenAll(
            wanted.Select(async name =>
                KeyValuePair.Create(
                    name,
                    all is null || _roles.Known(name) is not null
                        ? await Reading.TryAsync(() => FindAsync(name, cancellationToken))
                        : new Reading<LiveRole> { Found = all.Found?.GetValueOrDefault(name), Refused = all.Refused }
                )
            )
        );
        return read.ToDictionary(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The role with its policies; null if there is none.</summary>
    /// <exception cref="FindingException">It could not be read. That a policy could not be read is part of the answer.</exception>
    public async Task<LiveRole?> FindAsync(string name, CancellationToken cancellationToken)
    {
        var role = await _roles.GetAsync(name, cancellationToken);
        if (role is { IsWhole: false })
        {
            _roles.Forget(name);
        }

        return role;
    }

    /// <summary>The role, with its policies, that was created a moment ago; null if it does not become visible.</summary>
    /// <exception cref="FindingException">It could not be read. That a policy could not be read is part of the answer.</exception>
    public Task<LiveRole?> FindCreatedAsync(string name, CancellationToken cancellationToken) =>
        ReadAsync(name, justMade: true, cancellationToken);

    /// <summary>The role without its policies, as IAM has it now; null if there is none.</summary>
    /// <exception cref="FindingException">It could not be read.</exception>
    public async Task<LiveRole?> GetAsync(string name, CancellationToken cancellationToken, bool justMade = false)
    {
        var found = await _account.FindAsync(
            "iam:GetRole",
            IdOf(name),
            (iam, token) => iam.GetRoleAsync(new() { RoleName = name }, token),
            cancellationToken,
            justMade
        );
        return found is { Role: var role } ? Live(role, role.PermissionsBoundary, role.Tags) : null;
    }

    /// <summary>Every role of the account with its policies, by name. The customer's managed policies are read with them.</summary>
    /// <exception cref="FindingException">They could not be read.</exception>
    public async Task<IReadOnlyDictionary<string, LiveRole>> ReadAllAsync(CancellationToken cancellationToken)
    {
        List<string> filter = [EntityType.Role, EntityType.LocalManagedPolicy];
        var details = _account.ListAsync(
            "iam:GetAccountAuthorizationDetails",
            resource: null,
            (iam, marker, token) =>
                iam.GetAccountAuthorizationDetailsAsync(
                    new()
                    {
                        Filter = filter,
                        MaxItems = LargestPage,
                        Marker = marker,
                    },
                    token
                ),
            page => new[] { page },
            page => page.Marker,
            cancellationToken
        );
        // Only this listing tells descriptions and session durations.
        var list = ListAsync(cancellationToken);
        await Task.WhenAll(details, list);
        var listed = (await list).ToDictionary(role => role.RoleName, StringComparer.OrdinalIgnoreCase);
        var roles = (await details)
            .SelectMany(page => page.RoleDetailList ?? [])
            .Where(detail => listed.ContainsKey(detail.RoleName))
            .ToDictionary(
                detail => detail.RoleName,
                detail =>
                    Live(listed[detail.RoleName], detail.PermissionsBoundary, detail.Tags) with
                    {
                        InlinePolicies = Reading.Of<IReadOnlyList<LivePolicy>>([
                            .. (detail.RolePolicyList ?? []).Select(policy => new LivePolicy(
                                policy.PolicyName,
                                Reading.Of(Text(policy.PolicyDocument))
                            )),
                        ]),
                        ManagedPolicies = Reading.Of<IReadOnlyList<string>>([
                            .. (detail.AttachedManagedPolicies ?? []).Select(policy => policy.PolicyArn),
                        ]),
                    },
                StringComparer.OrdinalIgnoreCase
            );
        foreach (var (name, role) in roles)
        {
            _roles.Set(name, role);
        }

        foreach (var policy in (await details).SelectMany(page => page.Policies ?? []))
        {
            if (policy.PolicyVersionList?.Find(version => version.IsDefaultVersion == true)?.Document is { } document)
            {
                _managedPolicies.Set(policy.Arn, Text(document));
            }
        }

        return roles;
    }

    /// <summary>The document of a managed policy's default version; null if there is no such policy.</summary>
    /// <exception cref="FindingException">It could not be read.</exception>
    public Task<string?> FindManagedPolicyAsync(string arn, CancellationToken cancellationToken) =>
        _managedPolicies.GetAsync(arn, cancellationToken);

    /// <summary>The names of the instance profiles that hold the role.</summary>
    /// <exception cref="FindingException">They could not be listed.</exception>
    public Task<IReadOnlyList<string>> ListInstanceProfilesAsync(string name, CancellationToken cancellationToken) =>
        _account.ListAsync(
            "iam:ListInstanceProfilesForRole",
            IdOf(name),
            (iam, marker, token) => iam.ListInstanceProfilesForRoleAsync(new() { RoleName = name, Marker = marker }, token),
            page => page.InstanceProfiles?.Select(profile => profile.InstanceProfileName),
            page => page.Marker,
            cancellationToken
        );

    /// <summary>
    /// The names of all roles in the account whose trust policy names the provider, whether or not they are this federation's.
    /// </summary>
    /// <exception cref="FindingException">The roles could not be listed.</exception>
    public async Task<IReadOnlyList<string>> ListTrustingAsync(string providerArn, CancellationToken cancellationToken) =>
        [
            .. (await ListAsync(cancellationToken))
                .Where(role =>
                    !_deleted.ContainsKey(role.RoleId ?? "") && ProviderArn.IsIn(Text(role.AssumeRolePolicyDocument), providerArn)
                )
                .Select(role => role.RoleName),
        ];

    /// <summary>To be called before the role is written.</summary>
    public void WillWrite(string name) => _roles.ReadEachTime(name);

    /// <summary>To be called after the role was deleted.</summary>
    public void HasDeleted(LiveRole role) => _deleted[role.Id] = true;

    private async Task<LiveRole?> ReadAsync(string name, bool justMade, CancellationToken cancellationToken)
    {
        if (await GetAsync(name, cancellationToken, justMade) is not { } role)
        {
            return null;
        }

        var inline = ReadInlinePoliciesAsync(name, cancellationToken);
        var managed = Reading.TryAsync<IReadOnlyList<string>>(async () => await ListAttachedPoliciesAsync(name, cancellationToken));
        return role with { InlinePolicies = await inline, ManagedPolicies = await managed };
    }

    private async Task<Reading<IReadOnlyList<LivePolicy>>> ReadInlinePoliciesAsync(string name, CancellationToken cancellationToken)
    {
        var names = await Reading.TryAsync<IReadOnlyList<string>>(async () => await ListInlinePoliciesAsync(name, cancellationToken));
        return names.Found is not { } found
            ? new() { Refused = names.Refused }
            : Reading.Of<IReadOnlyList<LivePolicy>>(
                await Task.WhenAll(
                    found.Select(async policy => new LivePolicy(
                        policy,
                        await Reading.TryAsync(() => GetInlinePolicyAsync(name, policy, cancellationToken))
                    ))
                )
            );
    }

    private Task<IReadOnlyList<string>> ListInlinePoliciesAsync(string name, CancellationToken cancellationToken) =>
        _account.ListAsync(
            "iam:ListRolePolicies",
            IdOf(name),
            (iam, marker, token) => iam.ListRolePoliciesAsync(new() { RoleName = name, Marker = marker }, token),
            page => page.PolicyNames,
            page => page.Marker,
            cancellationToken
        );

    private Task<IReadOnlyList<string>> ListAttachedPoliciesAsync(string name, CancellationToken cancellationToken) =>
        _account.ListAsync(
            "iam:ListAttachedRolePolicies",
            IdOf(name),
            (iam, marker, token) => iam.ListAttachedRolePoliciesAsync(new() { RoleName = name, Marker = marker }, token),
            page => page.AttachedPolicies?.Select(policy => policy.PolicyArn),
            page => page.Marker,
            cancellationToken
        );

    private async Task<string?> GetInlinePolicyAsync(string name, string policy, CancellationToken cancellationToken)
    {
        var read = await _account.FindAsync(
            "iam:GetRolePolicy",
            IdOf(name),
            (iam, token) => iam.GetRolePolicyAsync(new() { RoleName = name, PolicyName = policy }, token),
            cancellationToken
        );
        return read is null ? null : Text(read.PolicyDocument);
    }

    private async Task<string?> ReadManagedPolicyAsync(string arn, CancellationToken cancellationToken)
    {
        const string Mark = ":policy/";
        var id = ResourceId.Aws(
            _account.Account.Id,
            ResourceKind.Policy,
            arn[(arn.IndexOf(Mark, StringComparison.Ordinal) + Mark.Length)..]
        );
        var policy = await _account.FindAsync(
            "iam:GetPolicy",
            id,
            (iam, token) => iam.GetPolicyAsync(new() { PolicyArn = arn }, token),
            cancellationToken
        );
        if (policy is null)
        {
            return null;
        }

        var request = new GetPolicyVersionRequest { PolicyArn = arn, VersionId = policy.Policy.DefaultVersionId };
        var version = await _account.FindAsync(
            "iam:GetPolicyVersion",
            id,
            (iam, token) => iam.GetPolicyVersionAsync(request, token),
            cancellationToken
        );
        return version is null ? null : Text(version.PolicyVersion.Document);
    }

    private Task<IReadOnlyList<Amazon.IdentityManagement.Model.Role>> ListAsync(CancellationToken cancellationToken) =>
        _account.ListAsync(
            "iam:ListRoles",
            resource: null,
            (iam, marker, token) => iam.ListRolesAsync(new ListRolesRequest { MaxItems = LargestPage, Marker = marker }, token),
            page => page.Roles,
            page => page.Marker,
            cancellationToken
        );

    private ResourceId IdOf(string name) => ResourceId.Aws(_account.Account.Id, ResourceKind.Role, name);

    private static LiveRole Live(
        Amazon.IdentityManagement.Model.Role role,
        AttachedPermissionsBoundary? boundary,
        IEnumerable<Tag>? tags
    ) =>
        new()
        {
            Id = role.RoleId ?? "",
            Name = role.RoleName,
            Arn = role.Arn,
            Created = role.CreateDate is { } at ? new DateTimeOffset(at.ToUniversalTime()) : null,
            Path = role.Path,
            Description = role.Description ?? "",
            MaxSessionDuration = role.MaxSessionDuration ?? DefaultSessionDuration,
            PermissionsBoundary = boundary?.PermissionsBoundaryArn,
            Tags = IamTags.Of(tags),
            TrustPolicy = Text(role.AssumeRolePolicyDocument),
        };

    /// <summary>IAM returns documents URL-encoded (RFC 3986).</summary>
    private static string Text(string document) => document.StartsWith('%') ? Uri.UnescapeDataString(document) : document;
}
