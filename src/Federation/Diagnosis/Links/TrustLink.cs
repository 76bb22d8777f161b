using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Policies;
using Federation.Resources;
using Federation.Templates;
using Federation.WebIdentity;

namespace Federation.Diagnosis.Links;

/// <summary>
/// The role's trust policy against the token that the workload will have: the statement that was probably meant for
/// it, and the one thing in it that does not fit.
/// </summary>
internal static class TrustLink
{
    public static Link Examine(Case @case)
    {
        if (@case is not { Role: { } role, IsIssuerSure: true, Subject: { } subject })
        {
            return new Link("subject", [], @case.Subject, Held: null);
        }

        var refused = @case.RefusalsByRole(role).Select(refusal => refusal.Trust).OfType<TrustVerdict>().FirstOrDefault();
        List<Finding> findings = refused switch
        {
            null => [],
            { Decision: PolicyDecision.ExplicitDeny, Statement: { } statement } => [Denied(@case, role, statement)],
            _ => Explain(@case, role, refused),
        };
        if (!findings.Exists(finding => finding.Code == FindingCodes.TrustConditionKeyWrong))
        {
            // A subject that stands under the wrong key leaves the right one untested: one fault, told already.
            findings.AddRange(PolicyLint.LiveTrust(role.TrustPolicy, role.Arn, @case.Strict, @case.RoleId));
        }

        return new Link("subject", findings, subject, refused is null ? subject : null);
    }

    private static Finding Denied(Case @case, RoleEvidence role, PolicyStatement statement) =>
        new()
        {
            Code = FindingCodes.TrustDenied,
            Resource = @case.RoleId,
            Cause = $"{Name(role, statement)} of the trust policy of {role.Arn} denies this token; a Deny wins over every Allow.",
            Fix =
                $"Take the Deny away or narrow its condition, so that it no longer matches {@case.Subject}. It is in: {@case.Aws("iam", "get-role", "--role-name", @case.Workload.Role.Name, "--query", "Role.AssumeRolePolicyDocument")}",
            Expected = "no Deny that matches",
            Actual = new PolicyDocument { Statements = [statement] }.ToMinifiedJson(),
        };

    private static List<Finding> Explain(Case @case, RoleEvidence role, TrustVerdict verdict)
    {
        var meant = verdict.NearMisses.OrderBy(miss => Distance(@case, miss)).FirstOrDefault();
        if (meant is null || Distance(@case, meant) == Distances.Stranger)
        {
            return [Unmentioned(@case, role)];
        }

        var statement = meant.Statement;
        var principal = meant.Obstacles.OfType<TrustObstacle.Principal>().FirstOrDefault();
        var findings = new List<Finding>();
        if (principal is not null)
        {
            findings.Add(Principal(@case, role, statement, principal));
        }

        if (meant.Obstacles.OfType<TrustObstacle.Action>().FirstOrDefault() is { } action)
        {
            findings.Add(Action(@case, role, statement, action));
        }

        // A statement about another provider tests that provider's keys: they follow from its principal.
        var named = principal?.Named.Select(PathOf).ToHashSet(StringComparer.OrdinalIgnoreCase);
        findings.AddRange(
            meant
                .Obstacles.OfType<TrustObstacle.Condition>()
                .Where(obstacle => named?.Contains(KeyOf(obstacle.Unmet.Key).Issuer) is not true)
                .Select(obstacle => Condition(@case, role, statement, obstacle))
                // Both keys of a statement are usually misspelt alike, and two values that changed places are one slip.
                .DistinctBy(
                    finding => finding.Code == FindingCodes.TrustConditionKeyWrong ? KeyOf(finding.Actual!).Issuer : finding.Cause,
                    StringComparer.Ordinal
                )
        );
        return findings;
    }

    /// <summary>How likely a statement is the one meant for this workload; the likeliest first.</summary>
    private enum Distances
    {
        OurSid,
        OurPrincipal,
        Resembling,
        Stranger,
    }

    private static Distances Distance(Case @case, TrustNearMiss miss)
    {
        if (miss.Statement.Sid?.StartsWith(TrustSid.Of(@case.Workload), StringComparison.Ordinal) is true)
        {
            return Distances.OurSid;
        }

        if (miss.Obstacles.OfType<TrustObstacle.Principal>().FirstOrDefault() is not { } principal)
        {
            return Distances.OurPrincipal;
        }

        var speaksOfUs = miss.Statement.Conditions.Any(condition =>
            condition.Values.Contains(@case.Subject, StringComparer.OrdinalIgnoreCase)
            || condition.Key.Contains(@case.IssuerPath, StringComparison.OrdinalIgnoreCase)
        );
        return
            speaksOfUs || principal.Named.Any(named => IsFederated(named) && IssuerNearMiss.Of(@case.IssuerPath, PathOf(named)) is not null)
            ? Distances.Resembling
            : Distances.Stranger;
    }

