using Federation.Diagnosis.Evidence;
using Federation.Diagnosis.Texts;
using Federation.Findings;
using Federation.Policies;

namespace Federation.Diagnosis.Links;

/// <summary>
/// The result of the check, and what STS answered if an exchange was tried. A failure is reported only if no earlier link
/// has an error, because that error is then the cause.
/// </summary>
internal static class CheckLink
{
    /// <param name="explained">An earlier link has an error.</param>
    public static Link Examine(WorkloadCase subject, bool explained)
    {
        var workload = subject.Workload;
        var proof = subject.Pods.FirstOrDefault(pod => pod.IsValidation);
        var findings = new List<Finding>();
        string? held = null;
        if (proof?.Snapshot.Phase == "Succeeded")
        {
            var role = CheckVerdict.AssumedRole(
                proof.Snapshot.Containers.Select(container => container.TerminatedMessage).FirstOrDefault(message => message is not null)
            );
            findings.AddRange(CheckVerdict.CheckIdentity(workload, role));
            held = findings.Count == 0 ? role : null;
        }

        if (!explained)
        {
            findings.AddRange(subject.Pods.Select(pod => Failed(subject, pod)).OfType<Finding>());
            if (findings.Count == 0 && subject.Evidence.Aws.Exchange is { Code: { } code } exchange)
            {
                findings.Add(Refused(subject, ErrorTexts.Explain($"{code}: {exchange.Message}"), "STS, asked from here,"));
            }
        }

        return new Link("check", findings, workload.Verify.Run, held);
    }

    private static Finding? Failed(WorkloadCase subject, PodEvidence pod)
    {
        var text = string.Join('\n', pod.Log);
        switch (PodVerdict.From(pod.Snapshot, subject.Now))
        {
            case PodVerdict.Hopeless { Finding: { Kind.Class: FindingClass.PodEnded } ended }:
                return pod.IsValidation
                    ? ended with
                    {
                        Resource = subject.PodId(pod),
                    }
                    : ended with
                    {
                        // The end of a user's own pod is an error only if the user asked about that pod.
                        Severity = pod.IsNamed ? Severity.Error : Severity.Warning,
                        Resource = subject.PodId(pod),
                        Fix =
                            "This shows how it ended: "
                            + subject.Kubectl("describe", "pod", "-n", pod.Snapshot.Namespace, pod.Snapshot.Name),
                    };
            case PodVerdict.Failed(CheckVerdict.IdentityRefused, _) when pod.IsValidation:
                return Refused(subject, ErrorTexts.Explain(text), $"The pod {pod.Snapshot.Name}", LastError(pod)) with
                {
                    Resource = subject.PodId(pod),
                };
            case PodVerdict.Failed(var exitCode, _) when pod.IsValidation:
                return Denied(subject, text) ?? CommandFailed(subject, pod, exitCode);
            case PodVerdict.Undecided when pod.IsValidation:
                // It retries what was denied; the live policies say whether that can help.
                return PermissionTexts.Denied(text) is var (action, resource)
                    ? PermissionsLink.Explain(subject, action, resource ?? "*")
                    : null;
            default:
                // A user's own pod: only its log tells, and only while it fails.
                return PodChecks.IsFailing(pod) && ErrorTexts.Explain(text) is [var first, ..] recognised
                    ? (first.Kind.Class == FindingClass.ActionDenied ? Denied(subject, text) : null)
                        ?? Refused(subject, recognised, $"The pod {pod.Snapshot.Name}") with
                        {
                            Resource = subject.PodId(pod),
                        }
                    : null;
        }
    }

    private static Finding CommandFailed(WorkloadCase subject, PodEvidence pod, int exitCode)
    {
        var check = subject.Workload.Verify.Run;
        var error = LastError(pod);
        return new Finding
        {
            Code = FindingCodes.CheckFailed,
            Resource = subject.PodId(pod),
            Cause = $"The role was assumed, and the check `{check}` ended with exit code {exitCode}{(error is null ? "" : $": {error}")}.",
            Fix = "Run the command of `verify.run` by hand where it is known to work, and compare; its output is above.",
            Expected = "exit code 0",
            Actual = $"exit code {exitCode}",
        };
    }

