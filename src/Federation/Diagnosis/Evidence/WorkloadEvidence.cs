using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Findings;
using Federation.Policies;
using Federation.Templates;
using Federation.WebIdentity;

namespace Federation.Diagnosis.Evidence;

/// <summary>
/// All that was read about one workload: what it should be, and what each cloud has. Data only, and none of it
/// secret: of a token the claims, of a pod's environment no value that could be a key.
/// </summary>
public sealed record WorkloadEvidence
{
    /// <summary>The workload as configured.</summary>
    public required Workload Workload { get; init; }

    /// <summary>The name of the federation; null in evidence of versions that did not keep it.</summary>
    public string? Federation { get; init; }

    /// <summary>The trust policy that its role should have; of a shared role the union.</summary>
    public required PolicyDocument TrustPolicy { get; init; }

    /// <summary>The inline permissions policies that its role should have, by name.</summary>
    public required IReadOnlyDictionary<string, PolicyDocument> PermissionsPolicies { get; init; }

    public GoogleEvidence Google { get; init; } = new();

    public KubernetesEvidence Kubernetes { get; init; } = new();

    public AwsEvidence Aws { get; init; } = new();

    /// <summary>Tokens that were looked at, of whatever source.</summary>
    public IReadOnlyList<TokenEvidence> Tokens { get; init; } = [];

    /// <summary>What was asked for and could not be done, such as an exchange tried from here.</summary>
    public IReadOnlyList<Finding> Refused { get; init; } = [];

    /// <summary>Warnings of the FED11xx group count as errors.</summary>
    public bool Strict { get; init; }

    /// <summary>How long ago this run wrote the workload's role or provider, which STS may not see yet; none if it wrote neither.</summary>
    public TimeSpan? WrittenAgo { get; init; }

    /// <summary>The evidence of what the documents say, before anything is read.</summary>
    /// <param name="sharing">All workloads of the federation whose role this one shares, itself included.</param>
    public static WorkloadEvidence Of(RenderedWorkload rendered, IEnumerable<RenderedWorkload> sharing, bool strict = false) =>
        new()
        {
            Workload = rendered.Workload,
            Strict = strict,
            TrustPolicy = TrustPolicies.Merge(sharing.Select(other => PolicyDocument.Parse(other.TrustPolicy))),
            PermissionsPolicies = rendered.PermissionsPolicies.ToDictionary(
                policy => policy.Key,
                policy => PolicyDocument.Parse(policy.Value),
                StringComparer.Ordinal
            ),
        };
}

/// <summary>A token as far as it may be shown: its header's algorithm and key id, and its claims.</summary>
/// <param name="Source">Where it was seen, for a person: <c>the validation pod</c>, a file's path.</param>
/// <param name="Defect">What is wrong with it if it is no JWT; then there are no claims.</param>
public sealed record TokenEvidence(string Source, TokenDefect Defect = TokenDefect.None)
{
    /// <summary>Null: nobody saw the header. Empty: it names none.</summary>
    public string? Algorithm { get; init; }

    public string? KeyId { get; init; }

    /// <summary>Of a claim given twice the last counts, as it does for STS.</summary>
    public JsonObject? Claims { get; init; }

    /// <summary>Whether a published key verifies it; none where its signature or the keys were not to be had.</summary>
    public bool? SignatureHolds { get; init; }

    /// <summary>The pod it belongs to, <c>NAMESPACE/NAME</c>; none if it was seen elsewhere.</summary>
    public string? Pod { get; init; }

    /// <summary>Takes what may be shown out of a token's text, which is then forgotten.</summary>
    public static TokenEvidence Of(string source, string text) =>
        WebIdentityToken.TryParse(text, out var token, out var defect)
            ? new(source)
            {
                Algorithm = token.Algorithm ?? "",
                KeyId = token.KeyId,
                Claims = (JsonObject)Node(token.Claims)!,
            }
            : new(source, defect);

    // JsonNode itself would throw at the second member of a name.
    private static JsonNode? Node(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var members = new JsonObject();
                foreach (var member in value.EnumerateObject())
                {
                    members[member.Name] = Node(member.Value);
                }

                return members;
            case JsonValueKind.Array:
                return new JsonArray([.. value.EnumerateArray().Select(Node)]);
            case JsonValueKind.Null:
                return null;
            default:
                return JsonValue.Create(value);
        }
    }
}
