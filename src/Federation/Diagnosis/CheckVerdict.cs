using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Federation.Configuration;
using Federation.Diagnosis.Evidence;

namespace Federation.Diagnosis;

/// <summary>What a validation pod that ran to its end has proved, by its exit code, termination message and log.</summary>
public static partial class CheckVerdict
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
        if (exitCode == IdentityRefused)
        {
            return Identity(workload, waited, error);
        }

        return PermissionDenied().Match(string.Join('\n', log)) is { Success: true } denied
            ? new Finding
            {
                Code = FindingCodes.PermissionMissing,
                Resource = workload.RoleArn,
                Cause = $"The role was assumed, and the check `{workload.Verify.Run}` was denied: {denied.Value.Trim()}",
                Fix = $"Add a policy to role.policies of the workload {workload.Name} that allows it (a bucket or key policy, a permissions boundary or an organisation's policy can deny it too).",
                Actual = denied.Value.Trim(),
            }
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

    private static Finding Identity(Workload workload, TimeSpan waited, string? error)
    {
        var code = StsErrors.FirstOrDefault(known => error?.Contains(known.Text, StringComparison.Ordinal) == true).Code ?? FindingCodes.CheckFailed;
        return new Finding
        {
            Code = code,
            Resource = workload.RoleArn,
            Cause = code == FindingCodes.RoleNotYetVisible
                ? $"STS refuses the role although the provider, the trust policy and the token agree; {(waited > TimeSpan.Zero ? $"that was waited out for {waited.TotalSeconds:0} s" : "this run wrote nothing that could still be on its way")}: {error}"
                : $"The pod could not assume {workload.RoleArn}: {error ?? "the pod's log says no more"}",
            Fix = code == FindingCodes.RoleNotYetVisible
                ? "Run it again in a minute. If it stays so, look for a service or resource control policy of the AWS organisation that denies sts:AssumeRoleWithWebIdentity."
                : "Compare the role's trust policy and its provider in AWS with trust-policy.json of the rendered documents.",
            Actual = error,
        };
    }

    /// <summary>What STS writes (facts as recorded in September 2026; the older wording too), and the finding it stands for.</summary>
    private static readonly (string Text, string Code)[] StsErrors =
    [
        ("No OpenIDConnect provider found", FindingCodes.ProviderMissing),
        ("Incorrect token audience", FindingCodes.AudienceNotRegistered),
        ("could not be validated", FindingCodes.AudienceNotRegistered),
        ("retrieve verification key", FindingCodes.VerificationKeyUnavailable),
        ("more than one audience", FindingCodes.TokenAudiencesMany),
        ("Token expired", FindingCodes.TokenExpired),
        ("issued in the future", FindingCodes.TokenFromTheFuture),
        ("not yet valid", FindingCodes.TokenFromTheFuture),
        ("Missing a required claim", FindingCodes.TokenClaimMissing),
        ("not a valid JWT", FindingCodes.TokenMalformed),
        ("MaxSessionDuration", FindingCodes.SessionTooLong),
        ("Request ARN is invalid", FindingCodes.RoleArnWrong),
        ("Not authorized to perform sts:AssumeRoleWithWebIdentity", FindingCodes.RoleNotYetVisible),
    ];

    [GeneratedRegex(@"^.*(?:\(AccessDenied\w*\)|is not authorized to perform: ?\S+).*$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PermissionDenied();
}
