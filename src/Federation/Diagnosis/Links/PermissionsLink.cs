using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Policies;
using Federation.WebIdentity;

namespace Federation.Diagnosis.Links;

/// <summary>
/// Compares what the role may do with what it should be able to do: every action and resource that the configured policies
/// allow is evaluated against the live policies and boundary.
/// </summary>
internal static class PermissionsLink
{
    public static Link Examine(WorkloadCase subject)
    {
        var wanted = ConfiguredRequests(subject);
        var expected = wanted.Count == 0 ? null : Wording.Some(wanted.Select(request => request.Action));
        if (subject.Role is not { Policies: { } reading } role)
        {
            return new Link("permissions", [], expected, Held: null);
        }

        if (reading.Found is not { } policies)
        {
            return new Link("permissions", reading.Refused is { } refused ? [refused] : [], expected, Held: null);
        }

        // If some policies could not be read, only an explicit Deny is certain.
        var isWhole = reading.Refused is null;
        var findings = new List<Finding>(isWhole ? [] : [reading.Refused!]);
        if (role is { BoundaryArn: not null, Boundary.Refused: { } unread })
        {
            findings.Add(unread);
        }

        findings.AddRange(Unattached(subject, policies));
        findings.AddRange(
            wanted
                .Select(request => (Request: request, Verdict: Ask(role, request)))
                .Where(asked => asked.Verdict.Decision is PolicyDecision.ExplicitDeny || (isWhole && !asked.Verdict.IsAllowed))
                .GroupBy(asked => (asked.Verdict.Decision, asked.Verdict.BlockedBy, asked.Verdict.Statement?.PolicyName))
                .Select(group => NotAllowed(subject, role, group.First().Verdict, [.. group.Select(asked => asked.Request)]))
        );
        findings.AddRange(
            policies
                .SelectMany(policy => PolicyLint.Permissions(policy.Document, policy.Name, subject.Strict))
                .Select(finding => finding with { Resource = subject.RoleId })
        );
        return new Link(
            "permissions",
            findings,
            expected,
            !isWhole || findings.Exists(finding => finding.Severity == Severity.Error) ? null : expected ?? "(none configured)"
        );
    }

    /// <summary>Why the role's own policies deny an action that was denied; null if they allow it, or were not read.</summary>
    public static Finding? Explain(WorkloadCase subject, string action, string resource)
    {
        if (subject.Role is not { Policies: { Found: not null, Refused: null } } role)
        {
            return null;
        }

        var request = new PolicyRequest(action, resource, Context(subject, role));
        return Ask(role, request) is { IsAllowed: false } verdict
            ? NotAllowed(subject, role, verdict, [request]) with
            {
                // The call was denied, so what was open is decided.
                Severity = Severity.Error,
            }
            : null;
    }

    // Patterns in the desired policy are tested literally: they count as allowed only if one statement covers the whole pattern.
    private static List<PolicyRequest> ConfiguredRequests(WorkloadCase subject)
    {
        var context = Context(subject, subject.Role);
        return
        [
            .. subject
                .Evidence.PermissionsPolicies.OrderBy(policy => policy.Key, StringComparer.Ordinal)
                .SelectMany(policy => policy.Value.Statements)
                .Where(statement => statement is { Effect: PolicyEffect.Allow, Conditions: [] })
                .SelectMany(statement => statement.Actions ?? [], (statement, action) => (action, resources: statement.Resources ?? []))
                .SelectMany(pair => pair.resources, (pair, resource) => new PolicyRequest(pair.action, resource, context)),
        ];
    }

