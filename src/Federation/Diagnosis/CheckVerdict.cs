using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Diagnosis.Evidence;

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
            return JsonNode.Parse(terminationMessage) is JsonObject identity ? (string?)identity["Arn"] : null;
        }
        catch (JsonException)
        {
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
                Resource = workload.RoleArn,
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

    /// <summary>The finding of a pod that ended with another exit code.</summary>
    /// <param name="waited">How long a refusal of the identity was waited out; none if this run had written nothing to wait for.</param>
    /// <param name="log">The last lines of the pod's log.</param>
    public static Finding OfFailure(Workload workload, int exitCode, TimeSpan waited, IReadOnlyList<string> log)
    {
        var error = log.LastOrDefault(line => line.Contains("rror", StringComparison.Ordinal) && !PodLog.IsToken(line))?.Trim();
        var text = string.Join('\n', log);
        if (exitCode == IdentityRefused)
        {
            return Identity(workload, waited, ErrorTexts.Explain(text) is [var first, ..] ? first : null, error);
        }

        return ErrorTexts.ExplainRefusals(text) is [var denied, ..]
            ? denied with { Resource = workload.RoleArn, Cause = $"The check `{workload.Verify.Run}` was denied. {denied.Cause}" }
            : new Finding
            {
                Code = FindingCodes.CheckFailed,
                Resource = workload.RoleArn,
                Cause = $"The role was assumed, and the check `{workload.Verify.Run}` ended with exit code {exitCode}{(error is null ? "" : $": {error}")}.",
                Fix = "Run the command of `verify.run` by hand where it is known to work, and compare; its output stands above.",
                Expected = "exit code 0",
                Actual = $"exit code {exitCode}",
            };
    }

    private static Finding Identity(Workload workload, TimeSpan waited, Finding? explained, string? error) => explained switch
    {
        null => new Finding
        {
            Code = FindingCodes.CheckFailed,
            Resource = workload.RoleArn,
            Cause = $"The pod could not assume {workload.RoleArn}: {error ?? "the pod's log says no more"}",
            Fix = "Compare the role's trust policy and its provider in AWS with trust-policy.json of the rendered documents.",
            Actual = error,
        },
        // The documents are known to agree: of all that this refusal stands for, being on its way is left.
        { Code: FindingCodes.TrustSubjectMismatch } => explained with
        {
            Code = FindingCodes.RoleNotYetVisible,
            Resource = workload.RoleArn,
            Cause = $"STS refuses the role although the provider, the trust policy and the token agree; {(waited > TimeSpan.Zero ? $"that was waited out for {waited.TotalSeconds:0} s" : "this run wrote nothing that could still be on its way")}: {explained.Actual}",
            Fix = "Run it again in a minute. If it stays so, look for a service or resource control policy of the AWS organisation that denies sts:AssumeRoleWithWebIdentity.",
        },
        _ => explained with { Resource = workload.RoleArn, Cause = $"The pod could not assume {workload.RoleArn}. {explained.Cause}" },
    };
}
