using System.Collections.Immutable;
using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Policies;
using Federation.Resources;
using Federation.Templates;
using Federation.WebIdentity;

namespace Federation.Diagnosis.Links;

/// <summary>
/// Compares the role's trust policy with the token that the workload will have: finds the statement that was probably meant
/// for it, and what in it does not fit.
/// </summary>
internal static class TrustLink
{
    public static Link Examine(WorkloadCase subject)
    {
        if (subject is not { Role: { } role, IsIssuerSure: true, TokenSubject: { } expected })
        {
            return new Link("subject", [], subject.TokenSubject, Held: null);
        }

        var refused = subject.TrustRefusals.Select(refusal => refusal.Trust).OfType<TrustVerdict>().FirstOrDefault();
        List<Finding> findings = refused switch
        {
            null => [],
            { Decision: PolicyDecision.ExplicitDeny, Statement: { } statement } => [Denied(subject, role, statement)],
            _ => Explain(subject, role, refused),
        };
        findings.AddRange((subject.TrustUndecided?.Undecided ?? []).Select(statement => Undecided(subject, role, statement)));
        if (!findings.Exists(finding => finding.Code == FindingCodes.TrustConditionKeyWrong))
        {
            // A subject under the wrong key leaves the right key untested: one fault, which already has a finding.
            findings.AddRange(subject.TrustFindings);
        }

        return new Link("subject", findings, expected, refused is null && subject.TrustUndecided is null ? expected : null);
    }

    /// <summary>Only STS knows whether the statement applies.</summary>
    public static Finding Undecided(WorkloadCase subject, RoleEvidence role, UndecidedStatement undecided)
    {
        var conditions = undecided.Conditions.Select(condition => $"{condition}").ToArray();
        var keys = undecided.Conditions.Select(condition => condition.Key).Distinct(StringComparer.OrdinalIgnoreCase).ToArray();
        var why = string.Join("; ", keys.Select(key => $"{key} {ConditionKeys.Find(key)?.Why ?? "is not a key that this version knows"}"));
        var how = keys.Select(key => ConditionKeys.Find(key)?.HowToSee).OfType<string>().ToArray();
        return new Finding
        {
            Code = FindingCodes.TrustConditionUndecided,
            Severity = Severity.Warning,
            Resource = subject.RoleId,
            Cause =
                $"{role.TrustPolicy.NameOf(undecided.Statement)} of the trust policy of {role.Arn} "
                + $"{(undecided.Statement.Effect is PolicyEffect.Deny ? "denies" : "admits")} this token only if "
                + $"{string.Join(" and ", conditions)}. That cannot be known from here: {why}.",
            Fix =
                "--target=Verify tries it: its pod calls STS as the workload does. "
                + (
                    how.Length > 0
                        ? $"To see the value: {string.Join("; ", how)}."
                        : "CloudTrail's AssumeRoleWithWebIdentity event shows what STS saw."
                ),
            Expected = string.Join(", ", conditions),
            Actual = "not known from here",
        };
    }

    private static Finding Denied(WorkloadCase subject, RoleEvidence role, PolicyStatement statement) =>
        new()
        {
            Code = FindingCodes.TrustDenied,
            Resource = subject.RoleId,
            Cause =
                $"{role.TrustPolicy.NameOf(statement)} of the trust policy of {role.Arn} denies this token; a Deny overrides every Allow.",
            Fix =
                $"Remove the Deny or narrow its condition, so that it no longer matches {subject.TokenSubject}. This shows it: "
                + subject.Aws("iam", "get-role", "--role-name", subject.Workload.Role.Name, "--query", "Role.AssumeRolePolicyDocument"),
            Expected = "no Deny that matches",
            Actual = new PolicyDocument { Statements = [statement] }.ToMinifiedJson(),
        };

    private static List<Finding> Explain(WorkloadCase subject, RoleEvidence role, TrustVerdict verdict)
    {
        var meant = verdict.NearMisses.OrderBy(miss => RelevanceOf(subject, miss)).FirstOrDefault();
        if (meant is null || RelevanceOf(subject, meant) == Relevance.Unrelated)
        {
            return [Unmentioned(subject, role)];
        }

        var statement = meant.Statement;
        var principal = meant.Obstacles.OfType<TrustObstacle.Principal>().FirstOrDefault();
        var findings = new List<Finding>();
        if (principal is not null)
        {
            findings.Add(Principal(subject, role, statement, principal));
        }

        if (meant.Obstacles.OfType<TrustObstacle.Action>().FirstOrDefault() is { } action)
        {
            findings.Add(Action(subject, role, statement, action));
        }

        // A statement for another provider tests that provider's keys: a consequence of its principal.
        var named = principal?.Named.Select(PathOf).ToHashSet(StringComparer.OrdinalIgnoreCase);
        findings.AddRange(
            meant
                .Obstacles.OfType<TrustObstacle.Condition>()
                .Where(obstacle => named?.Contains(KeyOf(obstacle.Unmet.Key).Issuer) is not true)
                .Select(obstacle => Condition(subject, role, statement, obstacle))
                // Both keys of a statement usually have the same misspelling, and two swapped values are one mistake.
                .DistinctBy(
                    finding => finding.Code == FindingCodes.TrustConditionKeyWrong ? KeyOf(finding.Actual!).Issuer : finding.Cause,
                    StringComparer.Ordinal
                )
        );
        return findings;
    }

