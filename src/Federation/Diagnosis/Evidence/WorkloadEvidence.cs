using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Findings;
using Federation.Policies;
using Federation.Templates;
using Federation.WebIdentity;

namespace Federation.Diagnosis.Evidence;

/// <summary>
/// Everything that is known about one workload: what it should be, and what each cloud has. It holds no secrets: only the
/// claims of a token, and no environment variable that could be a key.
/// </summary>
public sealed record WorkloadEvidence
{
    /// <summary>The workload as configured.</summary>
    public required Workload Workload { get; init; }

    /// <summary>The name of the federation; null in evidence of versions that did not keep it.</summary>
    public string? Federation { get; init; }

    /// <summary>The trust policy that its role should have: for a shared role, the union of all its workloads.</summary>
    public required PolicyDocument TrustPolicy { get; init; }

    /// <summary>The inline permissions policies that its role should have, by name.</summary>
    public required IReadOnlyDictionary<string, PolicyDocument> PermissionsPolicies { get; init; }

    public GoogleEvidence Google { get; init; } = new();

    public KubernetesEvidence Kubernetes { get; init; } = new();

    public AwsEvidence Aws { get; init; } = new();

    /// <summary>The tokens that were seen, from any source.</summary>
    public IReadOnlyList<TokenEvidence> Tokens { get; init; } = [];

    /// <summary>What was asked for and failed, such as requesting a token.</summary>
    public IReadOnlyList<Finding> Refused { get; init; } = [];

    /// <summary>Warnings of the FED11xx group count as errors.</summary>
    public bool Strict { get; init; }

    /// <summary>How long ago this run wrote the workload's role or provider, which STS may not see yet; null if it wrote neither.</summary>
    public TimeSpan? WrittenAgo { get; init; }

    /// <summary>The evidence before anything is read: only what the rendered documents say.</summary>
    /// <param name="sharing">All workloads that share its role, itself included.</param>
    public static WorkloadEvidence FromDocuments(RenderedWorkload rendered, IEnumerable<RenderedWorkload> sharing, bool strict = false) =>
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

/// <summary>What may be shown of a token: its header's algorithm and key id, and its claims.</summary>
/// <param name="Source">Where it was seen, for texts: <c>the validation pod</c>, a file's path.</param>
/// <param name="Defect">Why it is not a JWT; then there are no claims.</param>
public sealed record TokenEvidence(string Source, TokenDefect Defect = TokenDefect.None)
{
    /// <summary>Null if the header was not seen; empty if it names no algorithm.</summary>
    public string? Algorithm { get; init; }

    public string? KeyId { get; init; }

    /// <summary>If a claim is given twice the last one counts, as for STS.</summary>
    public JsonObject? Claims { get; init; }

    /// <summary>A claim that is given more than once; null if there is none.</summary>
    public string? RepeatedClaim { get; init; }

    /// <summary>Whether a published key verifies it; null if its signature or the keys were not available.</summary>
    public bool? SignatureHolds { get; init; }

    /// <summary>The pod that it belongs to, <c>NAMESPACE/NAME</c>; null if it was seen elsewhere.</summary>
    public string? Pod { get; init; }

    /// <summary>Keeps what may be shown of a token, and not its signature.</summary>
    public static TokenEvidence FromText(string source, string text) =>
        WebIdentityToken.TryParse(text, out var token, out var defect)
            ? new(source)
            {
                Algorithm = token.Algorithm ?? "",
                KeyId = token.KeyId,
                Claims = (JsonObject)Node(token.Claims)!,
                RepeatedClaim = token
                    .Claims.EnumerateObject()
                    .GroupBy(claim => claim.Name, StringComparer.Ordinal)
                    .FirstOrDefault(claims => claims.Skip(1).Any())
                    ?.Key,
            }
            : new(source, defect);

    // JsonNode.Parse would throw if a member is given twice.
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
