using Federation.Findings;

namespace Federation.Policies;

/// <summary>Finds what is dangerous in a policy although IAM accepts it.</summary>
public static class PolicyLint
{
    private const string PinAudience = "Pin the audience: \"Condition\": { \"StringEquals\": { \"ISSUER:aud\": \"sts.amazonaws.com\" } }.";

    // Actions without resource types, so that "*" as resource is not an error (Service Authorization Reference).
    private static readonly string[] ActionsWithoutResource =
    [
        "s3:ListAllMyBuckets",
        "s3:GetAccountPublicAccessBlock",
        "sts:GetCallerIdentity",
        "sts:GetSessionToken",
        "ec2:Describe*",
        "cloudwatch:PutMetricData",
        "cloudwatch:ListMetrics",
        "cloudwatch:GetMetricData",
        "ecr:GetAuthorizationToken",
        "kms:ListKeys",
        "kms:ListAliases",
        "kms:GenerateRandom",
        "iam:ListAccountAliases",
        "iam:ListRoles",
        "iam:ListUsers",
        "sqs:ListQueues",
        "sns:ListTopics",
        "dynamodb:ListTables",
        "secretsmanager:ListSecrets",
        "secretsmanager:GetRandomPassword",
        "logs:DescribeLogGroups",
        "ssm:DescribeParameters",
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "tag:GetResources",
        "pricing:*",
        "ce:Get*",
        "cloudtrail:LookupEvents",
    ];

    /// <summary>FED1101 for each statement of a permissions policy that allows far too much.</summary>
    /// <param name="policyName">The policy's name in findings.</param>
    /// <param name="strict">The findings are errors, not warnings.</param>
    public static IReadOnlyList<Finding> Permissions(
        PolicyDocument document,
        string policyName,
        bool strict = false,
        SourceLocation? location = null
    )
    {
        ArgumentNullException.ThrowIfNull(document);
        var severity = strict ? Severity.Error : Severity.Warning;
        var findings = new List<Finding>();
        foreach (var statement in document.Statements.Where(statement => statement.Effect is PolicyEffect.Allow))
        {
            var name = document.NameOf(statement);
            var broad = (statement.Actions ?? []).Where(IsWholeService).ToList();
            if (statement.NotActions is not null)
            {
                Report(
                    name,
                    $"allows everything but {string.Join(", ", statement.NotActions)}",
                    "List the actions the workload needs under Action instead.",
                    "NotAction"
                );
            }
            else if (broad.Count > 0)
            {
                Report(
                    name,
                    $"allows {string.Join(", ", broad)}",
                    "List the actions the workload needs, such as s3:GetObject.",
                    string.Join(", ", broad)
                );
            }

            if (statement.NotResources is not null)
            {
                Report(
                    name,
                    $"covers every resource but {string.Join(", ", statement.NotResources)}",
                    "Name the resources under Resource instead.",
                    "NotResource"
                );
            }
            else if (
                statement.Resources?.FirstOrDefault(resource => resource is "*" or "arn:aws:s3:::*" or "arn:*") is { } everything
                && (statement.Actions ?? []).Where(action => !TakesNoResource(action)).ToList() is { Count: > 0 } actions
            )
            {
                Report(
                    name,
                    $"allows {string.Join(", ", actions)} on {everything}",
                    "Name the ARNs the workload works on, such as arn:aws:s3:::BUCKET/*.",
                    everything
                );
            }
        }

        return findings;

        void Report(string statement, string what, string fix, string actual) =>
            findings.Add(
                new Finding
                {
                    Code = FindingCodes.PermissionsTooBroad,
                    Severity = severity,
                    Cause = $"{statement} of the policy {policyName} {what}.",
                    Fix = fix,
                    Actual = actual,
                    Location = location,
                }
            );
    }