    /// <summary>How likely a statement is the one meant for this workload, most likely first.</summary>
    private enum Relevance
    {
        OurSid,
        OurPrincipal,
        Similar,
        Unrelated,
    }

    private static Relevance RelevanceOf(WorkloadCase subject, TrustNearMiss miss)
    {
        if (IsNamedForUs(subject, miss.Statement))
        {
            return Relevance.OurSid;
        }

        if (miss.Obstacles.OfType<TrustObstacle.Principal>().FirstOrDefault() is not { } principal)
        {
            return Relevance.OurPrincipal;
        }

        var mentionsWorkload = miss.Statement.Conditions.Any(condition =>
            condition.Values.Contains(subject.TokenSubject, StringComparer.OrdinalIgnoreCase)
            || condition.Key.Contains(subject.IssuerPath, StringComparison.OrdinalIgnoreCase)
        );
        return
            mentionsWorkload
            || principal.Named.Any(named => IsFederated(named) && IssuerNearMiss.Find(subject.IssuerPath, PathOf(named)) is not null)
            ? Relevance.Similar
            : Relevance.Unrelated;
    }

    /// <summary>Its Sid is that of the workload's own statement, as it is now or as versions of this tool up to 1.0 wrote it.</summary>
    private static bool IsNamedForUs(WorkloadCase subject, PolicyStatement statement)
    {
        var former = TrustSid.FormerOf(subject.Workload);
        return statement.Sid is { Length: > 0 } sid
            && (
                sid.StartsWith(former, StringComparison.Ordinal) && sid[former.Length..].All(char.IsAsciiDigit)
                || subject.Evidence.TrustPolicy.Statements.Any(desired =>
                    desired.Sid == sid
                    && desired.Principals?.Values.Any(named => named.Contains(subject.Principal, StringComparer.Ordinal)) is true
                )
            );
    }

    private static Finding Unmentioned(WorkloadCase subject, RoleEvidence role) =>
        new()
        {
            Code = FindingCodes.TrustPrincipalMismatch,
            Resource = subject.RoleId,
            Cause = $"No statement of the trust policy of {role.Arn} is about the issuer {subject.IssuerPath}.",
            Fix = Rewrite(subject, role),
            Expected = subject.Principal,
            Actual = role
                .TrustPolicy.Statements.SelectMany(statement => statement.Principals?.Values.SelectMany(values => values) ?? [])
                .Distinct(StringComparer.Ordinal)
                .ToArray()
                is { Length: > 0 } principals
                ? string.Join(", ", principals)
                : "(no principal)",
        };

    private static Finding Principal(WorkloadCase subject, RoleEvidence role, PolicyStatement statement, TrustObstacle.Principal obstacle)
    {
        var named = obstacle.Named is [var first, ..] ? first : "(none)";
        var path = PathOf(named);
        var why =
            !IsFederated(named) ? "is an AWS principal, which never matches a web identity (not even `*`)"
            : obstacle.Excluded ? "is excluded by NotPrincipal, and an Allow with that admits nobody"
            : path == subject.IssuerPath ? "is a provider of another account; role and provider must be in the same account"
            : subject.IsGoogle ? $"is not Google's own issuer {ProviderUrl.Google}, which signs the ID tokens of Google service accounts"
            : path == ProviderUrl.Google ? "trusts the ID tokens of Google service accounts, not the cluster's own"
            : IssuerNearMiss.Find(subject.IssuerPath, path)?.How ?? "is another provider";
        return new Finding
        {
            Code = FindingCodes.TrustPrincipalMismatch,
            Resource = subject.RoleId,
            Cause =
                $"{role.TrustPolicy.NameOf(statement)} of the trust policy of {role.Arn} names another principal than the "
                + $"provider of the token's issuer: {named} {why}.",
            Fix = Rewrite(subject, role),
            Expected = subject.Principal,
            Actual = named,
        };
    }

