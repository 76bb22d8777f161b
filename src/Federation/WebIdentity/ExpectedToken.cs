using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Configuration;

namespace Federation.WebIdentity;

/// <summary>
/// The token that a workload's pod is going to hold, as far as it can be told before there is one: for judging
/// policies. Its signature is none.
/// </summary>
public static class ExpectedToken
{
    /// <summary>The token of the Kubernetes service account, with the claims that GKE writes.</summary>
    public static string OfCluster(Workload workload, DateTimeOffset now) =>
        Encode(
            new JsonObject
            {
                ["iss"] = workload.Cluster.Issuer,
                ["sub"] = workload.Subject,
                ["aud"] = new JsonArray(workload.Audience),
                ["iat"] = now.ToUnixTimeSeconds(),
                ["nbf"] = now.ToUnixTimeSeconds(),
                ["exp"] = (now + workload.TokenLifetime).ToUnixTimeSeconds(),
            }
        );

    /// <summary>The ID token of the workload's Google service account, whose subject and authorized party are the account's unique id.</summary>
    public static string OfGoogle(Workload workload, string uniqueId, DateTimeOffset now) =>
        Encode(
            new JsonObject
            {
                ["iss"] = "https://" + ProviderUrl.Google,
                ["sub"] = uniqueId,
                ["azp"] = uniqueId,
                ["aud"] = workload.Audience,
                ["iat"] = now.ToUnixTimeSeconds(),
                ["exp"] = now.AddHours(1).ToUnixTimeSeconds(),
            }
        );

    private static string Encode(JsonObject claims)
    {
        var header = new JsonObject { ["alg"] = "RS256", ["kid"] = "expected" };
        return string.Join(
            '.',
            new[] { header.ToJsonString(), claims.ToJsonString(), "unsigned" }.Select(part =>
                Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part))
            )
        );
    }
}
