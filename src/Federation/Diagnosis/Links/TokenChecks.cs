using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.WebIdentity;

namespace Federation.Diagnosis.Links;

/// <summary>A token's claims against those that the workload's token must have, in the order in which STS looks at them.</summary>
internal static class TokenChecks
{
    private static readonly string[] RequiredClaims = ["iss", "sub", "aud", "iat", "exp"];

    public static IEnumerable<Finding> Examine(Case @case, TokenEvidence evidence)
    {
        if (evidence.Claims is null || !TryRead(evidence, out var token))
        {
            return [Malformed(evidence)];
        }

        if (RequiredClaims.FirstOrDefault(claim => !evidence.Claims.ContainsKey(claim)) is { } missing)
        {
            return
            [
                Found(
                    FindingCodes.TokenClaimMissing,
                    $"{Named(evidence)} has no claim {missing}{(missing == "aud" ? "; a token without an audience comes from a Secret of type kubernetes.io/service-account-token" : "")}.",
                    $"Use the projected token of a pod that runs as {@case.Workload.Namespace}/{@case.Workload.ServiceAccount} (TokenRequest), not one of a Secret.",
                    missing,
                    "(absent)"
                ),
            ];
        }

        return new[]
        {
            Issuer(@case, evidence, token),
            Audience(@case, evidence, token),
            Subject(@case, evidence, token),
            Times(@case, evidence, token),
            Key(@case, evidence, token),
        }.OfType<Finding>();
    }

    private static Finding? Issuer(Case @case, TokenEvidence evidence, WebIdentityToken token)
    {
        var expected = "https://" + @case.IssuerPath;
        if (@case.Evidence.Kubernetes.Issuer?.Refused is { Code: FindingCodes.IssuerMismatch, Actual: { } named } && named == token.Issuer)
        {
            // The cluster names that issuer itself, which has been told.
            return null;
        }

        return token.Issuer == expected
            ? null
            : Found(
                FindingCodes.TokenIssuerMismatch,
                $"{Named(evidence)} was issued by {token.Issuer}, not by {expected}"
                    + (
                        IssuerNearMiss.Of(
                            expected["https://".Length..],
                            token.Issuer?.Replace("https://", "", StringComparison.Ordinal) ?? ""
                        )
                            is { How: var how }
                            ? $"; the issuer {how}."
                            : "."
                    ),
                $"Take the token from a pod of the cluster {@case.Cluster.ResourceName}, or correct clusters.{@case.Cluster.Key} in federation.yaml: its project, location and name make the issuer.",
                expected,
                token.Issuer ?? "(none)"
            );
    }

    private static Finding? Audience(Case @case, TokenEvidence evidence, WebIdentityToken token)
    {
        var expected = @case.Workload.Audience;
        if (token is { AuthorizedParty: null, Audiences.Count: > 1 })
        {
            return Found(
                FindingCodes.TokenAudiencesMany,
                $"{Named(evidence)} is for {token.Audiences.Count} audiences at once; AWS takes one, even where it knows them all.",
                $"Request it for {expected} alone; a projected volume has one audience a source.",
                expected,
                string.Join(", ", token.Audiences)
            );
        }

        var actual = token.Audiences is [var only] ? only : "(none)";
        return actual == expected
            ? null
            : Found(
                FindingCodes.TokenAudienceMismatch,
                actual == token.Issuer
                    ? $"{Named(evidence)} is the default token of Kubernetes, whose audience is the issuer: it is for the API server, and AWS must not have it."
                    : $"{Named(evidence)} is for {actual}, not for {expected}{(ProviderLink.IsNear(expected, actual) ? "; the two only look alike" : "")}.",
                $"Set audience: {expected} in the serviceAccountToken source of the pod's projected volume; by hand: {@case.Kubectl("create", "token", "-n", @case.Workload.Namespace, @case.Workload.ServiceAccount, "--audience", expected)}",
                expected,
                actual
            );
    }

    private static Finding? Subject(Case @case, TokenEvidence evidence, WebIdentityToken token) =>
        @case.Subject is not { } expected || token.Subject == expected
            ? null
            : Found(
                FindingCodes.TokenSubjectMismatch,
                $"{Named(evidence)} is of {(string.IsNullOrEmpty(token.Subject) ? "nobody (its subject is empty)" : token.Subject)}; the role is for {expected}.",
                $"Run the pod as {@case.Workload.Namespace}/{@case.Workload.ServiceAccount}, or name the other service account in federation.yaml.",
                expected,
                token.Subject ?? "(none)"
            );

