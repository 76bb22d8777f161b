using Federation.Policies;

namespace Federation.WebIdentity;

/// <summary>The parameters of <c>sts:AssumeRoleWithWebIdentity</c> that matter for the decision.</summary>
public sealed record AssumeRoleWithWebIdentityRequest(string RoleArn, string RoleSessionName, string WebIdentityToken)
{
    /// <summary>In seconds; null: one hour.</summary>
    public int? DurationSeconds { get; init; }

    public string? ProviderId { get; init; }

    /// <summary>An inline session policy.</summary>
    public string? Policy { get; init; }
}

/// <summary>An IAM OIDC provider; <paramref name="Url"/> without <c>https://</c>, as IAM returns it.</summary>
public sealed record OpenIdConnectProvider(string Arn, string Url, IReadOnlyList<string> ClientIds);

/// <summary>The requested role, as it is in its account.</summary>
public sealed record AssumableRole(string Arn, string RoleId, PolicyDocument TrustPolicy)
{
    public TimeSpan MaxSessionDuration { get; init; } = TimeSpan.FromHours(1);
}

/// <summary>A public key of an issuer, as its JWKS gives it; key material base64url as in RFC 7517.</summary>
public sealed record IssuerKey(string? KeyId, string KeyType)
{
    public string? Algorithm { get; init; }

    public string? Use { get; init; }

    public bool HasKeyOperations { get; init; }

    public string? Modulus { get; init; }

    public string? Exponent { get; init; }

    public string? Curve { get; init; }

    public string? X { get; init; }

    public string? Y { get; init; }
}

/// <summary>What is known of the issuer's keys.</summary>
public abstract record IssuerKeys
{
    /// <summary>The keys the issuer publishes.</summary>
    public sealed record Published(IReadOnlyList<IssuerKey> Keys) : IssuerKeys;

    /// <summary>Discovery or JWKS could not be fetched.</summary>
    public sealed record Unreachable(string Reason) : IssuerKeys;

    /// <summary>The keys are not known from here: neither key nor signature is refused.</summary>
    public sealed record Unknown : IssuerKeys;
}

/// <summary>Everything that STS uses for its decision.</summary>
/// <param name="Provider">The provider of the token's issuer in the role's account; null if there is none.</param>
/// <param name="Role">The role; null if it does not exist (or is not visible yet).</param>
public sealed record WebIdentityEvidence(
    AssumeRoleWithWebIdentityRequest Request,
    OpenIdConnectProvider? Provider,
    IssuerKeys Keys,
    AssumableRole? Role,
    DateTimeOffset Now
)
{
    /// <summary>
    /// Set if only the token's header and claims are known: what was found about its signature when it was seen. Null: the
    /// request has the token's own text, whose signature is verified.
    /// </summary>
    internal SeenSignature? Signature { get; init; }

    /// <summary>
    /// The condition keys of the call itself, such as <c>aws:SourceIp</c>, as STS sees them: any other key is absent.
    /// Null: the call is judged from outside, where <see cref="ConditionKeys"/> says what is known of a key.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? CallKeys { get; init; }
}

/// <summary>What was found about the signature of a token whose text was not kept.</summary>
internal enum SeenSignature
{
    Unknown,
    Valid,
    Invalid,
}
