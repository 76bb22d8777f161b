using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Endpoints;

namespace Federation.Sandbox.Kubernetes.Controllers;

/// <summary>A short name for a pod template: its ReplicaSet's, and a label of its pods.</summary>
internal static class PodTemplateHash
{
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>FNV-1a over the template's JSON, in the letters of generated names.</summary>
    public static string Of(JsonNode template)
    {
        const uint basis = 2166136261;
        const uint prime = 16777619;
        var hash = Exchange.Serialize(template).Aggregate(basis, static (hash, next) => unchecked((hash ^ next) * prime));
        return string.Concat(
            hash.ToString(System.Globalization.CultureInfo.InvariantCulture).Select(static digit => Alphabet[digit % Alphabet.Length])
        );
    }
}
