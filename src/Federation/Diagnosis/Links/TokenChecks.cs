using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.WebIdentity;

namespace Federation.Diagnosis.Links;

/// <summary>
/// The faults of a token that was seen: what STS would refuse in it if provider, keys and role were as they should be. A
/// token that STS accepts, but that is not the workload's, is a warning.
/// </summary>
internal static class TokenChecks
{
    /// <summary>In the order of STS, and at most one finding per code.</summary>
    public static IEnumerable<Finding> Examine(WorkloadCase subject, TokenEvidence seen)
    {
        if (seen.Claims is null)
        {
            return [Malformed(seen, seen.Defect)];
        }

        var judgement = TokenJudgement.Judge(subject, subject.Sound, seen);
        if (judgement.Token is not { } token)
        {
            return [Malformed(seen, judgement.Refusals[0].Defect)];
        }

        // What the configured trust policy refuses in every token of the workload is not this token's fault.
        var refusals = judgement.Refusals.Where(refusal => !subject.SoundRefusals.Any(other => other.Reason == refusal.Reason)).ToArray();
        Finding?[] findings =
        [
            judgement.IsIssuerRefused ? Issuer(subject, seen, token) : null,
            .. refusals.Select(refusal => Describe(subject, seen, token, refusal)),
            .. Unexpected(subject, seen, token, judgement, refusals),
            Ambiguous(seen),
        ];
        var found = findings.OfType<Finding>().DistinctBy(finding => finding.Code, StringComparer.Ordinal).ToArray();

        // No issuer signs a token without a required claim, so the invalid signature is a consequence.
        var missing = Array.Find(found, finding => finding.Code == FindingCodes.TokenClaimMissing);
        return missing is null ? found : [missing, .. found.Where(finding => finding.Severity != Severity.Error)];
    }

    private static Finding? Describe(
        WorkloadCase subject,
        TokenEvidence seen,
        WebIdentityToken token,
        WebIdentityDecision.Refused refusal
    ) =>
        RefusalTable.Row(refusal.Reason).OfToken switch
        {
            FindingCodes.TokenClaimMissing => ClaimMissing(subject, seen, refusal),
            FindingCodes.TokenMalformed => Unreadable(seen, refusal),
            FindingCodes.VerificationKeyUnavailable => Key(subject, seen, token, refusal),
            FindingCodes.TokenSignatureInvalid => Signature(seen, token, refusal),
            FindingCodes.TokenExpired => Expired(subject, seen, token),
            FindingCodes.TokenFromTheFuture => FromTheFuture(subject, seen, token, refusal),
            FindingCodes.TokenAudiencesMany => ManyAudiences(subject, seen, token),
            FindingCodes.TokenAudienceMismatch => Audience(subject, seen, token),
            FindingCodes.TokenSubjectMismatch => Subject(subject, seen, token),
            FindingCodes.TokenIssuerMismatch => Issuer(subject, seen, token),
            { } code => Trust(subject, seen, refusal, code),
            null => throw new InvalidOperationException($"No token can be refused with {refusal.Reason}."),
        };

    /// <summary>STS accepts the token, but it is not the one that the workload should have.</summary>
    private static IEnumerable<Finding?> Unexpected(
        WorkloadCase subject,
        TokenEvidence seen,
        WebIdentityToken token,
        TokenJudgement judgement,
        WebIdentityDecision.Refused[] refusals
    )
    {
        if (judgement.IsForeign && !judgement.IsIssuerRefused)
        {
            yield return Accepted(Issuer(subject, seen, token));
        }

        if (
            refusals.Any(refusal =>
                RefusalTable.Row(refusal.Reason).Claim is "sub" or "aud" || refusal.Reason is RefusalReason.ClaimMissing
            )
        )
        {
            yield break;
        }

        if (subject.TokenSubject is { } expected && token.Subject != expected)
        {
            yield return Accepted(Subject(subject, seen, token));
        }

        if (!token.Audiences.Contains(subject.Workload.Audience, StringComparer.Ordinal))
        {
            yield return Accepted(Audience(subject, seen, token));
        }

        static Finding? Accepted(Finding? finding) =>
            finding is null
                ? null
                : finding with
                {
                    Severity = Severity.Warning,
                    Cause = $"{finding.Cause} AWS accepts it all the same: provider and trust policy also admit others.",
                };
    }

