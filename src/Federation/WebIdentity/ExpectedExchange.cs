using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Policies;
using Federation.Templates;

namespace Federation.WebIdentity;

/// <summary>
/// The exchange that a workload's pod is going to ask for, judged before there is a pod: with the claims that the
/// cluster will write, the provider and the trust policy as the documents have them, and a good signature.
/// </summary>
public static class ExpectedExchange
{
    /// <summary>What STS will say once it sees what the documents say. A refusal here will not pass by waiting.</summary>
    public static WebIdentityDecision Decide(RenderedWorkload rendered, DateTimeOffset now)
    {
        var workload = rendered.Workload;
        return SecurityTokenService.Decide(new WebIdentityEvidence(
            new AssumeRoleWithWebIdentityRequest(workload.RoleArn, workload.Name, TokenOf(workload, now)),
            new OpenIdConnectProvider(workload.ProviderArn, workload.Cluster.IssuerPath, [workload.Audience]),
            new IssuerKeys.Assumed(),
            new AssumableRole(workload.RoleArn, RoleId: "", PolicyDocument.Parse(rendered.TrustPolicy)) { MaxSessionDuration = workload.Role.MaxSessionDuration },
            now));
    }

    private static string TokenOf(Workload workload, DateTimeOffset now)
    {
        var header = new JsonObject { ["alg"] = "RS256", ["kid"] = "expected" };
        var claims = new JsonObject
        {
            ["iss"] = workload.Cluster.Issuer,
            ["sub"] = workload.Subject,
            ["aud"] = new JsonArray(workload.Audience),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["nbf"] = now.ToUnixTimeSeconds(),
            ["exp"] = (now + workload.TokenLifetime).ToUnixTimeSeconds(),
        };
        return string.Join('.', new[] { header.ToJsonString(), claims.ToJsonString(), "unsigned" }.Select(part => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part))));
    }
}
