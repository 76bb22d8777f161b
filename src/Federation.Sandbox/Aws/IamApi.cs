using System.Xml.Linq;

namespace Federation.Sandbox.Aws;

/// <summary>IAM's query API (IAM API reference, 2010-05-08): from an operation's name to what carries it out.</summary>
internal sealed class IamApi(IamRoles roles, IamProviders providers, IamPolicies policies)
{
    /// <summary>What the operation is about, as a policy's <c>Resource</c> names it.</summary>
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

    /// <summary>What the operation answers: null for those whose answer has no result element.</summary>
    /// <exception cref="AwsException">IAM refuses.</exception>
    public async Task<XElement[]?> InvokeAsync(
        string action,
        AwsAccount account,
        QueryParameters parameters,
        CancellationToken cancellationToken
    )
    {
        // The one operation that looks outside does so before it holds the account.
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
                "TagRole" => IamRoles.Tag(account, parameters),
                "UntagRole" => IamRoles.Untag(account, parameters),
                "ListRoleTags" => IamRoles.ListTags(account, parameters),
                "ListInstanceProfilesForRole" => NoInstanceProfiles(account, parameters),

                "CreateOpenIDConnectProvider" => providers.Create(account, parameters, thumbprint),
                "GetOpenIDConnectProvider" => IamProviders.Get(account, parameters),
                "ListOpenIDConnectProviders" => IamProviders.List(account),
                "DeleteOpenIDConnectProvider" => IamProviders.Delete(account, parameters),
                "AddClientIDToOpenIDConnectProvider" => IamProviders.AddClientId(account, parameters),
                "RemoveClientIDFromOpenIDConnectProvider" => IamProviders.RemoveClientId(account, parameters),
                "UpdateOpenIDConnectProviderThumbprint" => IamProviders.UpdateThumbprints(account, parameters),
                "TagOpenIDConnectProvider" => IamProviders.Tag(account, parameters),
                "UntagOpenIDConnectProvider" => IamProviders.Untag(account, parameters),
                "ListOpenIDConnectProviderTags" => IamProviders.ListTags(account, parameters),

                "CreatePolicy" => policies.Create(account, parameters),
                "GetPolicy" => IamPolicies.Get(account, parameters),
                "GetPolicyVersion" => IamPolicies.GetVersion(account, parameters),
                "ListPolicyVersions" => IamPolicies.ListVersions(account, parameters),
                "ListEntitiesForPolicy" => IamPolicies.ListEntities(account, parameters),
                "TagPolicy" => IamPolicies.Tag(account, parameters),
                "UntagPolicy" => IamPolicies.Untag(account, parameters),
                "ListPolicyTags" => IamPolicies.ListTags(account, parameters),
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

    /// <summary>Instance profiles do not exist here; those who delete a role ask for them first.</summary>
    private static XElement[] NoInstanceProfiles(AwsAccount account, QueryParameters parameters)
    {
        IamRoles.Find(account, parameters);
        return [new XElement("InstanceProfiles"), new XElement("IsTruncated", false)];
    }
}