    private static Finding? Issuer(WorkloadCase subject, TokenEvidence seen, WebIdentityToken token)
    {
        if (
            subject.Evidence.Kubernetes.Issuer?.Refused is { Code: FindingCodes.IssuerMismatch, Actual: { } named }
            && named == token.Issuer
        )
        {
            // The cluster itself names that issuer, which has its own finding.
            return null;
        }

        var expected = "https://" + subject.IssuerPath;
        var near = IssuerNearMiss.Find(subject.IssuerPath, token.Issuer?.Replace("https://", "", StringComparison.Ordinal) ?? "");
        return Found(
            FindingCodes.TokenIssuerMismatch,
            $"{Name(seen)} was issued by {token.Issuer}, not by {expected}{(near is null ? "" : $"; the issuer {near.How}")}.",
            $"Take the token from a pod of the cluster {subject.Cluster.ResourceName}, or correct "
                + $"clusters.{subject.Cluster.Key} in federation.yaml: the issuer's URL consists of its project, location and name.",
            expected,
            token.Issuer ?? "(none)"
        );
    }

    private static Finding ClaimMissing(WorkloadCase subject, TokenEvidence seen, WebIdentityDecision.Refused refusal)
    {
        var (claim, state) = refusal.Reason switch
        {
            RefusalReason.AudienceEmpty => ("aud", "(empty)"),
            RefusalReason.SubjectNull => ("sub", "null"),
            _ => (refusal.Expected!, "(absent)"),
        };
        var what = refusal.Reason is RefusalReason.ClaimMissing ? $"has no claim {claim}" : $"has no value in the claim {claim}";
        var origin = (claim, state) is ("aud", "(absent)")
            ? "; a token without an audience comes from a Secret of type kubernetes.io/service-account-token"
            : "";
        return Found(
            FindingCodes.TokenClaimMissing,
            $"{Name(seen)} {what}{origin}.",
            $"Use the projected token of a pod that runs as {subject.Workload.Namespace}/{subject.Workload.ServiceAccount} "
                + "(TokenRequest), not one of a Secret.",
            claim,
            state
        );
    }

    private static Finding ManyAudiences(WorkloadCase subject, TokenEvidence seen, WebIdentityToken token) =>
        Found(
            FindingCodes.TokenAudiencesMany,
            $"{Name(seen)} has {token.Audiences.Count} audiences; AWS accepts only one, even if it knows them all.",
            $"Request it for {subject.Workload.Audience} alone; a projected volume has one audience per source.",
            subject.Workload.Audience,
            string.Join(", ", token.Audiences)
        );

    private static Finding Audience(WorkloadCase subject, TokenEvidence seen, WebIdentityToken token)
    {
        var expected = subject.Workload.Audience;
        var actual =
            token.AuthorizedParty is { } party && !subject.IsGoogle ? party
            : token.Audiences is [] ? "(none)"
            : string.Join(", ", token.Audiences);
        var why =
            token.AuthorizedParty is not null && !subject.IsGoogle
                ? $"has the authorized party (azp) {actual}, which AWS checks in place of the audience; it should be for "
                    + $"{expected}, without azp"
            : actual == token.Issuer
                ? "is the default token of Kubernetes, whose audience is the issuer: it is for the API server, and AWS must not get it"
            : $"is for {actual}, not for {expected}{(ProviderLink.IsNear(expected, actual) ? "; the two only look alike" : "")}";
        return Found(
            FindingCodes.TokenAudienceMismatch,
            $"{Name(seen)} {why}.",
            $"Set audience: {expected} in the serviceAccountToken source of the pod's projected volume; by hand: "
                + subject.Kubectl(
                    "create",
                    "token",
                    "-n",
                    subject.Workload.Namespace,
                    subject.Workload.ServiceAccount,
                    "--audience",
                    expected
                ),
            expected,
            actual
        );
    }

    private static Finding Subject(WorkloadCase subject, TokenEvidence seen, WebIdentityToken token) =>
        Found(
            FindingCodes.TokenSubjectMismatch,
            $"{Name(seen)} is of {(string.IsNullOrEmpty(token.Subject) ? "nobody (its subject is empty)" : token.Subject)}; the "
                + $"role is for {subject.TokenSubject}.",
            $"Run the pod as {subject.Workload.Namespace}/{subject.Workload.ServiceAccount}, or name the other service account "
                + "in federation.yaml.",
            subject.TokenSubject ?? "(unknown)",
            token.Subject ?? "(none)"
        );

