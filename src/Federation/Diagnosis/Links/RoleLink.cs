using Federation.Configuration;
using Federation.Findings;
using Federation.WebIdentity;

namespace Federation.Diagnosis.Links;

/// <summary>The role must exist under the ARN that the pods name, and allow sessions as long as configured.</summary>
internal static class RoleLink
{
    public static Link Examine(WorkloadCase subject)
    {
        var workload = subject.Workload;
        var reading = subject.IsTheAccount ? subject.Evidence.Aws.Role : null;
        if (reading is null)
        {
            return new Link("role", [], workload.RoleArn, Held: null);
        }

        if (reading.Found is not { } role)
        {
            return new Link("role", [reading.Refused ?? Missing(subject)], workload.RoleArn, Held: null);
        }

        var findings = new List<Finding>();
        if (role.Arn != workload.RoleArn)
        {
            var isCase = role.Arn.Equals(workload.RoleArn, StringComparison.OrdinalIgnoreCase);
            findings.Add(
                new Finding
                {
                    Code = FindingCodes.RoleArnWrong,
                    Resource = subject.RoleId,
                    Cause =
                        $"The role {workload.Role.Name} exists, but under another ARN than the one that the pods get: "
                        + (
                            isCase
                                ? "the two differ in case, which counts in an ARN."
                                : "its path differs, and the path is part of the ARN."
                        ),
                    Fix = RoleArn.TryParse(role.Arn, out var own)
                        ? $"Set name: {own.Name} and path: {own.Path} under role of the workload {workload.Name} in "
                            + "federation.yaml; IAM cannot rename or move a role."
                        : "Set role.name and role.path to the role's own; IAM cannot rename or move a role.",
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
                    Resource = subject.RoleId,
                    Cause =
                        $"Sessions of {workload.Role.Name} should last up to "
                        + $"{Wording.Seconds(workload.Role.MaxSessionDuration)}, but the role allows "
                        + $"{Wording.Seconds(role.MaxSessionDuration)}, and STS refuses longer ones.",
                    Fix = subject.ApplyOr(
                        ExistingResources.Role,
                        subject.Aws(
                            "iam",
                            "update-role",
                            "--role-name",
                            workload.Role.Name,
                            "--max-session-duration",
                            $"{workload.Role.MaxSessionDuration.TotalSeconds:0}"
                        )
                    ),
                    Expected = Wording.Seconds(workload.Role.MaxSessionDuration),
                    Actual = Wording.Seconds(role.MaxSessionDuration),
                }
            );
        }

        return new Link("role", findings, workload.RoleArn, role.Arn);
    }

    private static Finding Missing(WorkloadCase subject)
    {
        var role = subject.Workload.Role;
        return new Finding
        {
            Code = FindingCodes.RoleMissing,
            Resource = subject.RoleId,
            Cause = $"The account {subject.Workload.Account.Id} has no role {role.Name}.",
            Fix = subject.ApplyOr(
                ExistingResources.Role,
                subject.Aws([
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
                    subject.Evidence.TrustPolicy.ToMinifiedJson(),
                ])
            ),
            Expected = subject.Workload.RoleArn,
            Actual = "(none)",
        };
    }
}
