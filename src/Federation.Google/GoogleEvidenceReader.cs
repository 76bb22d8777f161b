using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Issuers;
using Federation.Resources;

namespace Federation.Google;

/// <summary>What Google has of clusters, their issuers and the Google service accounts; each is read once, all at once.</summary>
public sealed class GoogleEvidenceReader(GoogleCloud cloud, IssuerClient issuers) : IEvidenceReader<GoogleEvidence>
{
    public async Task<IReadOnlyDictionary<string, GoogleEvidence>> ReadAsync(
        IReadOnlyList<WorkloadEvidence> workloads,
        EvidenceScope scope,
        CancellationToken cancellationToken
    )
    {
        var all = workloads.Select(evidence => evidence.Workload).ToList();
        var clusters = Once(all, workload => workload.Cluster, workload => ClusterAsync(workload.Cluster, cancellationToken));
        // Google's own issuer is built into AWS: there is nothing about it to get wrong.
        var published = Once(
            all.Where(workload => workload.Identity == IdentityKind.Cluster),
            workload => workload.Cluster,
            workload => IssuerAsync(workload.Cluster, cancellationToken)
        );
        var bound = all.Where(workload => workload.GoogleServiceAccount is not null).ToList();
        var accounts = Once(bound, workload => workload.GoogleServiceAccountEmail!, workload => AccountAsync(workload, cancellationToken));
        var users = Once(bound, workload => workload.GoogleServiceAccountEmail!, workload => UsersAsync(workload, cancellationToken));
        var evidence = await Task.WhenAll(
            all.Select(async workload =>
                KeyValuePair.Create(
                    workload.Name,
                    new GoogleEvidence
                    {
                        Cluster = await clusters[workload.Cluster],
                        Issuer =
                            published.TryGetValue(workload.Cluster, out var issuer) && workload.Identity == IdentityKind.Cluster
                                ? await issuer
                                : null,
                        ServiceAccount = workload.GoogleServiceAccountEmail is { } email ? await accounts[email] : null,
                        WorkloadIdentityUsers = workload.GoogleServiceAccountEmail is { } of ? await users[of] : null,
                    }
                )
            )
        );
        return evidence.ToDictionary(StringComparer.Ordinal);
    }

    private static Dictionary<TKey, Task<Reading<T>>> Once<TKey, T>(
        IEnumerable<Workload> workloads,
        Func<Workload, TKey> key,
        Func<Workload, Task<Reading<T>>> read
    )
        where TKey : notnull
        where T : class => workloads.DistinctBy(key).ToDictionary(key, read);

    private async Task<Reading<ClusterFacts>> ClusterAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        var reading = await Reading.TryAsync<ClusterFacts>(async () =>
            (await cloud.ReadClustersAsync([cluster], cancellationToken))[cluster.Key]
        );
        return reading.Refused is { Kind.Class: not FindingClass.Answer } refused
            ? reading with
            {
                Refused = refused.Unchecked(
                    "that the cluster is there and serves, that it is the one the role was made for, and its Workload Identity"
                ),
            }
            : reading;
    }

    private Task<Reading<GoogleServiceAccountEvidence>> AccountAsync(Workload workload, CancellationToken cancellationToken) =>
        Reading.TryAsync(
            $"whether the Google service account {workload.GoogleServiceAccount} is there, enabled, and the one that the role trusts",
            async () =>
                await cloud.Accounts.FindAsync(GoogleAccount.Of(workload), cancellationToken) is { } found
                    ? new GoogleServiceAccountEvidence(found.Email, found.UniqueId, found.Disabled == true)
                    : null
        );

    private Task<Reading<IReadOnlyList<string>>> UsersAsync(Workload workload, CancellationToken cancellationToken) =>
        Reading.TryAsync(
            $"who may act as the Google service account {workload.GoogleServiceAccount}",
            () => cloud.Accounts.FindUsersAsync(GoogleAccount.Of(workload), cancellationToken)
        );

    private Task<Reading<PublishedIssuer>> IssuerAsync(Cluster cluster, CancellationToken cancellationToken) =>
        Reading.TryAsync<PublishedIssuer>(async () =>
        {
            try
            {
                return await issuers.FetchAsync(cluster.Issuer, cancellationToken);
            }
            catch (IssuerException unread)
            {
                throw new FindingException(Unpublished(cluster, unread), unread);
            }
        });

    /// <summary>
    /// Only what the issuer itself answered holds for AWS too; from where AWS stands, the way there is another. The
    /// rest is a warning.
    /// </summary>
    private static Finding Unpublished(Cluster cluster, IssuerException unread)
    {
        const string NotAws =
            "AWS fetches the keys from its own network, so it may get them all the same; not checked: that they are there to be fetched.";
        var finding = unread.Fault switch
        {
            IssuerFault.NoRoute => new Finding
            {
                Code = FindingCodes.EndpointUnreachable,
                Severity = Severity.Warning,
                Cause = $"This machine has no way to the cluster's issuer: {unread.Message}. {NotAws}",
                Fix = $"Check this machine's name resolution, network and proxy ({IssuerTransport.ConnectToVariable}, if it is set).",
            },
            IssuerFault.Untrusted => new Finding
            {
                Code = FindingCodes.VerificationKeyUnavailable,
                Severity = Severity.Warning,
                Cause =
                    $"The certificate shown for the cluster's issuer is not trusted here: {unread.Message}. Whether it is the issuer's own or that of a proxy on the way which opens TLS cannot be told from here. {NotAws}",
                Fix =
                    $"If there is such a proxy, name its CA in {IssuerTransport.CertificateAuthorityVariable}; if not, do not trust this network.",
            },
            IssuerFault.NoAnswer or IssuerFault.Busy => new Finding
            {
                Code = FindingCodes.VerificationKeyUnavailable,
                Severity = Severity.Warning,
                Cause =
                    $"The cluster's issuer gave no document: {unread.Message}. Whether the issuer is at fault or the way from this machine to it cannot be told from here. {NotAws}",
                Fix = $"Try again, and from another network: curl -sS {cluster.Issuer}/.well-known/openid-configuration",
            },
            _ => new Finding
            {
                Code = FindingCodes.VerificationKeyUnavailable,
                Cause = $"The cluster's issuer does not publish what AWS verifies tokens with: {unread.Message}; AWS is answered the same.",
                Fix =
                    $"Check project, location and name in clusters.{cluster.Key}; curl -sS {cluster.Issuer}/.well-known/openid-configuration shows what is answered.",
            },
        };
        return finding with { Resource = ResourceId.Google(cluster.Project, ResourceKind.Cluster, cluster.Name).Value };
    }
}
