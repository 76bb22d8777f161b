using System.Collections.Immutable;
using Amazon.IdentityManagement;
using Amazon.IdentityManagement.Model;
using Federation.Resources;

namespace Federation.Aws;

/// <summary>A role as IAM has it.</summary>
internal sealed record LiveRole(
    string Arn,
    DateTimeOffset? Created,
    string Path,
    string Description,
    int MaxSessionDuration,
    string? PermissionsBoundary,
    ImmutableSortedDictionary<string, string> Tags,
    string TrustPolicy
);

/// <summary>A role that was read with its account.</summary>
/// <param name="ManagedPolicies">The ARNs of the attached ones.</param>
internal sealed record LiveRoleDetails(LiveRole Role, IReadOnlyList<PolicyDetail> InlinePolicies, IReadOnlyList<string> ManagedPolicies);

/// <summary>The roles of an account, read as a whole.</summary>
/// <param name="Roles">By name; IAM's are unique ignoring case.</param>
/// <param name="ManagedPolicies">The documents of the managed policies that were asked for, by ARN.</param>
internal sealed record AccountRoles(
    IReadOnlyDictionary<string, LiveRoleDetails> Roles,
    IReadOnlyDictionary<string, string> ManagedPolicies
);

/// <summary>The calls that read roles: a few by name, many with their account.</summary>
internal sealed class RoleCalls(AwsAccount account)
{
    private const int DefaultSessionDuration = 3600;

    /// <summary>Up to so many roles are read by name, four calls or so each; more of them with the whole account, in a call per page.</summary>
    private const int ReadByName = 16;

    public static bool AreMany(int roles) => roles > ReadByName;

    public async Task<LiveRole?> GetAsync(string name, CancellationToken cancellationToken)
    {
        var found = await account.FindAsync(
            "iam:GetRole",
            IdOf(name),
            (iam, token) => iam.GetRoleAsync(new() { RoleName = name }, token),
            cancellationToken
        );
        return found?.Role is { } role
            ? Live(role.Arn, role.CreateDate, role.Path, role, role.PermissionsBoundary, role.Tags, role.AssumeRolePolicyDocument)
            : null;
    }

    /// <summary>The names of its inline policies.</summary>
    public Task<IReadOnlyList<string>> ListPoliciesAsync(string name, CancellationToken cancellationToken) =>
        account.ListAsync(
            "iam:ListRolePolicies",
            IdOf(name),
            (iam, marker, token) => iam.ListRolePoliciesAsync(new() { RoleName = name, Marker = marker }, token),
            page => page.PolicyNames,
            page => page.Marker,
            cancellationToken
        );

    /// <summary>The ARNs of its managed policies.</summary>
    public Task<IReadOnlyList<string>> ListAttachedPoliciesAsync(string name, CancellationToken cancellationToken) =>
        account.ListAsync(
            "iam:ListAttachedRolePolicies",
            IdOf(name),
            (iam, marker, token) => iam.ListAttachedRolePoliciesAsync(new() { RoleName = name, Marker = marker }, token),
            page => page.AttachedPolicies?.Select(policy => policy.PolicyArn),
            page => page.Marker,
            cancellationToken
        );

    public async Task<PolicyDetail?> GetPolicyAsync(string name, string policy, CancellationToken cancellationToken)
    {
        var read = await account.FindAsync(
            "iam:GetRolePolicy",
            IdOf(name),
            (iam, token) => iam.GetRolePolicyAsync(new() { RoleName = name, PolicyName = policy }, token),
            cancellationToken
        );
        return read is null ? null : Policy(policy, read.PolicyDocument);
    }

