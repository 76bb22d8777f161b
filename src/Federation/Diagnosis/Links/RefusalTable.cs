using System.Collections.Frozen;
using Federation.Findings;
using Federation.WebIdentity;

namespace Federation.Diagnosis.Links;

/// <summary>The finding codes for one reason of STS, depending on what is wrong: AWS's side or the token.</summary>
/// <param name="OfAws">The code if the token is right and AWS's side is wrong; null if that cannot be.</param>
/// <param name="OfToken">The code if AWS's side is right and the token is wrong; null if that cannot be.</param>
/// <param name="Claim">The claim that is refused; null if the refusal itself names it, or it is not about a claim.</param>
internal sealed record RefusalRow(string? OfAws, string? OfToken, string? Claim = null);

/// <summary>The one table from the reasons of STS to the codes of findings.</summary>
internal static class RefusalTable
{
    private static readonly FrozenDictionary<RefusalReason, RefusalRow> Rows = new Dictionary<RefusalReason, RefusalRow>
    {
        // The request is made by the diagnosis, so only a token that is too long can be at fault.
        [RefusalReason.ParameterInvalid] = new(OfAws: null, FindingCodes.TokenMalformed),
        [RefusalReason.RoleArnInvalid] = new(FindingCodes.RoleArnWrong, OfToken: null),
        [RefusalReason.SessionPolicyMalformed] = new(OfAws: null, OfToken: null),
        [RefusalReason.ProviderIdGiven] = new(OfAws: null, OfToken: null),
        [RefusalReason.TokenMalformed] = new(OfAws: null, FindingCodes.TokenMalformed),
        [RefusalReason.ClaimMissing] = new(OfAws: null, FindingCodes.TokenClaimMissing),
        [RefusalReason.AudienceEmpty] = new(OfAws: null, FindingCodes.TokenClaimMissing, "aud"),
        [RefusalReason.SubjectNull] = new(OfAws: null, FindingCodes.TokenClaimMissing, "sub"),
        [RefusalReason.TimestampInvalid] = new(OfAws: null, FindingCodes.TokenMalformed),
        [RefusalReason.SessionTagsMalformed] = new(OfAws: null, FindingCodes.TokenMalformed),
        [RefusalReason.ProviderMissing] = new(FindingCodes.ProviderMissing, FindingCodes.TokenIssuerMismatch, "iss"),
        [RefusalReason.KeyUnavailable] = new(FindingCodes.VerificationKeyUnavailable, FindingCodes.VerificationKeyUnavailable),
        [RefusalReason.AlgorithmUnsupported] = new(OfAws: null, FindingCodes.TokenSignatureInvalid),
        [RefusalReason.SignatureInvalid] = new(OfAws: null, FindingCodes.TokenSignatureInvalid),
        [RefusalReason.Expired] = new(OfAws: null, FindingCodes.TokenExpired, "exp"),
        [RefusalReason.FromTheFuture] = new(OfAws: null, FindingCodes.TokenFromTheFuture, "iat"),
        [RefusalReason.NotYetValid] = new(OfAws: null, FindingCodes.TokenFromTheFuture, "nbf"),
        [RefusalReason.ManyAudiences] = new(OfAws: null, FindingCodes.TokenAudiencesMany, "aud"),
        [RefusalReason.AudienceNotRegistered] = new(FindingCodes.AudienceNotRegistered, FindingCodes.TokenAudienceMismatch, "aud"),
        [RefusalReason.RolesMalformed] = new(OfAws: null, FindingCodes.TokenMalformed),
        [RefusalReason.RoleNotListed] = new(OfAws: null, FindingCodes.TokenMalformed),
        [RefusalReason.RoleMissing] = new(FindingCodes.RoleMissing, OfToken: null),
        [RefusalReason.TrustPrincipal] = new(FindingCodes.TrustPrincipalMismatch, FindingCodes.TokenIssuerMismatch, "iss"),
        [RefusalReason.TrustAction] = new(FindingCodes.TrustActionMismatch, FindingCodes.TrustActionMismatch),
        [RefusalReason.TrustSubject] = new(FindingCodes.TrustSubjectMismatch, FindingCodes.TokenSubjectMismatch, "sub"),
        [RefusalReason.TrustAudience] = new(FindingCodes.TrustAudienceMismatch, FindingCodes.TokenAudienceMismatch, "aud"),
        [RefusalReason.TrustWildcardLiteral] = new(FindingCodes.TrustWildcardLiteral, FindingCodes.TrustWildcardLiteral),
        [RefusalReason.TrustConditionKey] = new(FindingCodes.TrustConditionKeyWrong, FindingCodes.TrustConditionKeyWrong),
        [RefusalReason.TrustCondition] = new(FindingCodes.TrustConditionKeyWrong, FindingCodes.TrustConditionKeyWrong),
        [RefusalReason.TrustDenied] = new(FindingCodes.TrustDenied, FindingCodes.TrustDenied),
        [RefusalReason.SessionTooLong] = new(FindingCodes.SessionTooLong, OfToken: null),
    }.ToFrozenDictionary();

    public static RefusalRow Row(RefusalReason reason) => Rows[reason];
}