    private static Finding Expired(WorkloadCase subject, TokenEvidence seen, WebIdentityToken token) =>
        Found(
            FindingCodes.TokenExpired,
            $"{Name(seen)} expired {Wording.Duration(subject.Now - token.ExpiresAt!.Value)} ago; AWS allows five minutes.",
            "Read the token's file again for each exchange: the kubelet replaces it after 80 % of its lifetime. A copy, a "
                + "subPath mount or a token that was read once goes stale.",
            $"after {Wording.Moment(subject.Now - SecurityTokenService.ClockAllowance)}",
            Wording.Moment(token.ExpiresAt!.Value)
        );

    private static Finding FromTheFuture(
        WorkloadCase subject,
        TokenEvidence seen,
        WebIdentityToken token,
        WebIdentityDecision.Refused refusal
    )
    {
        var claim = RefusalTable.Row(refusal.Reason).Claim!;
        var start = (claim == "iat" ? token.IssuedAt : token.NotBefore)!.Value;
        return Found(
            FindingCodes.TokenFromTheFuture,
            $"{Name(seen)} becomes valid in {Wording.Duration(start - subject.Now)} by its {claim}: the clocks of the cluster "
                + "and of this machine are more than five minutes apart.",
            "Synchronise the clocks (NTP). If the token is not the cluster's, check what made it.",
            $"before {Wording.Moment(subject.Now + SecurityTokenService.ClockAllowance)}",
            Wording.Moment(start)
        );
    }

    private static Finding Key(WorkloadCase subject, TokenEvidence seen, WebIdentityToken token, WebIdentityDecision.Refused refusal)
    {
        var published = subject.Evidence.Google.Issuer?.Found?.Keys ?? [];
        var signs = subject.Evidence.Kubernetes.Issuer?.Found?.KeyIds?.Contains(token.KeyId, StringComparer.Ordinal) is true;
        var what =
            token.KeyId is null ? $"names no key (kid), and its issuer publishes {published.Count}"
            : published.Any(key => key.KeyId == token.KeyId)
                ? $"was signed with the key {token.KeyId}, which its issuer publishes in a form that AWS cannot use: another key "
                    + "type, use: enc, or more than 100 keys"
            : $"was signed with the key {token.KeyId}, which its issuer does not "
                + $"publish{(signs ? ", although the cluster signs with it" : "")}";
        return Found(
            FindingCodes.VerificationKeyUnavailable,
            $"{Name(seen)} {what}.",
            "Right after a rotation, wait until the new keys are published. If it persists, the token comes from a cluster "
                + "that no longer exists.",
            token.KeyId ?? "one key",
            published.Count == 0 ? "(no key)" : refusal.Actual!
        );
    }

    private static Finding Signature(TokenEvidence seen, WebIdentityToken token, WebIdentityDecision.Refused refusal) =>
        refusal.Reason is RefusalReason.AlgorithmUnsupported
            ? Found(
                FindingCodes.TokenSignatureInvalid,
                $"{Name(seen)} is signed with {(token.Algorithm is { Length: > 0 } algorithm ? algorithm : "no algorithm")}, "
                    + "which AWS does not accept.",
                "Use the token as the cluster signs it (RS256).",
                refusal.Expected!,
                token.Algorithm is { Length: > 0 } ? token.Algorithm : "(none)"
            )
            : Found(
                FindingCodes.TokenSignatureInvalid,
                $"The signature of the token of {seen.Source} is not valid: the token was changed after it was signed, or "
                    + "signed with another key.",
                "Use the token as it is, without editing or re-encoding it.",
                $"a signature by {token.KeyId}",
                "a signature that does not verify"
            );

