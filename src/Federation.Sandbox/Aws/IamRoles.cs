using System.Text.RegularExpressions;
using System.Xml.Linq;
using Federation.Sandbox.Hosting;

namespace Federation.Sandbox.Aws;

/// <summary>The operations on roles, their policies and tags.</summary>
internal sealed partial class IamRoles(TimeProvider time, TimeSpan propagation)
{
    public XElement[] Create(AwsAccount account, QueryParameters parameters)
    {
        var name = Name(parameters);
        var path = parameters.Optional("Path", 1, 512, PathText()) ?? "/";
        var trust = parameters.Required("AssumeRolePolicyDocument", 1, 131_072);
        var boundary = parameters.Optional("PermissionsBoundary", 20, 2048);
        var role = new IamRole
        {
            Name = name,
            Path = path,
            Id = AccessKeys.UniqueId("AROA"),
            Arn = account.RoleArn(path, name),
            Created = time.GetUtcNow(),
            TrustChanged = time.GetUtcNow(),
            TrustPolicy = trust,
            Description = parameters.Optional("Description", 0, 1000),
            MaxSessionDuration = parameters.Number("MaxSessionDuration", 3600, 43_200) ?? 3600,
            PermissionsBoundary = boundary,
            Tags = parameters.Tags(),
        };
        PolicyText.CheckTrust(trust);
        if (account.Roles.ContainsKey(name))
        {
            throw AwsException.AlreadyExists($"Role with name {name} already exists.");
        }

        CheckBoundary(account, boundary);
        CheckTrustSize(trust);
        if (account.Roles.Count >= IamLimits.RolesPerAccount)
        {
            throw AwsException.LimitExceeded($"Cannot exceed quota for RolesPerAccount: {IamLimits.RolesPerAccount}");
        }

        account.Roles.Add(name, role);
        return [Describe(role, "Role", complete: true)];
    }

    public static XElement[] Get(AwsAccount account, QueryParameters parameters) =>
        [Describe(Find(account, parameters), "Role", complete: true)];

    public static XElement[] List(AwsAccount account, QueryParameters parameters)
    {
        var prefix = parameters.Optional("PathPrefix", 1, 512) ?? "/";
        return Page.Of(
            parameters,
            account.Roles.Values.Where(role => role.Path.StartsWith(prefix, StringComparison.Ordinal)),
            role => role.Name,
            StringComparer.OrdinalIgnoreCase,
            page => new XElement("Roles", page.Select(role => Describe(role, "member", complete: false)))
        );
    }

    public static XElement[] Update(AwsAccount account, QueryParameters parameters)
    {
        var role = Find(account, parameters);
        Save(
            account,
            role with
            {
                Description = parameters.Optional("Description", 0, 1000) ?? role.Description,
                MaxSessionDuration = parameters.Number("MaxSessionDuration", 3600, 43_200) ?? role.MaxSessionDuration,
            }
        );
        return [];
    }

    public static XElement[] UpdateDescription(AwsAccount account, QueryParameters parameters)
    {
        var role = Find(account, parameters) with { Description = parameters.Required("Description", 0, 1000) };
        Save(account, role);
        return [Describe(role, "Role", complete: true)];
    }

    public XElement[]? UpdateTrust(AwsAccount account, QueryParameters parameters)
    {
        var trust = parameters.Required("PolicyDocument", 1, 131_072);
        var role = Find(account, parameters);
        PolicyText.CheckTrust(trust);
        CheckTrustSize(trust);
        Save(account, role.WithTrust(trust, time.GetUtcNow(), propagation));
        return null;
    }

    public static XElement[]? Delete(AwsAccount account, QueryParameters parameters)
    {
        var role = Find(account, parameters);
        if (role.AttachedPolicies.Count != 0)
        {
            throw AwsException.DeleteConflict("Cannot delete entity, must detach all policies first.");
        }

        if (role.InlinePolicies.Count != 0)
        {
            throw AwsException.DeleteConflict("Cannot delete entity, must delete policies first.");
        }

        account.Roles.Remove(role.Name);
        return null;
    }

    public static XElement[]? PutBoundary(AwsAccount account, QueryParameters parameters)
    {
        var boundary = parameters.Required("PermissionsBoundary", 20, 2048);
        var role = Find(account, parameters);
        CheckBoundary(account, boundary);
        Save(account, role with { PermissionsBoundary = boundary });
        return null;
    }

