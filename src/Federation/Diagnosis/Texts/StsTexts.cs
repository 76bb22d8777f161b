using System.Globalization;
using System.Text.RegularExpressions;
using Federation.Findings;
using Federation.WebIdentity;

namespace Federation.Diagnosis.Texts;

/// <summary>
/// What STS answers to <c>AssumeRoleWithWebIdentity</c>, in the order in which it checks: the texts recorded from the
/// service in September 2026, and older ones that still occur.
/// </summary>
internal static partial class StsTexts
{
    private const string FullLook = "`--target=Diagnose` with read access to AWS and the cluster compares them and names the difference.";

    public static IReadOnlyList<ErrorText> All { get; } =
    [
        new("RegionDisabledException", "STS is not activated in this region")
        {
            Code = FindingCodes.RegionUnavailable,
            Cause = "STS is switched off for the role's account in the region that was called.",
            Fix =
                "Activate it in that account (IAM > Account settings > STS), or set AWS_REGION and AWS_DEFAULT_REGION of the "
                + "pod to a region that is active.",
        },
        Constraint(
            "durationSeconds",
            FindingCodes.SessionDurationOutOfRange,
            "The requested session length is not one that STS accepts.",
            "Request 900 to 43,200 seconds, and no more than the role's maximum."
        ),
        Constraint(
            "roleArn",
            FindingCodes.RoleArnWrong,
            "The value given as the role's ARN is not an ARN.",
            "Set AWS_ROLE_ARN to what `aws iam get-role --role-name NAME --query Role.Arn --output text` prints."
        ),
        Constraint(
            "roleSessionName",
            FindingCodes.AwsIdentifierInvalid,
            "The session name has a character or a length that STS does not accept.",
            "Set AWS_ROLE_SESSION_NAME to 2 to 64 of the characters A-Z a-z 0-9 _ + = , . @ -."
        ),
        Constraint(
            "webIdentityToken",
            FindingCodes.TokenMalformed,
            "The value given as the token is too short or too long to be one: most likely the file is empty.",
            "`wc -c \"$AWS_WEB_IDENTITY_TOKEN_FILE\"` in the container shows its size; mount the projected token there."
        ),
        new("Request ARN is invalid")
        {
            Code = FindingCodes.RoleArnWrong,
            Cause =
                "The role ARN of the request is not the ARN of a role. Most likely it is the provider's ARN "
                + "(…:oidc-provider/…); otherwise a placeholder that was not filled in, or empty.",
            Fix = "Set AWS_ROLE_ARN to what `aws iam get-role --role-name NAME --query Role.Arn --output text` prints.",
        },
        new("PackedPolicyTooLarge", "(MalformedPolicyDocument) when calling the AssumeRoleWithWebIdentity")
        {
            Code = FindingCodes.CheckFailed,
            Cause = "The program itself sends a session policy or session tags with the request, and STS does not accept them.",
            Fix = "Remove the session policy from the program's call, or make it smaller; the role's own policies are enough.",
        },
        new("Login With Amazon token", "Unrecognized OAuth provider", "graph.facebook.com:")
        {
            Code = FindingCodes.CheckFailed,
            Cause =
                "The program sends a ProviderId with the token. That is for OAuth access tokens of Amazon and Facebook; a "
                + "cluster's or Google's token is OpenID Connect.",
            Fix = "Remove ProviderId from the program's call.",
        },
        new("not a valid JWT")
        {
            Code = FindingCodes.TokenMalformed,
            Cause =
                "What was sent is not a JWT. Most likely the program sends the path of the token file instead of its content; "
                + "otherwise a Google access token (ya29.…), a token that was encoded in base64 again, or one with something "
                + "after it, such as the line break of a file written by hand.",
            Fix =
                "`--target=Token --token-file=PATH` says what the file holds. Let the SDK read AWS_WEB_IDENTITY_TOKEN_FILE by "
                + "itself where it can.",
        },
        new("Missing a required claim")
        {
            Code = FindingCodes.TokenClaimMissing,
            Form = MissingClaim(),
            Cause = "The token lacks a claim that AWS requires.",
            Fix = "Mount a projected token (serviceAccountToken with audience), and point AWS_WEB_IDENTITY_TOKEN_FILE at it.",
            Read = (said, finding) =>
                said.Groups["claim"].Value switch
                {
                    "" => finding,
                    "aud" => finding with
                    {
                        Expected = "aud",
                        Cause =
                            "The token has no audience (aud). It is the token of a Secret of type "
                            + "kubernetes.io/service-account-token, which has none and never expires, or it was made by hand.",
                    },
                    var claim => finding with
                    {
                        Expected = claim,
                        Cause =
                            $"The token lacks the claim {claim}, which AWS requires (iss, sub, aud, iat, exp). Projected tokens "
                            + "always have it, so this is not one.",
                    },
                },
        },
        new("Claim is not allowed to be empty")
        {
            Code = FindingCodes.TokenClaimMissing,
            Cause = "A claim that AWS requires is empty: the token was requested with an empty list of audiences.",
            Fix =
                "Request exactly one audience: `kubectl create token KSA -n NAMESPACE --audience sts.amazonaws.com`, or "
                + "`audience:` of the projected volume.",
        },
        new("Unknown error validating third-party token")
        {
            Code = FindingCodes.TokenClaimMissing,
            Cause =
                "STS failed while it validated the token. The only token known to cause this has null as its subject (sub); "
                + "otherwise it is an error of the service itself.",
            Fix = "Look at sub with `--target=Token --token-file=PATH`; if it is a text, try again.",
        },
        new(
            "Invalid timestamp in token claims",
            "principal_tags passed in claim",
            "The roles claim",
            "not present in the roles claim of the identity token"
        )
        {
            Code = FindingCodes.TokenMalformed,
            Cause =
                "A claim has a value that AWS cannot use: a time that is not a whole number, session tags that are not lists, "
                + "or a list of roles (https://aws.amazon.com/roles) without the requested role. Tokens of Kubernetes and Google "
                + "never have that: something else made this one.",
            Fix = "`--target=Token --token-file=PATH` shows the claims; correct them where the token is made.",
        },
        new("No OpenIDConnect provider found")
        {
            Code = FindingCodes.ProviderMissing,
            Form = NoProvider(),
            Cause = "The role's account has no IAM OIDC provider whose URL is exactly the token's issuer.",
            Fix =
                "`aws iam list-open-id-connect-providers` in the role's account lists those that exist; `--target=Diagnose` "
                + "with access to it names a near miss.",
            Read = (said, finding) =>
                said.Groups["url"] is { Success: true } url ? IssuerText.Explain(url.Value.TrimEnd('.'), finding) : finding,
        },
        new("HTTPS certificate doesn't match configured thumbprint")
        {
            Code = FindingCodes.ThumbprintUnneeded,
            Cause =
                "The provider's thumbprint is not that of the issuer's certificate chain. AWS compares it only if it does not "
                + "trust the certificate authority, so this is not a GKE cluster's issuer, whose certificates are Google's.",
            Fix =
                "Check which issuer the token names (`--target=Token --token-file=PATH`); if it is the right one, update the "
                + "thumbprint: `aws iam update-open-id-connect-provider-thumbprint --open-id-connect-provider-arn ARN "
                + "--thumbprint-list SHA1`.",
        },
        new("retrieve verification key", "IDPCommunicationError")
        {
            Code = FindingCodes.VerificationKeyUnavailable,
            Cause =
                "STS could not get the key that signed the token. Most likely its copy of the issuer's keys is older than the "
                + "cluster's newest key (a new cluster, or keys just rotated), or the issuer was slow to answer; otherwise the "
                + "token is from an earlier cluster of the same name, whose key is gone.",
            Fix =
                "Retry with growing pauses for some minutes. If it persists, compare the kid that `--target=Token` prints with "
                + "those of ISSUER/jwks, and restart the pod to get a new token.",
        },
        Expired("Token expired") with
        {
            Form = ExpiredAt(),
            Read = (said, finding) =>
                Moment(said.Groups["now"], StsAllowance) is { } now && Moment(said.Groups["limit"], TimeSpan.Zero) is { } limit
                    ? finding with
                    {
                        Expected = $"used before {limit}",
                        Actual = $"used at {now}",
                    }
                    : finding,
        },
        // For logs that have only the error code.
        Expired("ExpiredTokenException"),
        new("Token issued in the future")
        {
            Code = FindingCodes.TokenFromTheFuture,
            Form = Issued(),
            Cause =
                "The token was issued more than five minutes ahead of AWS's clock: the clock of the machine that signed it is "
                + "fast. This does not happen with GKE clusters, but with local clusters and tokens made by hand.",
            Fix = "Synchronise that machine's clock (NTP), then request a new token.",
            Read = (said, finding) =>
                Moment(said.Groups["issued"], TimeSpan.Zero) is { } issued
                    ? finding with
                    {
                        Expected = "issued no more than five minutes ahead of AWS's clock",
                        Actual = $"issued at {issued}",
                    }
                    : finding,
        },
        new("Token not yet valid")
        {
            Code = FindingCodes.TokenFromTheFuture,
            Form = NotYetValid(),
            Cause =
                "The token is valid only from a time more than five minutes ahead of AWS's clock: the clock of the machine "
                + "that signed it is fast.",
            Fix = "Synchronise that machine's clock (NTP), then request a new token.",
            Read = (said, finding) =>
                Moment(said.Groups["now"], -StsAllowance) is { } now && Moment(said.Groups["limit"], TimeSpan.Zero) is { } limit
                    ? finding with
                    {
                        Expected = $"used from {limit} on",
                        Actual = $"used at {now}",
                    }
                    : finding,
        },
        new("more than one audience")
        {
            Code = FindingCodes.TokenAudiencesMany,
            Cause = "The token has several audiences. AWS always refuses that, even if each of them is registered.",
            Fix =
                "Request one: `audience: sts.amazonaws.com` in the projected volume, a single entry in a TokenRequest. For a "
                + "second party add a second serviceAccountToken source.",
        },
        new("Incorrect token audience", "token provided could not be validated")
        {
            Code = FindingCodes.AudienceNotRegistered,
            Cause =
                "The token's audience is not among the provider's client ids. Most likely the provider lacks "
                + "sts.amazonaws.com, or has a near miss such as sts.amazon.com or https://sts.amazonaws.com (FED3003); "
                + "otherwise the pod sends its default token, whose audience is the issuer, or one with another audience "
                + "(FED7001). The wording \"could not be validated\" can also mean a bad signature (FED7009).",
            Fix =
                "Compare `aws iam get-open-id-connect-provider --open-id-connect-provider-arn ARN --query ClientIDList` with "
                + $"aud of `--target=Token`. {FullLook}",
        },
        new("explicit deny")
        {
            Code = FindingCodes.TrustDenied,
            Form = DeniedExchange(),
            Cause =
                "A policy denies the exchange outright: a Deny statement of the role's trust policy, or a resource control "
                + "policy of the organisation.",
            Fix =
                "`aws iam get-role --role-name NAME --query Role.AssumeRolePolicyDocument` shows the statements; remove the "
                + "Deny, or exclude this subject from it.",
        },
        new(
            "Not authorized to perform sts:AssumeRoleWithWebIdentity",
            "is not authorized to perform: sts:AssumeRoleWithWebIdentity",
            "(AccessDenied) when calling the AssumeRoleWithWebIdentity"
        )
        {
            Code = FindingCodes.TrustSubjectMismatch,
            Cause =
                "Provider, signature, times and registered audience are right, but the role does not admit this token. AWS "
                + "says the same for many faults. Most likely the subject differs: namespace or service account in the trust "
                + "policy, or the pod runs as another one (FED4004, FED6004). Then: the role was created or changed seconds ago "
                + "(FED4012); the value under the wrong condition key, https:// or a cut path in the key (FED4006); * under "
                + "StringEquals (FED4007); another audience in the trust policy (FED4005); sts:AssumeRole as action (FED4003); "
                + "another provider as principal (FED4002); conditions for Google's tokens (FED4013); a Deny (FED4009); no such "
                + "role, or its path missing from AWS_ROLE_ARN (FED4001, FED4010).",
            Fix =
                "Compare `aws iam get-role --role-name NAME --query Role.AssumeRolePolicyDocument` with the claims of "
                + $"`--target=Token`, character by character. {FullLook}",
        },
        new("exceeds the MaxSessionDuration")
        {
            Code = FindingCodes.SessionTooLong,
            Cause = "The requested session is longer than the role allows (one hour unless it was changed).",
            Fix =
                "Request less (DurationSeconds, duration_seconds), or raise role.maxSessionDuration and run `--target=Apply`; "
                + "by hand: `aws iam update-role --role-name NAME --max-session-duration SECONDS`.",
        },
    ];