    private static Finding? Times(Case @case, TokenEvidence evidence, WebIdentityToken token)
    {
        var allowance = SecurityTokenService.ClockAllowance;
        if (token.ExpiresAt is { } expires && @case.Now - allowance >= expires)
        {
            return Found(
                FindingCodes.TokenExpired,
                $"{Named(evidence)} expired {Ago(@case.Now - expires)} ago; AWS allows five minutes.",
                "Read the token's file anew for each exchange: the kubelet replaces it at 80 % of its life. A copy, a subPath mount or a token read once at start goes stale.",
                $"after {Moment(@case.Now - allowance)}",
                Moment(expires)
            );
        }

        var (claim, begins) =
            token.IssuedAt > token.NotBefore || token.NotBefore is null ? ("iat", token.IssuedAt) : ("nbf", token.NotBefore);
        return begins is { } start && start > @case.Now + allowance
            ? Found(
                FindingCodes.TokenFromTheFuture,
                $"{Named(evidence)} begins in {Ago(start - @case.Now)} by its {claim}: the clocks of the cluster and of whoever looked are more than five minutes apart.",
                "Set the clocks right (NTP); for a token of another origin, look at who made it.",
                $"before {Moment(@case.Now + allowance)}",
                Moment(start)
            )
            : null;
    }

    private static Finding? Key(Case @case, TokenEvidence evidence, WebIdentityToken token)
    {
        if (@case.Evidence.Google.Issuer?.Found is not { } published || token.Issuer != published.Issuer || evidence.KeyId is null)
        {
            return null;
        }

        if (
            @case.Evidence.Kubernetes.Issuer?.Found?.KeyIds?.Contains(evidence.KeyId, StringComparer.Ordinal) is true
            && !published.Keys.Any(key => key.KeyId == evidence.KeyId)
        )
        {
            // The cluster does sign with it: then it is the issuer that is behind.
            return null;
        }

        if (!published.Keys.Any(key => key.KeyId == evidence.KeyId))
        {
            return Found(
                FindingCodes.VerificationKeyUnavailable,
                $"{Named(evidence)} was signed with the key {evidence.KeyId}, which its issuer does not publish.",
                "Right after a rotation, wait until the published keys have caught up. If it stays so, the token is of a cluster that is gone.",
                evidence.KeyId,
                published.Keys.Count == 0 ? "(no key)" : string.Join(", ", published.Keys.Select(key => key.KeyId ?? "(no kid)"))
            );
        }

        return evidence.SignatureHolds is not false
            ? null
            : Found(
                FindingCodes.TokenSignatureInvalid,
                $"The signature of {Named(evidence, begins: false)} does not belong to it: it was changed after it was signed, or signed by another.",
                "Take the token as it is, without editing or re-encoding it.",
                $"a signature by {evidence.KeyId}",
                "a signature that does not verify"
            );
    }

    private static Finding Malformed(TokenEvidence evidence)
    {
        var (what, fix) = evidence.Defect switch
        {
            TokenDefect.Empty => ("is empty", "Give the content of the token's file."),
            TokenDefect.Path => (
                "is the path of a file, not what is in it",
                "Hand over the file's content; an SDK that takes a path takes it in AWS_WEB_IDENTITY_TOKEN_FILE."
            ),
            TokenDefect.Base64 => ("is base64 of a token", "Decode it once: kubectl get secret shows data encoded."),
            TokenDefect.SurroundingWhiteSpace => (
                "has white space around the token, such as a line break at the end",
                "Write the file without a line break (printf %s, not echo)."
            ),
            TokenDefect.CriticalHeader => ("has a critical header (crit), which STS does not know", "Use a token as GKE signs it."),
            TokenDefect.NotBase64Url or TokenDefect.NotJson => (
                "has three parts that are no JSON Web Token",
                "Check whether it was cut, quoted or changed on its way."
            ),
            _ => (
                "is no JSON Web Token: an opaque access token, say, which AWS cannot take",
                "Use the projected service account token of the pod, not an OAuth access token of Google."
            ),
        };
        return Found(
            FindingCodes.TokenMalformed,
            $"{Named(evidence)} {what}.",
            fix,
            "a JSON Web Token: three parts of base64url",
            evidence.Defect.ToString()
        );
    }

    private static bool TryRead(TokenEvidence evidence, out WebIdentityToken token)
    {
        var header = new JsonObject { ["alg"] = evidence.Algorithm, ["kid"] = evidence.KeyId };
        var text = string.Join(
            '.',
            new[] { header.ToJsonString(), evidence.Claims!.ToJsonString(), "unseen" }.Select(part =>
                Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part))
            )
        );
        var isToken = WebIdentityToken.TryParse(text, out var read, out _);
        token = read!;
        return isToken;
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

    private static string Named(TokenEvidence evidence, bool begins = true) => $"{(begins ? "The" : "the")} token of {evidence.Source}";

    private static string Ago(TimeSpan time) => Human.Of(time);

    private static string Moment(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
}