    private static RequestContext Context(WorkloadCase subject, RoleEvidence? role) =>
        new(
            new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase)
            {
                ["aws:PrincipalArn"] = [role?.Arn ?? subject.Workload.RoleArn],
                ["aws:PrincipalAccount"] = [subject.Workload.Account.Id],
                ["aws:PrincipalType"] = ["AssumedRole"],
                ["aws:PrincipalIsAWSService"] = ["false"],
                ["aws:ViaAWSService"] = ["false"],
                ["aws:RequestedRegion"] = [subject.Workload.Account.Region],
                ["aws:SecureTransport"] = ["true"],
                ["aws:FederatedProvider"] = [subject.Principal],
            },
            ConditionKeys.InSession
        );

    private static PolicyVerdict Ask(RoleEvidence role, PolicyRequest request)
    {
        var boundary =
            role is { BoundaryArn: { } arn, Boundary: { } read } && (read.Found is not null || read.IsAbsent)
                // A boundary whose policy no longer exists allows nothing.
                ? new NamedPolicy(arn, read.Found ?? new PolicyDocument { Statements = [] })
                : null;
        return PolicyEvaluator.Evaluate(request, role.Policies!.Found!, boundary);
    }

    private static IEnumerable<Finding> Unattached(WorkloadCase subject, IReadOnlyList<NamedPolicy> policies) =>
        subject
            .Workload.Role.Policies.OfType<PolicyReference.Managed>()
            .Where(managed => !policies.Any(policy => policy.Name == managed.Arn))
            .Select(managed => new Finding
            {
                Code = FindingCodes.PermissionMissing,
                Resource = subject.RoleId,
                Cause = $"The managed policy {managed.Arn} is not attached to the role {subject.Workload.Role.Name}.",
                Fix = subject.ApplyOr(
                    ExistingResources.Role,
                    subject.Aws("iam", "attach-role-policy", "--role-name", subject.Workload.Role.Name, "--policy-arn", managed.Arn)
                ),
                Expected = managed.Arn,
                Actual = policies
                    .Where(policy => policy.Name.StartsWith("arn:", StringComparison.Ordinal))
                    .Select(policy => policy.Name)
                    .ToArray()
                    is { Length: > 0 } attached
                    ? string.Join(", ", attached)
                    : "(none attached)",
            });

    private static Finding NotAllowed(
        WorkloadCase subject,
        RoleEvidence role,
        PolicyVerdict verdict,
        IReadOnlyList<PolicyRequest> requests
    ) => verdict.Decision is PolicyDecision.Undecided ? Undecided(subject, verdict, requests) : Blocked(subject, role, verdict, requests);

    /// <summary>A warning: only the service knows whether the call is allowed.</summary>
    private static Finding Undecided(WorkloadCase subject, PolicyVerdict verdict, IReadOnlyList<PolicyRequest> requests)
    {
        var what =
            $"{Wording.Some(requests.Select(request => request.Action))} on {Wording.Some(requests.Select(request => request.Resource))}";
        var conditions = Wording.Some(
            verdict.Undecided.SelectMany(undecided =>
                undecided.Conditions.Select(condition => $"{undecided.Statement.Effect} if {condition}")
            )
        );
        return new Finding
        {
            Code = verdict.Undecided.Any(undecided => undecided.Statement.Effect is PolicyEffect.Deny)
                ? FindingCodes.PermissionDenied
                : FindingCodes.PermissionMissing,
            Severity = Severity.Warning,
            Resource = subject.RoleId,
            Cause =
                $"Whether the role {subject.Workload.Role.Name} may {what} depends on what cannot be known from here: "
                + $"{(conditions.Length > 0 ? conditions : "a variable in the policy's resource")}.",
            Fix = $"--target=Verify --workload={subject.Workload.Name} runs the check from a pod, which decides it.",
            Expected = what,
            Actual = "not known from here",
        };
    }

    private static Finding Blocked(WorkloadCase subject, RoleEvidence role, PolicyVerdict verdict, IReadOnlyList<PolicyRequest> requests)
    {
        var name = subject.Workload.Role.Name;
        var actions = Wording.Some(requests.Select(request => request.Action));
        var what = $"{actions} on {Wording.Some(requests.Select(request => request.Resource))}";
        if (verdict.Statement is { } denying)
        {
            return new Finding
            {
                Code = FindingCodes.PermissionDenied,
                Resource = subject.RoleId,
                Cause =
                    $"The {(denying.Source == PolicySource.Boundary ? "permissions boundary" : "policy")} {denying.PolicyName} "
                    + $"of the role {name} denies {what}; a Deny wins over every Allow.",
                Fix =
                    $"Remove the Deny{(denying.Statement.Sid is { Length: > 0 } sid ? $" {sid}" : "")} from "
                    + $"{denying.PolicyName}, or {actions} from what the workload needs.",
                Expected = what,
                Actual = $"Deny in {denying.PolicyName}",
            };
        }

        return verdict.BlockedBy == PolicySource.Boundary
            ? new Finding
            {
                Code = FindingCodes.PermissionsBoundaryBlocks,
                Resource = subject.RoleId,
                Cause = $"The role's policies allow {what}, but its permissions boundary {role.BoundaryArn} does not. Both must.",
                Fix =
                    $"Let the boundary allow {actions}, or give the role another one (role.permissionsBoundary): "
                    + subject.Aws("iam", "put-role-permissions-boundary", "--role-name", name, "--permissions-boundary", "ARN"),
                Expected = what,
                Actual = $"not allowed by {role.BoundaryArn}",
            }
            : new Finding
            {
                Code = FindingCodes.PermissionMissing,
                Resource = subject.RoleId,
                Cause =
                    $"No policy of the role {name} allows {what}; it has "
                    + $"{(role.Policies!.Found!.Count == 0 ? "none" : Wording.Some(role.Policies.Found.Select(policy => policy.Name)))}.",
                Fix = subject.Evidence.PermissionsPolicies.FirstOrDefault(policy => Allows(policy.Value, requests[0]))
                    is { Key: { } missing, Value: { } document }
                    ? subject.ApplyOr(
                        ExistingResources.Role,
                        subject.Aws(
                            "iam",
                            "put-role-policy",
                            "--role-name",
                            name,
                            "--policy-name",
                            missing,
                            "--policy-document",
                            document.ToMinifiedJson()
                        )
                    )
                    : $"Add a policy that allows {actions} to role.policies of the workload {subject.Workload.Name}, and run "
                        + "`--target=Apply`.",
                Expected = what,
                Actual = "no statement allows it",
            };
    }

    private static bool Allows(PolicyDocument document, PolicyRequest request) =>
        PolicyEvaluator.Evaluate(request, [new NamedPolicy("", document)]).IsAllowed;
}