    /// <summary>It is a JWT, but has a claim that AWS does not accept.</summary>
    private static Finding Unreadable(TokenEvidence seen, WebIdentityDecision.Refused refusal)
    {
        var (what, expected, actual) = refusal.Reason switch
        {
            RefusalReason.TimestampInvalid => (
                $"has a claim {refusal.Actual} that is not a whole number of seconds",
                "whole seconds since 1970",
                seen.Claims![refusal.Actual!]?.ToJsonString() ?? "null"
            ),
            RefusalReason.SessionTagsMalformed => (
                "has session tags (principal_tags) that are not lists of one text each",
                """{"NAME":["VALUE"]}""",
                "principal_tags in another form"
            ),
            RefusalReason.RolesMalformed => (
                "has a claim https://aws.amazon.com/roles without any role's ARN",
                refusal.Expected!,
                refusal.Actual!
            ),
            RefusalReason.RoleNotListed => (
                $"lists the roles that it is for (https://aws.amazon.com/roles), but {refusal.Expected} is not among them",
                refusal.Expected!,
                refusal.Actual!
            ),
            _ => ("is too long: AWS accepts 20,000 characters", "at most 20,000 characters", "more"),
        };
        return Found(
            FindingCodes.TokenMalformed,
            $"{Name(seen)} {what}. Neither Kubernetes nor Google writes such a claim.",
            "Use the token as the cluster issued it; if something else made it, correct the claim there.",
            expected,
            actual
        );
    }

    /// <summary>The trust policy admits the workload's own token, and not this one.</summary>
    private static Finding Trust(WorkloadCase subject, TokenEvidence seen, WebIdentityDecision.Refused refusal, string code) =>
        refusal.Reason is RefusalReason.TrustAction
            ? Found(
                code,
                $"{Name(seen)} has session tags or a source identity, and the trust policy of {subject.Workload.RoleArn} does "
                    + $"not allow {refusal.Expected}.",
                "Use the token as the cluster issued it, which has neither; or allow the action in a trust template of your own.",
                refusal.Expected!,
                refusal.Actual ?? "(no action)"
            )
            : Found(
                code,
                $"The trust policy of {subject.Workload.RoleArn} admits the workload's own token, but not the token of "
                    + $"{seen.Source}: "
                    + (
                        refusal.Reason is RefusalReason.TrustDenied
                            ? "a Deny matches its claims."
                            : "a condition does not hold for its claims."
                    ),
                $"Take the token from a pod that runs as {subject.Workload.Namespace}/{subject.Workload.ServiceAccount}.",
                refusal.Expected ?? "no Deny that matches",
                refusal.Actual ?? "a Deny that matches"
            );

    /// <summary>Readers of JSON differ on a claim that is given twice (RFC 7519, 4): no issuer signs such a token on purpose.</summary>
    private static Finding? Ambiguous(TokenEvidence seen) =>
        seen.RepeatedClaim is { } claim
            ? Found(
                FindingCodes.TokenMalformed,
                $"{Name(seen)} gives the claim {PlainText.Quoted(claim)} more than once. STS was seen to take the last one, as is done "
                    + "here; other readers take the first, or refuse the token.",
                "Use a token as GKE signs it; whatever made this one can make one reader see other claims than another.",
                "each claim once",
                $"{PlainText.Quoted(claim)} more than once"
            ) with
            {
                Severity = Severity.Warning,
            }
            : null;

    private static Finding Malformed(TokenEvidence seen, TokenDefect defect)
    {
        var (what, fix) = defect switch
        {
            TokenDefect.Empty => ("is empty", "Give the content of the token's file."),
            TokenDefect.Path => (
                "is the path of a file, not its content",
                "Pass the file's content; an SDK reads the path from AWS_WEB_IDENTITY_TOKEN_FILE."
            ),
            TokenDefect.Base64 => ("is a token in base64", "Decode it once: `kubectl get secret` shows data encoded."),
            TokenDefect.SurroundingWhiteSpace => (
                "has white space around the token, such as a line break at the end",
                "Write the file without a line break (printf %s, not echo)."
            ),
            TokenDefect.CriticalHeader => ("has a critical header (crit), which STS does not know", "Use a token as GKE signs it."),
            TokenDefect.NotBase64Url or TokenDefect.NotJson => (
                "has three parts, but they are not those of a JSON Web Token",
                "Check whether it was cut off, quoted or changed."
            ),
            _ => (
                "is not a JSON Web Token: perhaps an opaque access token, which AWS does not accept",
                "Use the projected service account token of the pod, not an OAuth access token of Google."
            ),
        };
        return Found(
            FindingCodes.TokenMalformed,
            $"{Name(seen)} {what}.",
            fix,
            "a JSON Web Token: three parts of base64url",
            defect.ToString()
        );
    }

    private static Finding Found(string code, string cause, string fix, string expected, string actual) =>
        new()
        {
            Code = code,
            Cause = cause,
            Fix = fix,
            Expected = expected,
            Actual = actual,
        };

    private static string Name(TokenEvidence seen) => $"The token of {seen.Source}";
}