    /// <summary>STS prints its clock already moved by the skew it allows: back for an expiry, ahead for a start.</summary>
    private static TimeSpan StsAllowance => SecurityTokenService.ClockAllowance;

    private static ErrorText Expired(string phrase) =>
        new(phrase)
        {
            Code = FindingCodes.TokenExpired,
            Cause =
                "The token expired more than the five minutes ago that AWS allows for clock skew. Most likely the program read "
                + "it once when it started, or it reads a copy or a subPath mount, which the kubelet does not renew; otherwise a "
                + "clock is wrong.",
            Fix =
                "Let the SDK read the projected file itself for every exchange; mount the whole volume without subPath; "
                + "restart the pod to continue at once.",
        };

    private static ErrorText Constraint(string field, string code, string cause, string fix) =>
        new("failed to satisfy constraint")
        {
            Code = code,
            Form = new Regex($"Value ('(?<value>[^']*)' )?at '{field}' failed to satisfy constraint: *(?<rule>.*)", ErrorText.Options),
            Cause = cause,
            Fix = fix,
            Read = (said, finding) =>
                said.Groups["value"].Value is { Length: > 0 and <= 200 } value
                    ? finding with
                    {
                        Expected = said.Groups["rule"].Value.Trim(),
                        Actual = value,
                    }
                    : finding with
                    {
                        Expected = said.Groups["rule"].Value.Trim(),
                    },
        };