    private static string? LastError(PodEvidence pod) =>
        pod.Log.LastOrDefault(line => line.Contains("rror", StringComparison.Ordinal) && !PodLog.IsToken(line))?.Trim();

    /// <summary>The role was assumed and an action denied: the live policies say why, or that the cause is elsewhere.</summary>
    private static Finding? Denied(WorkloadCase subject, string text)
    {
        if (ErrorTexts.ExplainDenials(text) is not [var denied, ..])
        {
            return null;
        }

        if (PermissionTexts.Denied(text) is not var (action, resource))
        {
            return denied with { Resource = subject.RoleId };
        }

        if (PermissionsLink.Explain(subject, action, resource ?? "*") is { } seen)
        {
            return seen;
        }

        return subject.Role?.Policies?.Found is null ? denied with { Resource = subject.RoleId }
            : PermissionTexts.BlamesTheRole(text)
                ? denied with
                {
                    Resource = subject.RoleId,
                    Cause =
                        $"{action} was denied because the role's policies or its boundary did not allow it. They do now: they "
                        + "were changed since then, or are not in force yet.",
                    Fix = "Run `--target=Verify`, which tries again; a pod that was kept from an earlier run can be deleted.",
                }
            : denied with
            {
                Resource = subject.RoleId,
                Cause =
                    (PermissionTexts.NamesNoPolicy(text) ? $"The role was assumed, and {action} was denied." : denied.Cause)
                    + $" The role's own policies allow {action}: check the policy of the bucket or key, and the organisation's.",
            };
    }

    /// <summary>STS refused, and nothing that can be read from here says why.</summary>
    private static Finding Refused(WorkloadCase subject, IReadOnlyList<Finding> recognised, string who, string? said = null)
    {
        var workload = subject.Workload;
        if (recognised is not [var first, ..])
        {
            return new Finding
            {
                Code = FindingCodes.CheckFailed,
                Resource = subject.RoleId,
                Cause =
                    $"{who} could not assume {workload.RoleArn}, and no known error was found in what it "
                    + $"wrote{(said is null ? "" : $": {said}")}.",
                Fix = "Read its log: the error's text says what happened.",
                Actual = said,
            };
        }

        if (first.Kind.Class != FindingClass.RoleRefused || (subject.Role is null && subject.Evidence.WrittenAgo is null))
        {
            return first with { Resource = subject.RoleId };
        }

        var age = subject.Role?.Created is { } created ? subject.Now - created : (TimeSpan?)null;
        var isYoung = subject.Evidence.WrittenAgo is not null || age < TimeSpan.FromMinutes(5);
        if (!isYoung && subject is { Role: { } role, TrustUndecided.Undecided: [var undecided, ..] })
        {
            // STS knows the condition keys that are not known from here, and refused.
            var condition = TrustLink.Undecided(subject, role, undecided);
            return condition with
            {
                Severity = Severity.Error,
                Cause = $"STS refuses {who} the role, and only this explains it: {condition.Cause}",
            };
        }

        return new Finding
        {
            Code = FindingCodes.RoleNotYetVisible,
            Resource = subject.RoleId,
            Cause =
                $"STS refuses {who} the role although provider, trust policy and token agree"
                + (
                    isYoung
                        ? $"; the role {RoleAge()}, and STS may not see it everywhere yet."
                        : "; what denies it cannot be read from the role: for example a service or resource control policy of "
                            + "the organisation."
                ),
            Fix = isYoung
                ? "Run it again in a minute: new roles were seen to take up to eleven seconds."
                : "Ask the administrators of the AWS organisation for a policy that denies sts:AssumeRoleWithWebIdentity; if the "
                    + "role was just changed by hand, run it again in a minute.",
            Expected = StsActions.AssumeRoleWithWebIdentity + " allowed",
            Actual = first.Actual,
        };

        string RoleAge() =>
            subject.Evidence.WrittenAgo is { } written
                ? $"was written {Wording.Duration(written)} ago"
                : $"is {Wording.Duration(age!.Value)} old";
    }
}