    public static XElement[]? DeleteBoundary(AwsAccount account, QueryParameters parameters)
    {
        var role = Find(account, parameters);
        if (role.PermissionsBoundary is null)
        {
            throw AwsException.NoSuchEntity($"The role {role.Name} does not have a permissions boundary set.");
        }

        Save(account, role with { PermissionsBoundary = null });
        return null;
    }

    public static XElement[]? PutPolicy(AwsAccount account, QueryParameters parameters)
    {
        var name = PolicyName(parameters);
        var document = parameters.Required("PolicyDocument", 1, 131_072);
        var role = Find(account, parameters);
        PolicyText.CheckPermissions(document);
        var policies = new SortedDictionary<string, string>(
            role.InlinePolicies.ToDictionary(StringComparer.Ordinal),
            StringComparer.Ordinal
        )
        {
            [name] = document,
        };
        if (policies.Values.Sum(PolicyText.Size) > IamLimits.InlinePoliciesSize)
        {
            throw AwsException.LimitExceeded($"Maximum policy size of {IamLimits.InlinePoliciesSize} bytes exceeded for role {role.Name}");
        }

        Save(account, role with { InlinePolicies = policies });
        return null;
    }

    public static XElement[] GetPolicy(AwsAccount account, QueryParameters parameters)
    {
        var name = PolicyName(parameters);
        var role = Find(account, parameters);
        return
        [
            new XElement("RoleName", role.Name),
            new XElement("PolicyName", name),
            new XElement("PolicyDocument", PolicyText.Encode(InlinePolicy(role, name))),
        ];
    }

    public static XElement[]? DeletePolicy(AwsAccount account, QueryParameters parameters)
    {
        var name = PolicyName(parameters);
        var role = Find(account, parameters);
        InlinePolicy(role, name);
        Save(
            account,
            role with
            {
                InlinePolicies = new SortedDictionary<string, string>(
                    role.InlinePolicies.Where(entry => !string.Equals(entry.Key, name, StringComparison.Ordinal))
                        .ToDictionary(StringComparer.Ordinal),
                    StringComparer.Ordinal
                ),
            }
        );
        return null;
    }

    public static XElement[] ListPolicies(AwsAccount account, QueryParameters parameters) =>
        Page.Of(
            parameters,
            Find(account, parameters).InlinePolicies.Keys,
            name => name,
            StringComparer.Ordinal,
            page => new XElement("PolicyNames", page.Select(name => new XElement("member", name)))
        );

    public static XElement[]? AttachPolicy(AwsAccount account, QueryParameters parameters)
    {
        var arn = parameters.Required("PolicyArn", 20, 2048);
        var role = Find(account, parameters);
        if (account.FindPolicy(arn) is null)
        {
            throw AwsException.NoSuchEntity($"Policy {arn} does not exist or is not attachable.");
        }

        if (role.AttachedPolicies.Contains(arn, StringComparer.Ordinal))
        {
            return null;
        }

        if (role.AttachedPolicies.Count >= IamLimits.AttachedPolicies)
        {
            throw AwsException.LimitExceeded($"Cannot exceed quota for PoliciesPerRole: {IamLimits.AttachedPolicies}");
        }

        Save(account, role with { AttachedPolicies = [.. role.AttachedPolicies, arn] });
        return null;
    }

    public static XElement[]? DetachPolicy(AwsAccount account, QueryParameters parameters)
    {
        var arn = parameters.Required("PolicyArn", 20, 2048);
        var role = Find(account, parameters);
        if (!role.AttachedPolicies.Contains(arn, StringComparer.Ordinal))
        {
            throw AwsException.NoSuchEntity($"Policy {arn} was not found.");
        }

        Save(
            account,
            role with
            {
                AttachedPolicies = [.. role.AttachedPolicies.Where(attached => !string.Equals(attached, arn, StringComparison.Ordinal))],
            }
        );
        return null;
    }

    public static XElement[] ListAttachedPolicies(AwsAccount account, QueryParameters parameters) =>
        Page.Of(
            parameters,
            Find(account, parameters)
                .AttachedPolicies.Select(arn => account.FindPolicy(arn))
                .OfType<IamPolicy>()
                .OrderBy(policy => policy.Arn, StringComparer.Ordinal),
            policy => policy.Arn,
            StringComparer.Ordinal,
            page => new XElement("AttachedPolicies", page.Select(policy => Attached(policy.Arn)))
        );

