using Federation.Policies;

namespace Federation.Diagnosis.Evidence;

/// <summary>What the workload's AWS account has.</summary>
public sealed record AwsEvidence
{
    /// <summary>The identity of this run's credentials; refused with FED8003 if they belong to another account.</summary>
    public Reading<CallerEvidence>? Caller { get; init; }

    /// <summary>
    /// The OIDC providers of the account. Refused may be set together with Found: then listing failed and Found holds only
    /// the provider for this issuer, possibly without its audiences.
    /// </summary>
    public Reading<IReadOnlyList<ProviderEvidence>>? Providers { get; init; }

    public Reading<RoleEvidence>? Role { get; init; }

    /// <summary>What STS answered to an exchange tried from here; null if it was not tried.</summary>
    public ExchangeEvidence? Exchange { get; init; }
}

/// <summary>The identity that reads the account.</summary>
public sealed record CallerEvidence(string Arn, string Account);

/// <summary>An IAM OIDC provider; <paramref name="Url"/> without <c>https://</c>, as IAM returns it.</summary>
public sealed record ProviderEvidence(string Arn, string Url)
{
    /// <summary>Its audiences; null if they were not read: those of providers unrelated to the issuer never are.</summary>
    public IReadOnlyList<string>? ClientIds { get; init; }

    public IReadOnlyList<string> Thumbprints { get; init; } = [];
}

/// <summary>A role, with everything that decides who may assume it and what it may then do.</summary>
public sealed record RoleEvidence(string Arn)
{
    public DateTimeOffset? Created { get; init; }

    public required TimeSpan MaxSessionDuration { get; init; }

    public required PolicyDocument TrustPolicy { get; init; }

    /// <summary>Its tags whose key begins with the mark's prefix.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>All inline policies by name and attached ones by ARN. Refused set together with Found: some could not be read.</summary>
    public Reading<IReadOnlyList<NamedPolicy>>? Policies { get; init; }

    /// <summary>The ARN of the permissions boundary, if it has one.</summary>
    public string? BoundaryArn { get; init; }

    public Reading<PolicyDocument>? Boundary { get; init; }
}

/// <summary>
/// STS's answer to <c>AssumeRoleWithWebIdentity</c>, called with a token requested for this purpose and a session policy
/// that denies everything. The credentials were discarded.
/// </summary>
/// <param name="Code">The error code; null if STS assumed the role.</param>
public sealed record ExchangeEvidence(string? Code, string? Message);
