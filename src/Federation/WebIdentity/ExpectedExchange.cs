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
            new AssumeRoleWithWebIdentityRequest(workload.RoleArn, workload.Name, ExpectedToken.OfCluster(workload, now)),
            new OpenIdConnectProvider(workload.ProviderArn, workload.Cluster.IssuerPath, [workload.Audience]),
            new IssuerKeys.Assumed(),
            new AssumableRole(workload.RoleArn, RoleId: "", PolicyDocument.Parse(rendered.TrustPolicy)) { MaxSessionDuration = workload.Role.MaxSessionDuration },
            now));
    }
}
