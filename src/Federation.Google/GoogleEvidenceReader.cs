using System.Collections.Concurrent;
using Federation.Calls;
using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Issuers;
using Federation.Resources;

namespace Federation.Google;

/// <summary>
/// Reads clusters, their issuers and Google service accounts, concurrently. Each is read once, however many workloads share
/// it; an issuer is called only once by a reader, whatever it answers.
/// </summary>
public sealed class GoogleEvidenceReader(GoogleCloud cloud, IssuerClient issuers) : IEvidenceReader<GoogleEvidence>
{
    private readonly ConcurrentDictionary<string, Lazy<Task<Reading<PublishedIssuer>>>> _published = new(StringComparer.Ordinal);

    public async Task<IReadOnlyDictionary<string, GoogleEvidence>> ReadAsync(
        IReadOnlyList<WorkloadEvidence> workloads,
        EvidenceScope scope,
        CancellationToken cancellationToken
    )
    {
        var all = workloads.Select(evidence => evidence.Workload).ToList();
        var clusters = Once(all, workload => workload.Cluster, workload => ClusterAsync(workload.Cluster, cancellationToken));
        // AWS knows Google's own issuer by itself, so it needs no check.
        var published = Once(
            all.Where(workload => workload.Identity == IdentityKind.Cluster),
            workload => workload.Cluster,
            workload => IssuerAsync(workload.Cluster, cancellationToken)
        );
        var bound = all.Where(workload => workload.GoogleServiceAccount is not null).ToList();
        var accounts = Once(bound, GoogleAccount.Of, workload => AccountAsync(workload, cancellationToken));
        var users = Once(bound, GoogleAccount.Of, workload => UsersAsync(workload, cancellationToken));
        var grants = Once(bound, GoogleAccount.Of, workload => GrantsAsync(workload, cancellationToken));
        var evidence = new Dictionary<string, GoogleEvidence>(StringComparer.Ordinal);
        foreach (var workload in all)
        {
            var account = workload.GoogleServiceAccount is null ? null : GoogleAccount.Of(workload);
            evidence[workload.Name] = new GoogleEvidence
            {
                Cluster = await clusters[workload.Cluster],
                Issuer = workload.Identity == IdentityKind.Cluster ? await published[workload.Cluster] : null,
                ServiceAccount = account is null ? null : await accounts[account],
                WorkloadIdentityUsers = account is null ? null : await users[account],
                Grants = account is null ? null : (await grants[account]).Found,
            };
        }

        return evidence;
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

    private Task<Reading<IReadOnlyList<Grant>>> GrantsAsync(Workload workload, CancellationToken cancellationToken) =>
        Reading.TryAsync(() => cloud.Accounts.FindGrantsAsync(GoogleAccount.Of(workload), cancellationToken));

    private Task<Reading<PublishedIssuer>> IssuerAsync(Cluster cluster, CancellationToken cancellationToken) =>
        _published.GetOrAdd(cluster.Issuer, _ => new(() => FetchAsync(cluster, cancellationToken))).Value;

    private Task<Reading<PublishedIssuer>> FetchAsync(Cluster cluster, CancellationToken cancellationToken) =>
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
            catch (Exception unforeseen) when (unforeseen is not OperationCanceledException)
            {
                throw new FindingException(
                    UnexpectedFailure.While($"fetching the documents of the issuer {cluster.Issuer}", unforeseen),
                    unforeseen
                );
            }
        });

    /// <summary>
    /// An error only if the issuer itself answered wrongly. A network failure from here is a warning, because AWS may still
    /// reach it.
    /// </summary>
    private static Finding Unpublished(Cluster cluster, IssuerException unread)
    {
        const string NotAws = "AWS fetches the keys from its own network, so it may still get them. Not checked: that they can be fetched.";
        var finding = unread.Fault switch
        {
            IssuerFault.NoRoute => new Finding
            {
                Code = FindingCodes.EndpointUnreachable,
                Severity = Severity.Warning,
                Cause = $"This machine cannot reach the cluster's issuer: {unread.Message}. {NotAws}",
                Fix =
                    "Check this machine's name resolution, network and proxy, "
                    + $"and {CloudEndpoints.Variables.IssuerConnectTo} if it is set.",
            },
            IssuerFault.Untrusted => new Finding
            {
                Code = FindingCodes.VerificationKeyUnavailable,
                Severity = Severity.Warning,
                Cause =
                    $"The certificate shown for the cluster's issuer is not trusted here: {unread.Message}. Whether it is the issuer's "
                    + $"own, or that of a proxy that intercepts TLS, cannot be told from here. {NotAws}",
                Fix =
                    $"If there is such a proxy, name its CA in {CloudEndpoints.Variables.IssuerAuthority}; "
                    + "otherwise do not trust this network.",
            },
            IssuerFault.NoAnswer or IssuerFault.Busy => new Finding
            {
                Code = FindingCodes.VerificationKeyUnavailable,
                Severity = Severity.Warning,
                Cause =
                    $"The cluster's issuer gave no document: {unread.Message}. Whether the issuer failed, or the way from this machine "
                    + $"to it, cannot be told from here. {NotAws}",
                Fix = $"Try again, and from another network: curl -sS {cluster.Issuer}/.well-known/openid-configuration",
            },
            _ => new Finding
            {
                Code = FindingCodes.VerificationKeyUnavailable,
                Cause = $"The cluster's issuer does not publish what AWS verifies tokens with: {unread.Message}. AWS gets the same answer.",
                Fix =
                    $"Check project, location and name in clusters.{cluster.Key}; "
                    + $"curl -sS {cluster.Issuer}/.well-known/openid-configuration shows the answer.",
            },
        };
        return finding with { Resource = ResourceId.Google(cluster.Project, ResourceKind.Cluster, cluster.Name).Value };
    }
}