    private static string? Moment(Group seconds, TimeSpan moved) =>
        seconds.Success && long.TryParse(seconds.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var unix)
            ? Wording.Moment(DateTimeOffset.FromUnixTimeSeconds(unix) + moved)
            : null;

    [GeneratedRegex(@"Missing a required claim(: *(?<claim>\w+))?", ErrorText.Options)]
    private static partial Regex MissingClaim();

    [GeneratedRegex(
        @"No OpenIDConnect provider found( in your account for (?<url>[a-z]+://[\w.:/~%-]+|[\w.-]+\.[a-z]{2,}[\w./~%-]*))?",
        ErrorText.Options
    )]
    private static partial Regex NoProvider();

    [GeneratedRegex(
        "Token expired(: current date/time ?(?<now>[0-9]{9,10}) must be before the expiration date/time ?(?<limit>[0-9]{9,10}))?",
        ErrorText.Options
    )]
    private static partial Regex ExpiredAt();

    [GeneratedRegex("Token issued in the future(: ?(?<issued>[0-9]{9,10}))?", ErrorText.Options)]
    private static partial Regex Issued();

    [GeneratedRegex(
        "Token not yet valid(: current date/time ?(?<now>[0-9]{9,10}) must be after or equal to the not-before date/time "
            + "?(?<limit>[0-9]{9,10}))?",
        ErrorText.Options
    )]
    private static partial Regex NotYetValid();

    [GeneratedRegex("sts:AssumeRoleWithWebIdentity.* explicit deny", ErrorText.Options)]
    private static partial Regex DeniedExchange();
}
