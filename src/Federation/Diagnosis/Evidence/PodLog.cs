using System.Text.Json;
using System.Text.Json.Nodes;

namespace Federation.Diagnosis.Evidence;

/// <summary>What the validation pod's script writes into its log for this tool.</summary>
public static class PodLog
{
    /// <summary>Begins the line in which a refused pod shows its token: header and claims follow as JSON.</summary>
    private const string TokenLine = "federation-token ";

    /// <summary>Whether a line of the log shows the token.</summary>
    public static bool IsToken(string line) => line.StartsWith(TokenLine, StringComparison.Ordinal);

    /// <summary>The last readable token in the log; null if there is none.</summary>
    public static TokenEvidence? TokenOf(PodEvidence pod) =>
        pod.Log.Where(IsToken).Reverse().Select(line => Parse(line[TokenLine.Length..], pod)).FirstOrDefault(token => token is not null);

    private static TokenEvidence? Parse(string json, PodEvidence pod)
    {
        try
        {
            if (JsonNode.Parse(json) is not JsonObject shown || shown["claims"] is not JsonObject claims)
            {
                return null;
            }

            var where = $"{pod.Snapshot.Namespace}/{pod.Snapshot.Name}";
            return new TokenEvidence(pod.IsValidation ? "the validation pod" : $"the pod {where}")
            {
                Algorithm = Text("alg"),
                KeyId = Text("kid"),
                Claims = claims.DeepClone().AsObject(),
                Pod = where,
            };

            string? Text(string name) =>
                (shown["header"] as JsonObject)?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
        }
        catch (Exception broken) when (broken is JsonException or ArgumentException)
        {
            // Cut off, mixed with another line, or a member is given twice.
            return null;
        }
    }
}
