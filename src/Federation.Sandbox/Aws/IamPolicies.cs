using System.Xml.Linq;
using Federation.Sandbox.Hosting;

namespace Federation.Sandbox.Aws;

/// <summary>The operations on managed policies, and the one on the account as a whole.</summary>
internal sealed class IamPolicies(TimeProvider time)
{
    /// <summary>The only version that a policy has in the sandbox.</summary>
    private const string Version = "v1";

    public XElement[] Create(AwsAccount account, QueryParameters parameters)
    {
        var name = parameters.Required("PolicyName", 1, 128);
        var path = parameters.Optional("Path", 1, 512) ?? "/";
        var document = parameters.Required("PolicyDocument", 1, 131_072);
        PolicyText.CheckPermissions(document);
        if (account.Policies.Values.Any(known => string.Equals(known.Name, name, StringComparison.OrdinalIgnoreCase)))
        {
            throw AwsException.AlreadyExists($"A policy called {name} already exists. Duplicate names are not allowed.");
        }

        if (PolicyText.Size(document) > IamLimits.ManagedPolicySize)
        {
            throw AwsException.LimitExceeded($"Cannot exceed quota for PolicySize: {IamLimits.ManagedPolicySize}");
        }

        var policy = new IamPolicy(account.PolicyArn(path, name), name, path, AccessKeys.UniqueId("ANPA"), document, time.GetUtcNow())
        {
            Description = parameters.Optional("Description", 0, 1000),
            Tags = parameters.Tags(),
        };
        account.Policies.Add(policy.Arn, policy);
        return [Describe(account, policy, "Policy")];
    }

    /// <summary>With tags, which lists leave out (ListPolicies, IAM API reference).</summary>
    public static XElement[] Get(AwsAccount account, QueryParameters parameters)
    {
        var policy = Find(account, parameters);
        var description = Describe(account, policy, "Policy");
        description.Add(IamTags.Describe(policy.Tags));
        return [description];
    }

    public static XElement[] GetVersion(AwsAccount account, QueryParameters parameters)
    {
        var policy = Find(account, parameters);
        var version = parameters.Required("VersionId");
        return string.Equals(version, Version, StringComparison.Ordinal)
            ? [DescribeVersion(policy, "PolicyVersion")]
            : throw AwsException.NoSuchEntity($"Policy {policy.Arn} version {version} does not exist or is not attachable.");
    }

    public static XElement[] ListVersions(AwsAccount account, QueryParameters parameters)
    {
        var policy = Find(account, parameters);
        return [new XElement("Versions", DescribeVersion(policy, "member", document: false)), new XElement("IsTruncated", false)];
    }

    public static XElement[] List(AwsAccount account, QueryParameters parameters)
    {
        var scope = parameters["Scope"] ?? "All";
        var prefix = parameters.Optional("PathPrefix", 1, 512) ?? "/";
        var isAttachedOnly = parameters["OnlyAttached"] is "true";
        var usage = parameters["PolicyUsageFilter"];
        return Page.Of(
            parameters,
            account
                .Policies.Values.Where(_ => scope is not "AWS")
                .Concat(AwsManagedPolicies.All(account.Partition).Where(_ => scope is not "Local"))
                .Where(policy =>
                    policy.Path.StartsWith(prefix, StringComparison.Ordinal)
                    && (!isAttachedOnly || Holders(account, policy).Any())
                    && (usage is not "PermissionsPolicy" || Attached(account, policy).Any())
                    && (usage is not "PermissionsBoundary" || Bounded(account, policy).Any())
                )
                .OrderBy(policy => policy.Arn, StringComparer.Ordinal),
            policy => policy.Arn,
            StringComparer.Ordinal,
            page => new XElement("Policies", page.Select(policy => Describe(account, policy, "member")))
        );
    }

    public static XElement[]? Delete(AwsAccount account, QueryParameters parameters)
    {
        var policy = Find(account, parameters);
        if (Holders(account, policy).Any())
        {
            throw AwsException.DeleteConflict("Cannot delete a policy attached to entities.");
        }

        if (!account.Policies.Remove(policy.Arn))
        {
            throw AwsException.AccessDenied($"Policy {policy.Arn} is managed by AWS and cannot be deleted.");
        }

        return null;
    }

    /// <summary>A policy of this account; those of AWS have no tags.</summary>
    public static Tagged Tagged(AwsAccount account, QueryParameters parameters)
    {
        var arn = parameters.Required("PolicyArn", 20, 2048);
        var policy = account.Policies.GetValueOrDefault(arn) ?? throw AwsException.NoSuchEntity($"Policy {arn} was not found.");
        return new Tagged(policy.Tags, tags => account.Policies[arn] = policy with { Tags = tags });
    }