    private static Finding Unmentioned(Case @case, RoleEvidence role) =>
        new()
        {
            Code = FindingCodes.TrustPrincipalMismatch,
            Resource = @case.RoleId,
            Cause = $"No statement of the trust policy of {role.Arn} is about the issuer {@case.IssuerPath}.",
            Fix = Rewrite(@case, role),
            Expected = @case.Principal,
            Actual = role
                .TrustPolicy.Statements.SelectMany(statement => statement.Principals?.Values.SelectMany(values => values) ?? [])
                .Distinct(StringComparer.Ordinal)
                .ToArray()
                is { Length: > 0 } principals
                ? string.Join(", ", principals)
                : "(no principal)",
        };

    private static Finding Principal(Case @case, RoleEvidence role, PolicyStatement statement, TrustObstacle.Principal obstacle)
    {
        var named = obstacle.Named is [var first, ..] ? first : "(none)";
        var path = PathOf(named);
        var why =
            !IsFederated(named) ? "is an AWS principal, which no web identity ever is (not even `*`)"
            : obstacle.Excluded ? "is excluded by NotPrincipal, and an Allow of that kind admits nobody"
            : path == @case.IssuerPath ? "is a provider of another account; role and provider must be in the same one"
            : @case.IsGoogle ? $"is not Google's own issuer {ProviderUrl.Google}, which signs the ID tokens of Google service accounts"
            : path == ProviderUrl.Google ? "trusts the ID tokens of Google service accounts, not the cluster's own"
            : IssuerNearMiss.Of(@case.IssuerPath, path)?.How ?? "is another provider";
        return new Finding
        {
            Code = FindingCodes.TrustPrincipalMismatch,
            Resource = @case.RoleId,
            Cause =
                $"{Name(role, statement)} of the trust policy of {role.Arn} names another principal than the provider of the token's issuer: {named} {why}.",
            Fix = Rewrite(@case, role),
            Expected = @case.Principal,
            Actual = named,
        };
    }

    private static Finding Action(Case @case, RoleEvidence role, PolicyStatement statement, TrustObstacle.Action obstacle) =>
        new()
        {
            Code = FindingCodes.TrustActionMismatch,
            Resource = @case.RoleId,
            Cause =
                $"{Name(role, statement)} of the trust policy of {role.Arn} {(obstacle.Excluded ? "excludes" : "allows")} {string.Join(", ", obstacle.Named)}, and a web identity needs {SecurityTokenService.AssumeRoleAction}.",
            Fix = Rewrite(@case, role),
            Expected = SecurityTokenService.AssumeRoleAction,
            Actual = string.Join(", ", obstacle.Named),
        };

