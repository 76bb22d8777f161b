using Federation.Configuration;
using Federation.Findings;
using Federation.WebIdentity;

namespace Federation.Diagnosis.Links;

/// <summary>The role itself: there, under the ARN that the pods name, and with sessions as long as configured.</summary>
internal static class RoleLink
{
    public static Link Examine(Case @case)
    {
        var workload = @case.Workload;
        var reading = @case.IsTheAccount ? @case.Evidence.Aws.Role : null;
        if (reading is null)
        {
            return new Link("role", [], workload.RoleArn, Held: null);
        }

        if (reading.Found is not { } role)
        {
            return new Link("role", [reading.Refused ?? Missing(@case)], workload.RoleArn, Held: null);
        }

        var findings = new List<Finding>();
        if (role.Arn != workload.RoleArn)
        {
            var isCase = role.Arn.Equals(workload.RoleArn, StringComparison.OrdinalIgnoreCase);
            findings.Add(
                new Finding
                {
                    Code = FindingCodes.RoleArnWrong,
                    Resource = @case.RoleId,
                    Cause =
                        $"The role {workload.Role.Name} is there, but under another ARN than the one the pods are given: {(isCase ? "the two differ in case, which counts in an ARN" : "its path differs, and the path is part of the ARN")}.",
                    Fix = RoleArn.TryParse(role.Arn, out var own)
                        ? $"Set name: {own.Name} and path: {own.Path} under role of the workload {workload.Name} in federation.yaml; IAM neither renames nor moves a role."
                        : "Set role.name and role.path to the role's own; IAM neither renames nor moves a role.",
                    Expected = workload.RoleArn,
                    Actual = role.Arn,
                }
            );
        }

        if (role.MaxSessionDuration < workload.Role.MaxSessionDuration)
        {
            findings.Add(
                new Finding
                {
                    Code = FindingCodes.SessionTooLong,
                    Resource = @case.RoleId,
                    Cause =
                        $"Sessions of {workload.Role.Name} are to last up to {Seconds(workload.Role.MaxSessionDuration)}, and the role allows {Seconds(role.MaxSessionDuration)}: STS refuses whoever asks for more.",
                    Fix = @case.Mend(
                        ExistingResources.Role,
                        @case.Aws(
                            "iam",
                            "update-role",
                            "--role-name",
                            workload.Role.Name,
                            "--max-session-duration",
                            $"{workload.Role.MaxSessionDuration.TotalSeconds:0}"
                        )
                    ),
                    Expected = Seconds(workload.Role.MaxSessionDuration),
                    Actual = Seconds(role.MaxSessionDuration),
                }
            );
        }

        return new Link("role", findings, workload.RoleArn, role.Arn);
    }

    private static Finding Missing(Case @case)
    {
        var role = @case.Workload.Role;
        return new Finding
        {
            Code = FindingCodes.RoleMissing,
            Resource = @case.RoleId,
            Cause = $"The account {@case.Workload.Account.Id} has no role {role.Name}.",
            Fix = @case.Mend(
                ExistingResources.Role,
                @case.Aws([
                    "iam",
                    "create-role",
                    "--role-name",
                    role.Name,
                    "--path",
                    role.Path,
                    "--max-session-duration",
                    $"{role.MaxSessionDuration.TotalSeconds:0}",
                    .. role.PermissionsBoundary is { } boundary ? new[] { "--permissions-boundary", boundary } : [],
                    "--assume-role-policy-document",
                    @case.Evidence.TrustPolicy.ToMinifiedJson(),
                ])
            ),
            Expected = @case.Workload.RoleArn,
            Actual = "(none)",
        };
    }

    private static string Seconds(TimeSpan duration) => $"{duration.TotalSeconds:0} s";
}