    /// <summary>The roles that a policy is attached to, or that it is the boundary of.</summary>
    public static XElement[] ListEntities(AwsAccount account, QueryParameters parameters)
    {
        var policy = Find(account, parameters);
        var isRoleWanted = parameters["EntityFilter"] is null or "Role";
        var roles =
            !isRoleWanted ? []
            : parameters["PolicyUsageFilter"] is "PermissionsBoundary" ? Bounded(account, policy)
            : Attached(account, policy);
        return Page.Of(
            parameters,
            roles,
            role => role.Name,
            StringComparer.OrdinalIgnoreCase,
            _ => new XElement("PolicyGroups"),
            _ => new XElement("PolicyUsers"),
            page => new XElement(
                "PolicyRoles",
                page.Select(role => new XElement("member", new XElement("RoleName", role.Name), new XElement("RoleId", role.Id)))
            )
        );
    }

    /// <summary>Roles and managed policies with their documents, paged together.</summary>
    public static XElement[] AccountDetails(AwsAccount account, QueryParameters parameters)
    {
        var filter = parameters.List("Filter");
        bool Wanted(string kind) => filter.Count == 0 || filter.Contains(kind, StringComparer.Ordinal);

        var attached = account
            .Roles.Values.SelectMany(role => role.AttachedPolicies.Append(role.PermissionsBoundary))
            .OfType<string>()
            .Distinct(StringComparer.Ordinal)
            .Select(AwsManagedPolicies.Find)
            .OfType<IamPolicy>();
        var items = account
            .Roles.Values.Where(_ => Wanted("Role"))
            .Select(role => (Key: role.Arn, Role: (IamRole?)role, Policy: (IamPolicy?)null))
            .Concat(
                account
                    .Policies.Values.Where(_ => Wanted("LocalManagedPolicy"))
                    .Select(policy => (Key: policy.Arn, Role: (IamRole?)null, Policy: (IamPolicy?)policy))
            )
            .Concat(
                attached
                    .Where(_ => Wanted("AWSManagedPolicy"))
                    .Select(policy => (Key: policy.Arn, Role: (IamRole?)null, Policy: (IamPolicy?)policy))
            )
            .OrderBy(item => item.Key, StringComparer.Ordinal);
        return Page.Of(
            parameters,
            items,
            item => item.Key,
            StringComparer.Ordinal,
            _ => new XElement("UserDetailList"),
            _ => new XElement("GroupDetailList"),
            page => new XElement("RoleDetailList", page.Select(item => item.Role).OfType<IamRole>().Select(IamRoles.Details)),
            page => new XElement(
                "Policies",
                page.Select(item => item.Policy)
                    .OfType<IamPolicy>()
                    .Select(policy =>
                    {
                        var details = Describe(account, policy, "member");
                        details.Add(new XElement("PolicyVersionList", DescribeVersion(policy, "member")));
                        return details;
                    })
            )
        );
    }

    private static IamPolicy Find(AwsAccount account, QueryParameters parameters)
    {
        var arn = parameters.Required("PolicyArn", 20, 2048);
        return account.FindPolicy(arn) ?? throw AwsException.NoSuchEntity($"Policy {arn} was not found.");
    }

    private static IEnumerable<IamRole> Attached(AwsAccount account, IamPolicy policy) =>
        account.Roles.Values.Where(role => role.AttachedPolicies.Contains(policy.Arn, StringComparer.Ordinal));

    private static IEnumerable<IamRole> Bounded(AwsAccount account, IamPolicy policy) =>
        account.Roles.Values.Where(role => string.Equals(role.PermissionsBoundary, policy.Arn, StringComparison.Ordinal));

    private static IEnumerable<IamRole> Holders(AwsAccount account, IamPolicy policy) =>
        Attached(account, policy).Concat(Bounded(account, policy));

    private static XElement Describe(AwsAccount account, IamPolicy policy, string element) =>
        new(
            element,
            new XElement("PolicyName", policy.Name),
            new XElement("PolicyId", policy.Id),
            new XElement("Arn", policy.Arn),
            new XElement("Path", policy.Path),
            new XElement("DefaultVersionId", Version),
            new XElement("AttachmentCount", Attached(account, policy).Count()),
            new XElement("PermissionsBoundaryUsageCount", Bounded(account, policy).Count()),
            new XElement("IsAttachable", true),
            policy.Description is null ? null : new XElement("Description", policy.Description),
            new XElement("CreateDate", Moment.Seconds(policy.Created)),
            new XElement("UpdateDate", Moment.Seconds(policy.Created))
        );

    private static XElement DescribeVersion(IamPolicy policy, string element, bool document = true) =>
        new(
            element,
            !document ? null : new XElement("Document", PolicyText.Encode(policy.Document)),
            new XElement("VersionId", Version),
            new XElement("IsDefaultVersion", true),
            new XElement("CreateDate", Moment.Seconds(policy.Created))
        );
}
