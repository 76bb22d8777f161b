using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Planning;

namespace Federation.Templates;

/// <summary>What the trust policy of a role must be before any cloud is asked.</summary>
internal static class TrustPolicyCheck
{
    /// <summary>IAM's default quota for a role trust policy, white space not counted (IAM User Guide, "IAM and AWS STS quotas").</summary>
    private const int LargestTrustPolicy = 2048;

    private static readonly JsonSerializerOptions Minified = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Add(List<Finding> findings, Workload workload, Template template, JsonObject trust)
    {
        var statements = trust["Statement"] switch
        {
            JsonArray array => [.. array],
            JsonObject single => new List<JsonNode?> { single },
            _ => [],
        };
        var sid = Mark.TrustSid(workload);
        if (!statements.Exists(statement => statement is JsonObject document && string.Equals(document["Sid"]?.ToString(), sid, StringComparison.Ordinal)))
        {
            findings.Add(template.Invalid(
                template.Root.Span.Start,
                $"No statement of the template {template.File} has the Sid {sid} for the workload {workload.Name}: it would not be known again as this federation's.",
                "Write \"Sid\": \"${trust.sid}\" into the statement."));
        }

        var size = trust.ToJsonString(Minified).Length;
        if (size > LargestTrustPolicy)
        {
            findings.Add(new Finding
            {
                Code = FindingCodes.TrustPolicyTooLarge,
                Cause = $"The trust policy of the role {workload.Role.Name} has {size} characters, white space not counted; IAM allows {LargestTrustPolicy}.",
                Fix = "Give each cluster, or each group of service accounts, a role of its own.",
                Resource = ResourceId.Aws(workload.Account.Id, "role", workload.Role.Name).Value,
                Expected = $"at most {LargestTrustPolicy}",
                Actual = $"{size}",
                Location = workload.Location,
            });
        }
    }
}