    /// <summary>The account's authorization details, and its list of roles: only the latter tells descriptions and session durations.</summary>
    /// <param name="withManagedPolicies">The customer's managed policies come along with their documents.</param>
    public async Task<AccountRoles> ReadAccountAsync(bool withManagedPolicies, CancellationToken cancellationToken)
    {
        const int Page = 1000;
        List<string> filter = withManagedPolicies ? [EntityType.Role, EntityType.LocalManagedPolicy] : [EntityType.Role];
        var details = account.ListAsync(
            "iam:GetAccountAuthorizationDetails",
            resource: null,
            (iam, marker, token) =>
                iam.GetAccountAuthorizationDetailsAsync(
                    new()
                    {
                        Filter = filter,
                        MaxItems = Page,
                        Marker = marker,
                    },
                    token
                ),
            page => new[] { page },
            page => page.Marker,
            cancellationToken
        );
        var list = account.ListAsync(
            "iam:ListRoles",
            resource: null,
            (iam, marker, token) => iam.ListRolesAsync(new ListRolesRequest { MaxItems = Page, Marker = marker }, token),
            page => page.Roles,
            page => page.Marker,
            cancellationToken
        );
        await Task.WhenAll(details, list);
        var listed = (await list).ToDictionary(role => role.RoleName, StringComparer.OrdinalIgnoreCase);
        var roles = (await details)
            .SelectMany(page => page.RoleDetailList ?? [])
            .Where(detail => listed.ContainsKey(detail.RoleName))
            .ToDictionary(
                detail => detail.RoleName,
                detail => new LiveRoleDetails(
                    Live(
                        detail.Arn,
                        detail.CreateDate,
                        detail.Path,
                        listed[detail.RoleName],
                        detail.PermissionsBoundary,
                        detail.Tags,
                        detail.AssumeRolePolicyDocument
                    ),
                    [.. (detail.RolePolicyList ?? []).Select(policy => Policy(policy.PolicyName, policy.PolicyDocument))],
                    [.. (detail.AttachedManagedPolicies ?? []).Select(policy => policy.PolicyArn)]
                ),
                StringComparer.OrdinalIgnoreCase
            );
        var policies = (await details)
            .SelectMany(page => page.Policies ?? [])
            .Select(policy => (policy.Arn, policy.PolicyVersionList?.Find(version => version.IsDefaultVersion == true)?.Document))
            .Where(policy => policy.Document is not null)
            .ToDictionary(policy => policy.Arn, policy => Text(policy.Document!), StringComparer.Ordinal);
        return new AccountRoles(roles, policies);
    }

    /// <summary>The document of a managed policy's default version; null if there is no such policy.</summary>
    public async Task<string?> GetManagedPolicyAsync(string arn, CancellationToken cancellationToken)
    {
        var id = ResourceId.Aws(
            account.Account.Id,
            ResourceKind.Policy,
            arn[(arn.IndexOf(":policy/", StringComparison.Ordinal) + ":policy/".Length)..]
        );
        var policy = await account.FindAsync(
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
        var version = await account.FindAsync(
            "iam:GetPolicyVersion",
            id,
            (iam, token) => iam.GetPolicyVersionAsync(request, token),
            cancellationToken
        );
        return version is null ? null : Text(version.PolicyVersion.Document);
    }

    private ResourceId IdOf(string name) => ResourceId.Aws(account.Account.Id, ResourceKind.Role, name);

    private static LiveRole Live(
        string arn,
        DateTime? created,
        string path,
        Amazon.IdentityManagement.Model.Role entry,
        AttachedPermissionsBoundary? boundary,
        IEnumerable<Tag>? tags,
        string trust
    ) =>
        new(
            arn,
            created is { } at ? new DateTimeOffset(at.ToUniversalTime()) : null,
            path,
            entry.Description ?? "",
            entry.MaxSessionDuration ?? DefaultSessionDuration,
            boundary?.PermissionsBoundaryArn,
            IamTags.Of(tags),
            Text(trust)
        );

    private static PolicyDetail Policy(string name, string document) => new() { PolicyName = name, PolicyDocument = Text(document) };

    /// <summary>IAM returns documents URL-encoded (RFC 3986).</summary>
    private static string Text(string document) => document.StartsWith('%') ? Uri.UnescapeDataString(document) : document;
}