    public static Tagged Tagged(AwsAccount account, QueryParameters parameters)
    {
        var role = Find(account, parameters);
        return new Tagged(role.Tags, tags => Save(account, role with { Tags = tags }));
    }

    /// <summary>The role as <c>GetAccountAuthorizationDetails</c> shows it.</summary>
    public static XElement Details(IamRole role)
    {
        var details = new XElement(
            "member",
            Core(role),
            new XElement("InstanceProfileList"),
            new XElement(
                "RolePolicyList",
                role.InlinePolicies.Select(policy => new XElement(
                    "member",
                    new XElement("PolicyName", policy.Key),
                    new XElement("PolicyDocument", PolicyText.Encode(policy.Value))
                ))
            ),
            new XElement("AttachedManagedPolicies", role.AttachedPolicies.Select(Attached))
        );
        details.Add(Boundary(role), IamTags.Describe(role.Tags), LastUsed(role));
        return details;
    }

    public static IamRole Find(AwsAccount account, QueryParameters parameters)
    {
        var name = Name(parameters);
        return account.Roles.GetValueOrDefault(name) ?? throw AwsException.NoSuchEntity($"The role with name {name} cannot be found.");
    }

    private static string Name(QueryParameters parameters) => parameters.Required("RoleName", 1, 64, NameText());

    private static string PolicyName(QueryParameters parameters) => parameters.Required("PolicyName", 1, 128, NameText());

    private static string InlinePolicy(IamRole role, string name) =>
        role.InlinePolicies.TryGetValue(name, out var document)
            ? document
            : throw AwsException.NoSuchEntity($"The role policy with name {name} cannot be found.");

    private static void Save(AwsAccount account, IamRole role) => account.Roles[role.Name] = role;

    private static void CheckTrustSize(string trust)
    {
        if (PolicyText.Size(trust) > IamLimits.TrustPolicySize)
        {
            throw AwsException.LimitExceeded($"Cannot exceed quota for ACLSizePerRole: {IamLimits.TrustPolicySize}");
        }
    }

    private static void CheckBoundary(AwsAccount account, string? arn)
    {
        if (arn is not null && account.FindPolicy(arn) is null)
        {
            throw AwsException.NoSuchEntity($"Policy {arn} does not exist or is not attachable.");
        }
    }

    /// <param name="complete">With boundary, last use and tags, which lists leave out (ListRoles, IAM API reference).</param>
    private static XElement Describe(IamRole role, string element, bool complete)
    {
        var description = new XElement(
            element,
            Core(role),
            role.Description is null ? null : new XElement("Description", role.Description),
            new XElement("MaxSessionDuration", role.MaxSessionDuration)
        );
        if (complete)
        {
            description.Add(Boundary(role), role.Tags.Count == 0 ? null : IamTags.Describe(role.Tags), LastUsed(role));
        }

        return description;
    }

    private static XElement[] Core(IamRole role) =>
        [
            new("Path", role.Path),
            new("RoleName", role.Name),
            new("RoleId", role.Id),
            new("Arn", role.Arn),
            new("CreateDate", Moment.Seconds(role.Created)),
            new("AssumeRolePolicyDocument", PolicyText.Encode(role.TrustPolicy)),
        ];

    private static XElement? Boundary(IamRole role) =>
        role.PermissionsBoundary is null
            ? null
            : new XElement(
                "PermissionsBoundary",
                new XElement("PermissionsBoundaryType", "Policy"),
                new XElement("PermissionsBoundaryArn", role.PermissionsBoundary)
            );

    private static XElement LastUsed(IamRole role) =>
        role.LastUsed is not { } used
            ? new XElement("RoleLastUsed")
            : new XElement("RoleLastUsed", new XElement("LastUsedDate", Moment.Seconds(used.Time)), new XElement("Region", used.Region));

    private static XElement Attached(string arn) =>
        new("member", new XElement("PolicyName", arn[(arn.LastIndexOf('/') + 1)..]), new XElement("PolicyArn", arn));

    [GeneratedRegex(@"^[\w+=,.@-]+\z", RegexOptions.ECMAScript, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NameText();

    [GeneratedRegex(@"^((/[\x21-\x7E]+/)|/)\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PathText();
}