    private static Finding Action(WorkloadCase subject, RoleEvidence role, PolicyStatement statement, TrustObstacle.Action obstacle) =>
        new()
        {
            Code = FindingCodes.TrustActionMismatch,
            Resource = subject.RoleId,
            Cause =
                $"{role.TrustPolicy.NameOf(statement)} of the trust policy of {role.Arn} "
                + $"{(obstacle.Excluded ? "excludes" : "allows")} {string.Join(", ", obstacle.Named)}, but a web identity needs "
                + $"{StsActions.AssumeRoleWithWebIdentity}.",
            Fix = Rewrite(subject, role),
            Expected = StsActions.AssumeRoleWithWebIdentity,
            Actual = string.Join(", ", obstacle.Named),
        };

    private static Finding Condition(WorkloadCase subject, RoleEvidence role, PolicyStatement statement, TrustObstacle.Condition obstacle)
    {
        var unmet = obstacle.Unmet;
        var (issuer, claim) = KeyOf(unmet.Key);
        var values = string.Join(", ", unmet.Values);
        var where = $"{role.TrustPolicy.NameOf(statement)} of the trust policy of {role.Arn}";
        if (ConditionKeys.Find(unmet.Key) is { } global)
        {
            return Found(
                FindingCodes.TrustConditionKeyWrong,
                $"{where} also requires {unmet}, "
                    + (
                        obstacle.Actual.Count == 0
                            ? $"which can never hold: {global.Name.TrimEnd('/')} {global.Why}."
                            : $"but this exchange has {string.Join(", ", obstacle.Actual)}."
                    ),
                "no further condition",
                $"{unmet}"
            );
        }

        var rightClaims = subject.IsGoogle ? (string[])["aud", "oaud", "sub", "amr"] : ["aud", "sub", "amr"];
        if (!string.Equals(issuer, subject.IssuerPath, StringComparison.OrdinalIgnoreCase))
        {
            return Found(
                FindingCodes.TrustConditionKeyWrong,
                $"{where} tests a key that no token of this issuer has: {issuer} "
                    + $"{IssuerNearMiss.Find(subject.IssuerPath, issuer)?.How ?? "is not the issuer"}.",
                $"{subject.IssuerPath}:{claim}",
                unmet.Key
            );
        }

        if (!rightClaims.Contains(claim, StringComparer.OrdinalIgnoreCase))
        {
            return Found(
                FindingCodes.TrustConditionKeyWrong,
                $"{where} tests the claim {claim}, which AWS cannot test: of a GKE token it knows only aud, sub and amr. "
                    + "Namespace and service account are in sub.",
                $"{subject.IssuerPath}:sub",
                unmet.Key
            );
        }

        if (subject.IsGoogle)
        {
            return GoogleIdentity(subject, role, where, claim, unmet);
        }

        var isSubject = claim.Equals("sub", StringComparison.OrdinalIgnoreCase);
        if (unmet.Values.Contains(isSubject ? subject.Workload.Audience : subject.TokenSubject, StringComparer.Ordinal))
        {
            return Found(
                FindingCodes.TrustConditionKeyWrong,
                $"{where} has the {(isSubject ? "audience" : "subject")} under :{claim}; it belongs under :{(isSubject ? "aud" : "sub")}.",
                $"{subject.IssuerPath}:{(isSubject ? "aud" : "sub")}",
                unmet.Key
            );
        }

        var expected = isSubject ? subject.TokenSubject! : subject.Workload.Audience;
        if (unmet.Operator is "StringEquals" && unmet.Values.FirstOrDefault(value => Wildcard.IsMatch(value, expected)) is { } literal)
        {
            return Found(
                FindingCodes.TrustWildcardLiteral,
                $"{where} compares with StringEquals, which takes * and ? literally: {literal} is never equal to {expected}.",
                expected,
                literal
            );
        }

        if (unmet.Values.Contains(expected, StringComparer.Ordinal))
        {
            return Found(
                isSubject ? FindingCodes.TrustSubjectMismatch : FindingCodes.TrustAudienceMismatch,
                $"{where} tests {expected} with {unmet.Operator}, which does not hold for it.",
                $"StringEquals {expected}",
                $"{unmet.Operator} {values}"
            );
        }

        return isSubject
            ? Found(
                FindingCodes.TrustSubjectMismatch,
                $"{where} admits {values}, but the token's subject is {expected}{SubjectSlip(subject, unmet.Values)}.",
                expected,
                values
            )
            : Found(
                FindingCodes.TrustAudienceMismatch,
                $"{where} requires the audience {values}, but the token has {expected}.",
                expected,
                values
            );

        Finding Found(string code, string cause, string expectedValue, string actualValue) =>
            new()
            {
                Code = code,
                Resource = subject.RoleId,
                Cause = cause,
                Fix = Rewrite(subject, role),
                Expected = expectedValue,
                Actual = actualValue,
            };
    }

