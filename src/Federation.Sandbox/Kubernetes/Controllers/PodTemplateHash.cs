using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Admission;
using Federation.Sandbox.Kubernetes.Endpoints;

namespace Federation.Sandbox.Kubernetes.Controllers;

/// <summary>The short name of a pod template, for the name of its ReplicaSet and a label of its pods.</summary>
internal static class PodTemplateHash
{
    /// <summary>The FNV-1a hash of the template's JSON, in the letters of generated names.</summary>
    public static string Compute(JsonNode template)
    {
        const uint basis = 2166136261;
        const uint prime = 16777619;
        var hash = Exchange.Serialize(template).Aggregate(basis, static (hash, next) => unchecked((hash ^ next) * prime));
        return string.Concat(
            hash.ToString(System.Globalization.CultureInfo.InvariantCulture)
                .Select(static digit => RandomNames.Alphabet[digit % RandomNames.Alphabet.Length])
        );
    }
}
