using System.Xml.Linq;

namespace Federation.Sandbox.Aws;

/// <summary>IAM's query API (IAM API reference, 2010-05-08): finds the handler of an operation.</summary>
internal sealed class IamApi(IamRoles roles, IamProviders providers, IamPolicies policies)
{
    /// <summary>The ARN of the operation's resource, as a policy's <c>Resource</c> names it; <c>*</c> where it has none.</summary>
    public static string Resource(string action, AwsAccount account, QueryParameters parameters)
    {
        if (action.Contains("OpenIDConnectProvider", StringComparison.Ordinal))
        {
            return action switch
            {
                "ListOpenIDConnectProviders" => account.ProviderArn("*"),
                "CreateOpenIDConnectProvider" => account.ProviderArn(IamProviders.Url(parameters)),
                _ => IamProviders.Arn(parameters),
            };
        }

        if (parameters["RoleName"] is { } name)
        {
            lock (account.Gate)
            {
                return account.Roles.GetValueOrDefault(name)?.Arn ?? account.RoleArn(parameters["Path"] ?? "/", name);
            }
        }

        return action switch
        {
            "ListRoles" => account.RoleArn(parameters["PathPrefix"] ?? "/", ""),
            "CreatePolicy" => account.PolicyArn(parameters["Path"] ?? "/", parameters["PolicyName"] ?? ""),
            _ when action.Contains("Polic", StringComparison.Ordinal) && parameters["PolicyArn"] is { } policy => policy,
            "SimulatePrincipalPolicy" => parameters["PolicySourceArn"] ?? "*",
            _ => "*",
        };
    }

    /// <summary>
    /// The condition keys that a policy can test: the tags of the resource (<c>aws:ResourceTag</c>, for roles also
    /// <c>iam:ResourceTag</c>), those in the request (<c>aws:RequestTag</c>) and their keys (<c>aws:TagKeys</c>). See
    /// "Actions, resources, and condition keys for AWS Identity and Access Management (IAM)" in the Service Authorization Reference.
    /// </summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Conditions(AwsAccount account, QueryParameters parameters)
    {
        var conditions = new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase);
        lock (account.Gate)
        {
            var role = account.Roles.GetValueOrDefault(parameters["RoleName"] ?? "");
            var provider = account.Providers.GetValueOrDefault(parameters["OpenIDConnectProviderArn"] ?? "");
            foreach (var tag in role?.Tags ?? provider?.Tags ?? [])
            {
                conditions["aws:ResourceTag/" + tag.Key] = [tag.Value];
                if (role is not null)
                {
                    conditions["iam:ResourceTag/" + tag.Key] = [tag.Value];
                }
            }
        }

        var requested = parameters.Tags();
        foreach (var tag in requested)
        {
            conditions["aws:RequestTag/" + tag.Key] = [tag.Value];
        }

        if (requested.Count > 0)
        {
            conditions["aws:TagKeys"] = [.. requested.Select(tag => tag.Key)];
        }

