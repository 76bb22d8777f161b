using Amazon.IdentityManagement.Model;
using Amazon.Runtime;
using Amazon.SecurityToken.Model;

namespace Federation.Aws;

/// <summary>What the answers to the calls of this tool always hold (IAM and STS API references, "Response Elements").</summary>
internal static class AwsAnswers
{
    /// <summary>An element that the answer must hold, and does not; null if it holds all. The SDK reads what is missing as null.</summary>
    public static string? Lacks(AmazonWebServiceResponse answer) =>
        answer switch
        {
            GetRoleResponse got => Lacks(got.Role),
            CreateRoleResponse created => Lacks(created.Role),
            GetRolePolicyResponse got => FirstOf(("PolicyDocument", got.PolicyDocument)),
            GetPolicyResponse got => FirstOf(("Policy.DefaultVersionId", got.Policy?.DefaultVersionId)),
            GetPolicyVersionResponse got => FirstOf(("PolicyVersion.Document", got.PolicyVersion?.Document)),
            GetOpenIDConnectProviderResponse got => FirstOf(("Url", got.Url)),
            CreateOpenIDConnectProviderResponse created => FirstOf(("OpenIDConnectProviderArn", created.OpenIDConnectProviderArn)),
            GetCallerIdentityResponse caller => FirstOf(("Account", caller.Account), ("Arn", caller.Arn)),
            AssumeRoleResponse assumed => Lacks(assumed.Credentials),
            AssumeRoleWithWebIdentityResponse assumed => Lacks(assumed.Credentials)
                ?? FirstOf(("AssumedRoleUser.Arn", assumed.AssumedRoleUser?.Arn)),
            _ => null,
        };

    private static string? Lacks(Amazon.IdentityManagement.Model.Role? role) =>
        FirstOf(
            ("Role.RoleName", role?.RoleName),
            ("Role.RoleId", role?.RoleId),
            ("Role.Arn", role?.Arn),
            ("Role.Path", role?.Path),
            ("Role.AssumeRolePolicyDocument", role?.AssumeRolePolicyDocument)
        );

    private static string? Lacks(Credentials? credentials) =>
        FirstOf(
            ("Credentials.AccessKeyId", credentials?.AccessKeyId),
            ("Credentials.SecretAccessKey", credentials?.SecretAccessKey),
            ("Credentials.SessionToken", credentials?.SessionToken)
        );

    private static string? FirstOf(params ReadOnlySpan<(string Name, string? Value)> elements)
    {
        foreach (var (name, value) in elements)
        {
            if (string.IsNullOrEmpty(value))
            {
                return name;
            }
        }

        return null;
    }
}
