using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Configuration;

namespace Federation.WebIdentity;

/// <summary>The text of a token without signature, to judge its header and claims.</summary>
internal static class UnsignedToken
{
    /// <summary>The token that a pod of the workload will hold, with the claims that GKE writes into it.</summary>
    public static string ForCluster(Workload workload, DateTimeOffset now) =>
        Expected(
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

    /// <summary>
    /// The ID token of the workload's Google service account, whose subject and authorized party are the account's unique id.
    /// </summary>
    public static string ForGoogle(Workload workload, string uniqueId, DateTimeOffset now) =>
        Expected(
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

    /// <summary>A token that was seen, from its claims.</summary>
    /// <param name="keyId">Null: its header has none.</param>
    public static string FromClaims(string algorithm, string? keyId, JsonObject claims)
    {
        var header = new JsonObject { ["alg"] = algorithm };
        if (keyId is not null)
        {
            header["kid"] = keyId;
        }

        return $"{Encode(header)}.{Encode(claims)}.unsigned";
    }

    private static string Expected(JsonObject claims) => FromClaims("RS256", "expected", claims);

    private static string Encode(JsonObject part) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part.ToJsonString()));
}