    /// <summary>
    /// FED1102 and FED1103 for each statement of a trust template that admits a web identity without conditions on subject
    /// and audience. For a GKE issuer IAM requires neither.
    /// </summary>
    public static IReadOnlyList<Finding> TrustTemplate(PolicyDocument document, SourceLocation? location = null)
    {
        ArgumentNullException.ThrowIfNull(document);
        var findings = new List<Finding>();
        foreach (var statement in document.Statements.Where(AdmitsWebIdentity))
        {
            var name = document.NameOf(statement);
            if (OpenSubject(statement, document) is { } why)
            {
                findings.Add(
                    new Finding
                    {
                        Code = FindingCodes.SubjectNotPinned,
                        Cause = $"{name} of the trust policy {why}.",
                        Fix =
                            "Pin the subject: \"Condition\": { \"StringEquals\": { \"ISSUER:sub\": "
                            + "\"system:serviceaccount:NAMESPACE:KSA\" } }.",
                        Actual = SubjectCondition(statement),
                        Location = location,
                    }
                );
            }

            if (!PinsAudience(statement, document))
            {
                findings.Add(
                    new Finding
                    {
                        Code = FindingCodes.AudienceNotPinned,
                        Cause = $"{name} of the trust policy does not pin the token's audience with StringEquals.",
                        Fix = PinAudience,
                        Location = location,
                    }
                );
            }
        }

        return findings;
    }

    /// <summary>
    /// FED4008 for each statement of a live trust policy through which anyone in a GKE cluster could assume the role,
    /// and FED1103 for each that accepts tokens with another audience. Statements about other issuers, such as GitHub's, and
    /// about AWS principals are not checked.
    /// </summary>
    /// <param name="role">The role's ARN or name, for the finding's text.</param>
    /// <param name="strict">FED1103 is an error, not a warning.</param>
    public static IReadOnlyList<Finding> LiveTrust(PolicyDocument document, string role, bool strict = false, string? resource = null)
    {
        ArgumentNullException.ThrowIfNull(document);
        var findings = new List<Finding>();
        foreach (var statement in document.Statements.Where(statement => AdmitsWebIdentity(statement) && IsAboutGoogle(statement)))
        {
            var name = document.NameOf(statement);
            if (OpenSubject(statement, document) is { } why)
            {
                findings.Add(
                    new Finding
                    {
                        Code = FindingCodes.TrustSubjectOpen,
                        Cause = $"{name} of the trust policy of {role} {why}: service accounts it was not meant for can assume the role.",
                        Fix =
                            "Pin the subject with StringEquals on ISSUER:sub to system:serviceaccount:NAMESPACE:KSA, or remove "
                            + "the statement.",
                        Resource = resource,
                        Expected = "StringEquals on ISSUER:sub",
                        Actual = SubjectCondition(statement) ?? "(no condition on the subject)",
                    }
                );
            }

            if (!PinsAudience(statement, document))
            {
                findings.Add(
                    new Finding
                    {
                        Code = FindingCodes.AudienceNotPinned,
                        Severity = strict ? Severity.Error : Severity.Warning,
                        Cause =
                            $"{name} of the trust policy of {role} does not pin the token's audience with StringEquals: a token "
                            + "that the service account got for another system is accepted too.",
                        Fix = PinAudience,
                        Resource = resource,
                    }
                );
            }
        }

        return findings;
    }

    /// <summary>
    /// FED1104 for each principal of a live trust policy through which callers of AWS come in whom nobody named: an error, or a
    /// warning where a condition may keep them out.
    /// </summary>
    /// <param name="role">The role's ARN or name, for the finding's text.</param>
    /// <param name="account">The role's own account.</param>
    public static IReadOnlyList<Finding> OpenToOthers(PolicyDocument document, string role, string account, string resource) =>
        [
            .. OpenTrust
                .Find(document, account)
                .Select(open => new Finding
                {
                    Code = FindingCodes.TrustOpenToOthers,
                    Severity = open.IsCertain ? Severity.Error : Severity.Warning,
                    Resource = resource,
                    Cause =
                        $"{document.NameOf(open.Statement)} of the trust policy of {role} "
                        + (
                            !open.IsCertain
                                ? "has everybody in AWS as its principal, and whether its conditions keep strangers out cannot be known "
                                    + $"from here: {string.Join("; ", open.Statement.Conditions.Select(condition => $"{condition}"))}."
                            : open.IsEverybody ? "lets everybody in AWS assume it: no condition says who."
                            : $"lets whomever the account {open.Principal} lets assume it: no condition says who."
                        ),
                    Fix =
                        "Name the roles or users that need it as principals, or say in a condition who may, such as StringEquals on "
                        + "aws:PrincipalOrgID or sts:ExternalId; or remove the statement. No statement of another owner is changed here.",
                    Expected = "named principals",
                    Actual = open.Principal,
                }),
        ];