    /// <summary>What probably happened to the subject, as the rest of a sentence.</summary>
    private static string SubjectSlip(WorkloadCase subject, IReadOnlyList<string> values)
    {
        if (values is not [var value])
        {
            return "";
        }

        var workload = subject.Workload;
        var parts = value.Split(':');
        return value switch
        {
            _ when value.All(char.IsAsciiDigit) =>
                "; a number is the unique id of a Google service account, which only tokens of accounts.google.com carry",
            _ when value.Equals(subject.TokenSubject, StringComparison.OrdinalIgnoreCase) => "; the two differ in case, which counts",
            _ when value == $"{workload.Namespace}:{workload.ServiceAccount}"
                    || value == $"{workload.Namespace}/{workload.ServiceAccount}" => "; it begins with system:serviceaccount:",
            _ when value == workload.WorkloadIdentityMember => "; that is the member of a Google IAM binding, not a token's subject",
            _ when parts is ["system", "serviceaccount", var space, var account] => (
                space == workload.Namespace,
                account == workload.ServiceAccount
            ) switch
            {
                (true, false) => "; the service account differs",
                (false, true) => "; the namespace differs",
                _ => "",
            },
            _ => "",
        };
    }

    /// <summary>
    /// If the token has <c>azp</c>, <c>:aud</c> is the authorized party and <c>:oaud</c> the audience (IAM User Guide,
    /// "Available keys for AWS OIDC federation").
    /// </summary>
    private static Finding GoogleIdentity(WorkloadCase subject, RoleEvidence role, string where, string claim, PolicyCondition unmet)
    {
        var isAudience = claim.Equals("oaud", StringComparison.OrdinalIgnoreCase);
        var expected = isAudience ? subject.Workload.Audience : subject.TokenSubject!;
        var values = string.Join(", ", unmet.Values);
        var why = unmet.Values switch
        {
            [var value] when value == subject.Workload.Audience && !isAudience =>
                $"the audience belongs under :oaud, because the token has an authorized party, which takes the place of :{claim}",
            [var value] when value.StartsWith("system:serviceaccount:", StringComparison.Ordinal) =>
                "that is the subject of the cluster's own token, but this role should trust the Google service account's",
            [var value] when value == subject.Workload.GoogleServiceAccountEmail =>
                "the token carries the account's unique id, not its address",
            [var value] when value.All(char.IsAsciiDigit) =>
                "that is another account's unique id; an account that is deleted and recreated gets a new one",
            _ => "the token has another value there",
        };
        return new Finding
        {
            Code =
                unmet.Values is [var only] && only.StartsWith("system:serviceaccount:", StringComparison.Ordinal)
                    ? FindingCodes.TrustSubjectMismatch
                    : FindingCodes.GoogleIdentityConditionWrong,
            Resource = subject.RoleId,
            Cause = $"{where} requires {values} under accounts.google.com:{claim}: {why}.",
            Fix = Rewrite(subject, role),
            Expected = expected,
            Actual = values,
        };
    }

    /// <summary>The command writes the whole policy, with our statements as they should be and those of other owners as they are.</summary>
    private static string Rewrite(WorkloadCase subject, RoleEvidence role) =>
        subject.ApplyOr(
            ExistingResources.Role,
            subject.Aws(
                "iam",
                "update-assume-role-policy",
                "--role-name",
                subject.Workload.Role.Name,
                "--policy-document",
                LiveTrust.Parse(role.TrustPolicy.ToMinifiedJson()).Without(OurSids(subject, role)).With(subject.Evidence.TrustPolicy)
            )
        );

    private static ImmutableSortedSet<string> OurSids(WorkloadCase subject, RoleEvidence role) =>
        TrustOwnership.SidsOn(
            role.Tags,
            new Mark(subject.Evidence.Federation ?? "", []),
            subject.Evidence.TrustPolicy,
            [TrustSid.FormerOf(subject.Workload)]
        );

    private static bool IsFederated(string principal) =>
        principal.Contains(":oidc-provider/", StringComparison.Ordinal)
        || !principal.Contains(':', StringComparison.Ordinal) && principal.Contains('.', StringComparison.Ordinal);

    /// <summary>The provider's URL in a principal.</summary>
    private static string PathOf(string principal)
    {
        const string Kind = ":oidc-provider/";
        var at = principal.IndexOf(Kind, StringComparison.Ordinal);
        return at < 0 ? principal : principal[(at + Kind.Length)..];
    }

    private static (string Issuer, string Claim) KeyOf(string key)
    {
        var colon = key.LastIndexOf(':');
        return colon < 0 ? (key, "") : (key[..colon], key[(colon + 1)..]);
    }
}
