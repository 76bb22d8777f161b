using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Configuration;

namespace Federation.Templates;

/// <summary>
/// The <c>Sid</c>s of a federation's statements in its roles' trust policies: <c>Federation</c>, the federation, what the
/// statement is for, and a hash of both. IAM allows ASCII letters and digits only, and every character counts in the size of the
/// policy, so the names are shortened; the hash tells apart what then reads alike (<c>a</c> with <c>bc</c>, <c>ab</c> with
/// <c>c</c>).
/// </summary>
public static class TrustSid
{
    private const string Prefix = "Federation";
    private const int LongestName = 16;
    private const int HashLength = 8;

    /// <summary>
    /// The Sid of the statement that trusts the issuer of a workload: its cluster's, or Google's for its service account.
    /// </summary>
    public static string Of(string federation, Workload workload) =>
        workload.Identity == IdentityKind.Google
            ? Named(
                federation,
                Short(workload.Cluster.Key) + "Google" + Short(workload.GoogleServiceAccount ?? ""),
                ["google", workload.Cluster.Key, workload.GoogleServiceAccount ?? ""]
            )
            : Named(federation, Short(workload.Cluster.Key), ["cluster", workload.Cluster.Key]);

    /// <summary>The Sid of a statement that stands only until a move is proved.</summary>
    /// <param name="about">What tells it from others of its role.</param>
    public static string OfOld(string federation, string about) => Named(federation, "Old", ["old", about]);

    /// <summary>
    /// Gives every statement of a rendered trust policy a Sid that carries the federation. One that begins with the workload's
    /// own Sid, which a template writes as <c>${trust.sid}</c>, has it already.
    /// </summary>
    internal static void Sign(JsonObject trust, string federation, Workload workload)
    {
        var own = Of(federation, workload);
        var statements = trust["Statement"] is JsonArray list ? [.. list] : (JsonNode?[])[trust["Statement"]];
        foreach (var statement in statements.OfType<JsonObject>())
        {
            var sid = statement["Sid"] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
            if (!sid.StartsWith(own, StringComparison.Ordinal))
            {
                statement["Sid"] = Named(federation, sid, ["template", sid]);
            }
        }
    }

    /// <summary>The Sid that versions of this tool up to 1.0 gave to the statement that has this one now.</summary>
    public static string FormerOf(string federation, Workload workload, string sid)
    {
        var own = Of(federation, workload);
        if (sid.StartsWith(own, StringComparison.Ordinal))
        {
            return FormerOf(workload) + sid[own.Length..];
        }

        var start = Prefix.Length + Short(federation).Length;
        var template = sid.Length >= start + HashLength ? sid[start..^HashLength] : sid;
        return template.StartsWith(Prefix, StringComparison.Ordinal) ? template : Prefix + template;
    }

    /// <summary>The former Sid of the workload's own statement.</summary>
    public static string FormerOf(Workload workload) =>
        Prefix
        + Pascal(workload.Cluster.Key)
        + (workload.Identity == IdentityKind.Google ? "Google" + Pascal(workload.GoogleServiceAccount ?? "") : "");

    private static string Named(string federation, string name, ReadOnlySpan<string> about) =>
        $"{Prefix}{Short(federation)}{name}{Hash([federation, .. about])}";

    private static string Hash(ReadOnlySpan<string> parts)
    {
        var text = Encoding.UTF8.GetBytes(string.Join('\n', parts!));
        return Convert.ToHexString(SHA256.HashData(text))[..HashLength];
    }

    private static string Short(string name) => Pascal(name) is { Length: > LongestName } pascal ? pascal[..LongestName] : Pascal(name);

    private static string Pascal(string name) =>
        string.Concat(
            name.Split([.. name.Where(letter => !char.IsAsciiLetterOrDigit(letter)).Distinct()], StringSplitOptions.RemoveEmptyEntries)
                .Select(part => char.ToUpperInvariant(part[0]) + part[1..])
        );
}
