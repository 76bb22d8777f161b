using Federation.Diagnosis.Evidence;
using Federation.WebIdentity;

namespace Federation.Diagnosis.Links;

/// <summary>What STS would refuse in a token that was seen.</summary>
/// <param name="IsForeign">The token comes from another issuer than the workload's.</param>
/// <param name="IsIssuerRefused">
/// It is refused because of its issuer. Then <paramref name="Refusals"/> are those of the same token with the right
/// issuer: a provider or trust policy for one issuer says nothing about the tokens of another.
/// </param>
/// <param name="Refusals">In the order of STS.</param>
internal sealed record TokenJudgement(
    WebIdentityToken? Token,
    bool IsForeign,
    bool IsIssuerRefused,
    IReadOnlyList<WebIdentityDecision.Refused> Refusals
)
{
    // GKE's algorithm, for tokens whose header was not seen.
    private const string UsualAlgorithm = "RS256";

    /// <param name="seen">With claims.</param>
    public static TokenJudgement Judge(WorkloadCase subject, AwsSide side, TokenEvidence seen)
    {
        var claims = seen.Claims!;
        var text = UnsignedToken.FromClaims(seen.Algorithm ?? UsualAlgorithm, seen.KeyId, claims);
        var signature = seen.SignatureHolds switch
        {
            true => SeenSignature.Valid,
            false => SeenSignature.Invalid,
            null => SeenSignature.Unknown,
        };
        // Without the header there is no key id to look for.
        side = seen.Algorithm is null ? side with { Issuer = null } : side;
        var refusals = side.Refusals(subject.Workload, text, signature, subject.Now, out _);
        if (!WebIdentityToken.TryParse(text, out var token, out _) || token.Issuer is not { } issuer)
        {
            return new TokenJudgement(token, IsForeign: false, IsIssuerRefused: false, refusals);
        }

        var isForeign = ProviderUrl.OfIssuer(issuer) != subject.IssuerPath;
        if (!isForeign || !refusals.Any(refusal => IsAboutIssuer(refusal.Reason)))
        {
            return new TokenJudgement(token, isForeign, IsIssuerRefused: false, refusals);
        }

        var corrected = claims.DeepClone().AsObject();
        corrected["iss"] = "https://" + subject.IssuerPath;
        return new TokenJudgement(
            token,
            isForeign,
            IsIssuerRefused: true,
            (side with { Issuer = null }).Refusals(
                subject.Workload,
                UnsignedToken.FromClaims(seen.Algorithm ?? UsualAlgorithm, seen.KeyId, corrected),
                signature,
                subject.Now,
                out _
            )
        );
    }

    private static bool IsAboutIssuer(RefusalReason reason) =>
        reason
            is RefusalReason.ProviderMissing
                or RefusalReason.TrustPrincipal
                or RefusalReason.TrustAction
                or RefusalReason.TrustSubject
                or RefusalReason.TrustAudience
                or RefusalReason.TrustWildcardLiteral
                or RefusalReason.TrustConditionKey
                or RefusalReason.TrustCondition
                or RefusalReason.TrustDenied;
}