    private static Finding Condition(Case @case, RoleEvidence role, PolicyStatement statement, TrustObstacle.Condition obstacle)
    {
        var unmet = obstacle.Unmet;
        var (issuer, claim) = KeyOf(unmet.Key);
        var values = string.Join(", ", unmet.Values);
        var where = $"{Name(role, statement)} of the trust policy of {role.Arn}";
        if (issuer is "aws" or "sts")
        {
            return Found(
                FindingCodes.TrustConditionKeyWrong,
                $"{where} also wants {unmet.Operator} {unmet.Key} = {values}, which this exchange does not meet as far as can be seen from here.",
                "no further condition",
                $"{unmet.Operator} {unmet.Key} = {values}"
            ) with
            {
                // The pod's address, say, is not known here: only a condition that was seen to fail is an error.
                Severity = obstacle.Actual.Count == 0 ? Severity.Warning : Severity.Error,
            };
        }

        var rightClaims = @case.IsGoogle ? (string[])["aud", "oaud", "sub", "amr"] : ["aud", "sub", "amr"];
        if (!string.Equals(issuer, @case.IssuerPath, StringComparison.OrdinalIgnoreCase))
        {
            return Found(
                FindingCodes.TrustConditionKeyWrong,
                $"{where} tests a key that no token of this issuer has: {issuer} {IssuerNearMiss.Of(@case.IssuerPath, issuer)?.How ?? "is not the issuer"}.",
                $"{@case.IssuerPath}:{claim}",
                unmet.Key
            );
        }

        if (!rightClaims.Contains(claim, StringComparer.OrdinalIgnoreCase))
        {
            return Found(
                FindingCodes.TrustConditionKeyWrong,
                $"{where} tests the claim {claim}, which AWS cannot test: of a GKE token it knows aud, sub and amr alone. Namespace and service account are in sub.",
                $"{@case.IssuerPath}:sub",
                unmet.Key
            );
        }

        if (@case.IsGoogle)
        {
            return GoogleIdentity(@case, role, where, claim, unmet);
        }

        var isSubject = claim.Equals("sub", StringComparison.OrdinalIgnoreCase);
        if (unmet.Values.Contains(isSubject ? @case.Workload.Audience : @case.Subject, StringComparer.Ordinal))
        {
            return Found(
                FindingCodes.TrustConditionKeyWrong,
                $"{where} has the {(isSubject ? "audience" : "subject")} under :{claim}; it belongs under :{(isSubject ? "aud" : "sub")}.",
                $"{@case.IssuerPath}:{(isSubject ? "aud" : "sub")}",
                unmet.Key
            );
        }

        var expected = isSubject ? @case.Subject! : @case.Workload.Audience;
        if (unmet.Operator is "StringEquals" && unmet.Values.FirstOrDefault(value => Wildcard.IsMatch(value, expected)) is { } literal)
        {
            return Found(
                FindingCodes.TrustWildcardLiteral,
                $"{where} compares with StringEquals, which takes * and ? for themselves: {literal} is never equal to {expected}.",
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
                $"{where} admits {values}, and the token's subject is {expected}{SubjectSlip(@case, unmet.Values)}.",
                expected,
                values
            )
            : Found(
                FindingCodes.TrustAudienceMismatch,
                $"{where} wants the audience {values}, and the token has {expected}.",
                expected,
                values
            );

        Finding Found(string code, string cause, string expectedValue, string actualValue) =>
            new()
            {
                Code = code,
                Resource = @case.RoleId,
                Cause = cause,
                Fix = Rewrite(@case, role),
                Expected = expectedValue,
                Actual = actualValue,
            };
    }

    /// <summary>What probably happened to the subject, as the rest of a sentence.</summary>
    private static string SubjectSlip(Case @case, IReadOnlyList<string> values)
    {
        if (values is not [var value])
        {
            return "";
        }

        var workload = @case.Workload;
        var parts = value.Split(':');
        return value switch
        {
            _ when value.All(char.IsAsciiDigit) =>
                "; a number is the unique id of a Google service account, which only tokens of accounts.google.com carry",
            _ when value.Equals(@case.Subject, StringComparison.OrdinalIgnoreCase) => "; the two differ in case, which counts",
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

    /// <summary>With <c>azp</c> in the token, <c>:aud</c> is the authorized party and <c>:oaud</c> the audience (IAM User Guide, "Available keys for AWS OIDC federation").</summary>
    private static Finding GoogleIdentity(Case @case, RoleEvidence role, string where, string claim, PolicyCondition unmet)
    {
        var isAudience = claim.Equals("oaud", StringComparison.OrdinalIgnoreCase);
        var expected = isAudience ? @case.Workload.Audience : @case.Subject!;
        var values = string.Join(", ", unmet.Values);
        var why = unmet.Values switch
        {
            [var value] when value == @case.Workload.Audience && !isAudience =>
                $"the audience belongs under :oaud, since the token has an authorized party, which takes the place of :{claim}",
            [var value] when value.StartsWith("system:serviceaccount:", StringComparison.Ordinal) =>
                "that is the subject of the cluster's own token, and this role is to trust the Google service account's",
            [var value] when value == @case.Workload.GoogleServiceAccountEmail =>
                "the token carries the account's unique id, not its address",
            [var value] when value.All(char.IsAsciiDigit) =>
                "that is another account's unique id; one that is deleted and made again gets a new one",
            _ => "the token has another value there",
        };
        return new Finding
        {
            Code =
                unmet.Values is [var subject] && subject.StartsWith("system:serviceaccount:", StringComparison.Ordinal)
                    ? FindingCodes.TrustSubjectMismatch
                    : FindingCodes.GoogleIdentityConditionWrong,
            Resource = @case.RoleId,
            Cause = $"{where} wants {values} under accounts.google.com:{claim}: {why}.",
            Fix = Rewrite(@case, role),
            Expected = expected,
            Actual = values,
        };
    }

    /// <summary>The command puts the whole policy: with our statements as they should be, and those of other owners as they are.</summary>
    private static string Rewrite(Case @case, RoleEvidence role) =>
        @case.Mend(
            ExistingResources.Role,
            @case.Aws(
                "iam",
                "update-assume-role-policy",
                "--role-name",
                @case.Workload.Role.Name,
                "--policy-document",
                TrustPolicies
                    .Combine(@case.Evidence.TrustPolicy, TrustPolicies.Split(role.TrustPolicy, Mark.TrustSidPrefix).Others)
                    .ToMinifiedJson()
            )
        );

    private static string Name(RoleEvidence role, PolicyStatement statement) =>
        statement.Sid is { Length: > 0 } sid
            ? $"The statement {sid}"
            : $"Statement {role.TrustPolicy.Statements.TakeWhile(other => !ReferenceEquals(other, statement)).Count() + 1}";

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