    private static string? SubjectCondition(PolicyStatement statement) =>
        SubjectConditions(statement).FirstOrDefault() is { } condition
            ? $"{condition.Operator} {condition.Key} {string.Join(", ", condition.Values)}"
            : null;

    private static bool AdmitsWebIdentity(PolicyStatement statement) =>
        statement.Effect is PolicyEffect.Allow
        && PolicyEvaluator.MatchesAction(statement, StsActions.AssumeRoleWithWebIdentity)
        && (statement.NotPrincipals is not null || statement.Principals?.ContainsKey("Federated") is true);

    private static bool IsAboutGoogle(PolicyStatement statement) =>
        statement.Principals is not { } principals
        || principals["Federated"]
            .Any(principal =>
                principal is "accounts.google.com"
                || principal.Contains(":oidc-provider/container.googleapis.com/", StringComparison.Ordinal)
            );

    private static bool PinsAudience(PolicyStatement statement, PolicyDocument document) =>
        Conditions(statement, ":aud")
            .Concat(Conditions(statement, "accounts.google.com:oaud"))
            .Any(condition => condition.Operator is "StringEquals" && Pins(condition, document));

    // Why the subject is open, as the rest of a sentence; null if it is pinned.
    private static string? OpenSubject(PolicyStatement statement, PolicyDocument document)
    {
        var subjects = SubjectConditions(statement).ToList();
        if (subjects.Count == 0)
        {
            return "does not test the token's subject";
        }

        // All conditions must hold, so one that pins the subject is enough.
        if (subjects.Exists(condition => Pins(condition, document)))
        {
            return null;
        }

        var first = subjects[0];
        return first.Operator switch
        {
            "StringEquals" or "StringLike" when HasVariable(first, document) =>
                $"compares the subject with {string.Join(", ", first.Values)}, which the request itself fills in",
            "StringLike" or "StringLikeIfExists" =>
                $"matches subjects by the pattern {string.Join(", ", first.Values)}, which reaches beyond one service account",
            _ => $"tests the subject with {first.Operator}, which does not pin it",
        };
    }

    // Values without wildcards pin the subject, also under a Like operator.
    private static bool Pins(PolicyCondition condition, PolicyDocument document) =>
        condition.Values.Count > 0
        && !HasVariable(condition, document)
        && (
            condition.Operator is "StringEquals"
            || (condition.Operator is "StringLike" && condition.Values.All(value => value.AsSpan().IndexOfAny('*', '?') < 0))
        );

    // "${ISSUER:sub}" is equal to every subject.
    internal static bool HasVariable(PolicyCondition condition, PolicyDocument document) =>
        document.Version is not "2008-10-17" && condition.Values.Any(value => value.Contains("${", StringComparison.Ordinal));

    private static IEnumerable<PolicyCondition> SubjectConditions(PolicyStatement statement) => Conditions(statement, ":sub");

    private static IEnumerable<PolicyCondition> Conditions(PolicyStatement statement, string keyEnd) =>
        statement.Conditions.Where(condition => condition.Key.EndsWith(keyEnd, StringComparison.OrdinalIgnoreCase));

    private static bool IsWholeService(string action) => action is "*" || action.EndsWith(":*", StringComparison.Ordinal);

    private static bool TakesNoResource(string action) =>
        ActionsWithoutResource.Any(known => Wildcard.IsMatch(known, action, ignoreCase: true));
}
