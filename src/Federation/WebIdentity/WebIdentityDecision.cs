using Federation.Policies;

namespace Federation.WebIdentity;

/// <summary>Why STS refuses, a value per cause; several causes share an error code on the wire.</summary>
public enum RefusalReason
{
    /// <summary>A parameter is too short, too long, out of range or of the wrong form.</summary>
    ParameterInvalid,

    /// <summary>The role ARN is not a role's: a provider's ARN, a placeholder.</summary>
    RoleArnInvalid,

    SessionPolicyMalformed,

    /// <summary>A <c>ProviderId</c> was sent, which belongs to OAuth access tokens.</summary>
    ProviderIdGiven,

    /// <summary>Not a JWT; <see cref="WebIdentityDecision.Refused.Defect"/> says what it is.</summary>
    TokenMalformed,

    ClaimMissing,

    AudienceEmpty,

    /// <summary>The subject is null, or not a text.</summary>
    SubjectNull,

    TimestampInvalid,

    SessionTagsMalformed,

    ProviderMissing,

    /// <summary>No usable key of the token's <c>kid</c>, or the issuer's keys cannot be fetched.</summary>
    KeyUnavailable,

    AlgorithmUnsupported,

    SignatureInvalid,

    Expired,

    /// <summary><c>iat</c> is in the future.</summary>
    FromTheFuture,

    /// <summary><c>nbf</c> is in the future.</summary>
    NotYetValid,

    /// <summary>More than one audience and no authorized party.</summary>
    ManyAudiences,

    AudienceNotRegistered,

    /// <summary>The token's own list of roles cannot be read, or has no role's ARN in it.</summary>
    RolesMalformed,

    /// <summary>The token's own list of roles does not have this one.</summary>
    RoleNotListed,

    /// <summary>The role does not exist, or is not visible yet.</summary>
    RoleMissing,

    /// <summary>No statement names the token's provider as principal.</summary>
    TrustPrincipal,

    /// <summary>
    /// The statement is about other actions; or the token carries session tags or a source identity, and no statement allows
    /// those.
    /// </summary>
    TrustAction,

    /// <summary>The statement requires another subject.</summary>
    TrustSubject,

    /// <summary>The statement requires another audience.</summary>
    TrustAudience,

    /// <summary>The statement compares with <c>*</c> or <c>?</c> in a value that only a Like operator would read as a pattern.</summary>
    TrustWildcardLiteral,

    /// <summary>
    /// The statement tests a key that no token of this issuer has: another issuer's, one with <c>https://</c>, a claim AWS
    /// cannot test.
    /// </summary>
    TrustConditionKey,

    /// <summary>Another condition of the statement does not hold.</summary>
    TrustCondition,

    /// <summary>A Deny statement matches.</summary>
    TrustDenied,

    /// <summary>The session would outlast the role's maximum.</summary>
    SessionTooLong,
}

/// <summary>What STS answers to <c>AssumeRoleWithWebIdentity</c>.</summary>
public abstract record WebIdentityDecision
{
    /// <summary>The role is assumed.</summary>
    /// <param name="Subject">The response's <c>SubjectFromWebIdentityToken</c>.</param>
    /// <param name="Audience">The response's <c>Audience</c>: the authorized party if there is one.</param>
    /// <param name="Provider">The response's <c>Provider</c>: the provider's ARN, or <c>accounts.google.com</c>.</param>
    /// <param name="SessionDuration">How long the credentials live; the token's own expiry does not cap it.</param>
    /// <param name="Statement">The trust policy's statement that admitted it.</param>
    public sealed record Allowed(
        RoleArn Role,
        string Subject,
        string Audience,
        string Provider,
        TimeSpan SessionDuration,
        PolicyStatement Statement
    ) : WebIdentityDecision;

    /// <summary>
    /// Nothing is refused, and whether the trust policy allows it depends on condition keys that are not known from here.
    /// Never where <see cref="WebIdentityEvidence.CallKeys"/> is given.
    /// </summary>
    public sealed record Undecided : WebIdentityDecision
    {
        internal Undecided(TrustVerdict trust) => Trust = trust;

        internal TrustVerdict Trust { get; }
    }

    /// <summary>The role is not assumed.</summary>
    /// <param name="Code">The error code on the wire, such as <c>InvalidIdentityToken</c>.</param>
    /// <param name="Status">The HTTP status.</param>
    /// <param name="Message">AWS's text.</param>
    public sealed record Refused(RefusalReason Reason, string Code, int Status, string Message) : WebIdentityDecision
    {
        /// <summary>For <see cref="RefusalReason.TokenMalformed"/>: what the text is instead.</summary>
        public TokenDefect Defect { get; init; }

        /// <summary>What would have been accepted, where that is one value or a few.</summary>
        public string? Expected { get; init; }

        /// <summary>What was there instead.</summary>
        public string? Actual { get; init; }

        /// <summary>For the trust reasons: what the trust policy says, statement by statement.</summary>
        internal TrustVerdict? Trust { get; init; }
    }
}