        return conditions;
    }

    /// <summary>
    /// The actions that an operation needs. Creating something with tags needs the action that tags it as well ("Tagging IAM
    /// resources", IAM User Guide).
    /// </summary>
    public static IEnumerable<string> Actions(string operation, QueryParameters parameters) =>
        operation.StartsWith("Create", StringComparison.Ordinal) && parameters.Tags().Count > 0
            ? ["iam:" + operation, "iam:Tag" + operation["Create".Length..]]
            : ["iam:" + operation];

    /// <summary>Carries out an operation. Null where the answer has no result element.</summary>
    /// <exception cref="AwsException">IAM refuses.</exception>
    public async Task<XElement[]?> InvokeAsync(
        string action,
        AwsAccount account,
        QueryParameters parameters,
        CancellationToken cancellationToken
    )
    {
        // The only operation that makes a call of its own does so before it locks the account.
        var thumbprint = action is "CreateOpenIDConnectProvider"
            ? await providers.FetchThumbprintAsync(parameters, cancellationToken)
            : null;
        lock (account.Gate)
        {
            return action switch
            {
                "CreateRole" => roles.Create(account, parameters),
                "GetRole" => IamRoles.Get(account, parameters),
                "ListRoles" => IamRoles.List(account, parameters),
                "UpdateRole" => IamRoles.Update(account, parameters),
                "UpdateRoleDescription" => IamRoles.UpdateDescription(account, parameters),
                "UpdateAssumeRolePolicy" => roles.UpdateTrust(account, parameters),
                "DeleteRole" => IamRoles.Delete(account, parameters),
                "PutRolePermissionsBoundary" => IamRoles.PutBoundary(account, parameters),
                "DeleteRolePermissionsBoundary" => IamRoles.DeleteBoundary(account, parameters),
                "PutRolePolicy" => IamRoles.PutPolicy(account, parameters),
                "GetRolePolicy" => IamRoles.GetPolicy(account, parameters),
                "DeleteRolePolicy" => IamRoles.DeletePolicy(account, parameters),
                "ListRolePolicies" => IamRoles.ListPolicies(account, parameters),
                "AttachRolePolicy" => IamRoles.AttachPolicy(account, parameters),
                "DetachRolePolicy" => IamRoles.DetachPolicy(account, parameters),
                "ListAttachedRolePolicies" => IamRoles.ListAttachedPolicies(account, parameters),
                "TagRole" => IamTags.Add(parameters, () => IamRoles.Tagged(account, parameters)),
                "UntagRole" => IamTags.Remove(parameters, () => IamRoles.Tagged(account, parameters)),
                "ListRoleTags" => IamTags.List(parameters, IamRoles.Tagged(account, parameters)),
                "ListInstanceProfilesForRole" => NoInstanceProfiles(account, parameters),

                "CreateOpenIDConnectProvider" => providers.Create(account, parameters, thumbprint),
                "GetOpenIDConnectProvider" => IamProviders.Get(account, parameters),
                "ListOpenIDConnectProviders" => IamProviders.List(account),
                "DeleteOpenIDConnectProvider" => IamProviders.Delete(account, parameters),
                "AddClientIDToOpenIDConnectProvider" => IamProviders.AddClientId(account, parameters),
                "RemoveClientIDFromOpenIDConnectProvider" => IamProviders.RemoveClientId(account, parameters),
                "UpdateOpenIDConnectProviderThumbprint" => IamProviders.UpdateThumbprints(account, parameters),
                "TagOpenIDConnectProvider" => IamTags.Add(parameters, () => IamProviders.Tagged(account, parameters)),
                "UntagOpenIDConnectProvider" => IamTags.Remove(parameters, () => IamProviders.Tagged(account, parameters)),
                "ListOpenIDConnectProviderTags" => IamTags.List(parameters, IamProviders.Tagged(account, parameters)),

                "CreatePolicy" => policies.Create(account, parameters),
                "GetPolicy" => IamPolicies.Get(account, parameters),
                "GetPolicyVersion" => IamPolicies.GetVersion(account, parameters),
                "ListPolicyVersions" => IamPolicies.ListVersions(account, parameters),
                "ListEntitiesForPolicy" => IamPolicies.ListEntities(account, parameters),
                "TagPolicy" => IamTags.Add(parameters, () => IamPolicies.Tagged(account, parameters)),
                "UntagPolicy" => IamTags.Remove(parameters, () => IamPolicies.Tagged(account, parameters)),
                "ListPolicyTags" => IamTags.List(parameters, IamPolicies.Tagged(account, parameters)),
                "ListPolicies" => IamPolicies.List(account, parameters),
                "DeletePolicy" => IamPolicies.Delete(account, parameters),
                "GetAccountAuthorizationDetails" => IamPolicies.AccountDetails(account, parameters),
                "ListAccountAliases" => [new XElement("AccountAliases"), new XElement("IsTruncated", false)],
                "SimulatePrincipalPolicy" => IamSimulation.OfPrincipal(account, parameters),
                "SimulateCustomPolicy" => IamSimulation.OfPolicies(parameters),
                _ => throw new AwsException("InvalidAction", $"Could not find operation {action} for version 2010-05-08"),
            };
        }
    }

    /// <summary>The sandbox has no instance profiles, but clients list them before they delete a role.</summary>
    private static XElement[] NoInstanceProfiles(AwsAccount account, QueryParameters parameters)
    {
        IamRoles.Find(account, parameters);
        return [new XElement("InstanceProfiles"), new XElement("IsTruncated", false)];
    }
}
