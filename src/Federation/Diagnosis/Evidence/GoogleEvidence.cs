using Federation.Resources;
using Federation.WebIdentity;

namespace Federation.Diagnosis.Evidence;

/// <summary>What Google has of the workload's cluster and, where it has one, of its Google service account (GSA).</summary>
public sealed record GoogleEvidence
{
    /// <summary>The cluster as GKE knows it; refused with FED2001 if there is no such cluster in that location.</summary>
    public Reading<ClusterFacts>? Cluster { get; init; }

    /// <summary>The issuer's documents as AWS would fetch them: over HTTPS, from the issuer's own address.</summary>
    public Reading<PublishedIssuer>? Issuer { get; init; }

    /// <summary>The GSA; null if the workload has none.</summary>
    public Reading<GoogleServiceAccountEvidence>? ServiceAccount { get; init; }

    /// <summary>The members of the GSA's unconditional <c>roles/iam.workloadIdentityUser</c> binding.</summary>
    public Reading<IReadOnlyList<string>>? WorkloadIdentityUsers { get; init; }

    /// <summary>Who may do what on the GSA by its IAM policy; null where that was not read, or could not be.</summary>
    public IReadOnlyList<Grant>? Grants { get; init; }
}

/// <summary>An issuer's discovery document and key set.</summary>
/// <param name="Issuer">The <c>issuer</c> that the discovery document names.</param>
/// <param name="Thumbprint">
/// The SHA-1 of the last certificate that the host of its keys serves, in hexadecimal; null if it was not read.
/// </param>
public sealed record PublishedIssuer(string Issuer, IReadOnlyList<IssuerKey> Keys, string? Thumbprint = null);

/// <param name="UniqueId">The subject of its ID tokens; it changes when the account is deleted and recreated.</param>
public sealed record GoogleServiceAccountEvidence(string Email, string UniqueId, bool Disabled = false);
