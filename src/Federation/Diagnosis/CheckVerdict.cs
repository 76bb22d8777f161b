using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;

namespace Federation.Diagnosis;

/// <summary>What a finished validation pod proves, by its exit code, termination message and log.</summary>
public static class CheckVerdict
{
    /// <summary>The exit code of the validation pod's script when STS gave it no identity.</summary>
    public const int IdentityRefused = 10;

    /// <summary>
    /// The assumed-role ARN in a termination message, which holds the output of <c>aws sts get-caller-identity</c>; null if
    /// there is none.
    /// </summary>
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
            // Not JSON, or a member is given twice.
            return null;
        }
    }

    /// <summary>An error if a pod that ended with exit code zero did not run as the role.</summary>
    public static IReadOnlyList<Finding> CheckIdentity(Workload workload, string? assumedRole)
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
                    ? "The check passed, but the pod did not say which identity it had, so nothing proves that it assumed the role."
                    : "The check passed with another identity than the role that was to be proved.",
                Fix = assumedRole is null
                    ? "Let the pod write the output of `aws sts get-caller-identity --output json` to /dev/termination-log, as "
                        + "the built-in validation-pod.yaml does."
                    : "Remove other credentials (access keys, another AWS_ROLE_ARN) from the pod's environment in your "
                        + "validation-pod.yaml.",
                Expected = expected + "*",
                Actual = assumedRole,
            },
        ];
    }
}
