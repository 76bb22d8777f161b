using Federation.Policies;

namespace Federation.Diagnosis.Evidence;

/// <summary>What the workload's AWS account has.</summary>
public sealed record AwsEvidence
{
    /// <summary>Who the credentials of this run are; refused with FED8003 where they are another account's.</summary>
    public Reading<CallerEvidence>? Caller { get; init; }

    /// <summary>
    /// The OIDC providers of the account. Refused beside what was found: they could not all be listed, and those
    /// found are no more than the issuer's own; or its own is there, and its audiences could not be read.
    /// </summary>
    public Reading<IReadOnlyList<ProviderEvidence>>? Providers { get; init; }

    public Reading<RoleEvidence>? Role { get; init; }

    /// <summary>What STS answered to an exchange tried from here; none if it was not tried.</summary>
    public ExchangeEvidence? Exchange { get; init; }
}

/// <summary>The identity that reads the account.</summary>
public sealed record CallerEvidence(string Arn, string Account);

/// <summary>An IAM OIDC provider; <paramref name="Url"/> without <c>https://</c>, as IAM returns it.</summary>
public sealed record ProviderEvidence(string Arn, string Url)
{
    /// <summary>Its audiences; none where they were not read, which is so for providers that have nothing in common with the issuer.</summary>
    public IReadOnlyList<string>? ClientIds { get; init; }

    public IReadOnlyList<string> Thumbprints { get; init; } = [];
}

/// <summary>A role as it is, with everything that bears on who may assume it and what it may then do.</summary>
public sealed record RoleEvidence(string Arn)
{
    public DateTimeOffset? Created { get; init; }

    public required TimeSpan MaxSessionDuration { get; init; }

    public required PolicyDocument TrustPolicy { get; init; }

    /// <summary>Its tags whose key begins with the mark's prefix.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Inline policies by name and attached ones by ARN, all of them. Refused beside what was found: some could not be read.</summary>
    public Reading<IReadOnlyList<NamedPolicy>>? Policies { get; init; }

    /// <summary>The ARN of the permissions boundary, if it has one.</summary>
    public string? BoundaryArn { get; init; }

    public Reading<PolicyDocument>? Boundary { get; init; }
}

/// <summary>
/// STS's answer to <c>AssumeRoleWithWebIdentity</c> with a token requested for this one purpose and a session policy
/// that denies everything; the credentials were dropped unread.
/// </summary>
/// <param name="Code">The error code; none if STS agreed.</param>
public sealed record ExchangeEvidence(string? Code, string? Message);
