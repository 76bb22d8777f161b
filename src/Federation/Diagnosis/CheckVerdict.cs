using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;

namespace Federation.Diagnosis;

/// <summary>What a validation pod that ran to its end has proved, by its exit code, termination message and log.</summary>
public static class CheckVerdict
{
    /// <summary>The exit code with which the validation pod's script says that it could not become anybody.</summary>
    public const int IdentityRefused = 10;

    /// <summary>The assumed-role ARN in a termination message, which is the answer of <c>aws sts get-caller-identity</c>.</summary>
    public static string? AssumedRole(string? terminationMessage)
    {
        if (terminationMessage is null)
        {
            return null;
        }

        try
        {
            return
                JsonNode.Parse(terminationMessage) is JsonObject identity
                && identity["Arn"] is JsonValue value
                && value.TryGetValue<string>(out var arn)
                ? arn
                : null;
        }
        catch (Exception broken) when (broken is JsonException or ArgumentException)
        {
            // Not JSON, or with a member given twice.
            return null;
        }
    }

    /// <summary>The findings of a pod that ended with exit code zero: who it was must be who it should have been.</summary>
    public static IReadOnlyList<Finding> OfSuccess(Workload workload, string? assumedRole)
    {
        var expected = $"arn:{workload.Account.Partition}:sts::{workload.Account.Id}:assumed-role/{workload.Role.Name}/";
        if (assumedRole is not null && assumedRole.StartsWith(expected, StringComparison.Ordinal))
        {
            return [];
        }

        return
        [
            new Finding
            {
                Code = assumedRole is null ? FindingCodes.CheckFailed : FindingCodes.PodEnvironmentWrong,
                Resource = ResourceId.Aws(workload.Account.Id, ResourceKind.Role, workload.Role.Name).Value,
                Cause = assumedRole is null
                    ? "The check passed, but the pod did not say who it was, so nothing proves that it assumed the role."
                    : "The check passed as somebody else than the role that was to be proved.",
                Fix = assumedRole is null
                    ? "Let the pod write the answer of `aws sts get-caller-identity --output json` to /dev/termination-log, as the built-in validation-pod.yaml does."
                    : "Take other credentials (access keys, another AWS_ROLE_ARN) out of the pod's environment in your validation-pod.yaml.",
                Expected = expected + "*",
                Actual = assumedRole,
            },
        ];
    }
}
