using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.WebIdentity;

namespace Federation.Aws;

/// <summary>
/// An account's OIDC providers for a diagnosis: all of them by name, and with their audiences the issuers' own and those that may
/// have been meant.
/// </summary>
internal sealed class EvidenceOfProviders(ProviderReader providers, CancellationToken cancellationToken)
{
    /// <summary>So many that resemble an issuer are looked at; an account may have a hundred.</summary>
    private const int Resembling = 10;

    private static readonly string[] GoogleHosts = ["googleapis.com", "google.com"];

    /// <returns>By the workload's name.</returns>
    public async Task<IReadOnlyDictionary<string, Reading<IReadOnlyList<ProviderEvidence>>>> ReadAsync(IReadOnlyList<Workload> workloads)
    {
        // The issuers' own are asked for by name at once: who may not list may still be allowed that.
        var getting = workloads
            .Where(workload => workload.Identity == IdentityKind.Cluster)
            .Select(workload => workload.ProviderArn)
            .Distinct(StringComparer.Ordinal)
            .ToDictionary(arn => arn, GetAsync, StringComparer.Ordinal);
        var listing = Reading.TryAsync<IReadOnlyList<string>>(
            "whether there is a provider that nearly fits",
            async () => await providers.ListAsync(cancellationToken)
        );
        await Task.WhenAll([listing, .. getting.Values]);

        var listed = await listing;
        var resembling = (listed.Found ?? []).Where(arn => !getting.ContainsKey(arn)).ToList();
        var further = workloads
            .Select(IssuerOf)
            .Distinct(StringComparer.Ordinal)
            .SelectMany(issuer =>
                resembling
                    .Where(arn => IsNear(ProviderArn.UrlOf(arn), issuer))
                    .OrderByDescending(arn => CommonStart(ProviderArn.UrlOf(arn), issuer))
                    .Take(Resembling)
            )
            .Distinct(StringComparer.Ordinal)
            .Select(GetAsync);
        var read = (await Task.WhenAll(further.Concat(getting.Values)))
            .Select(reading => reading.Found)
            .OfType<ProviderEvidence>()
            .ToDictionary(provider => provider.Arn, StringComparer.Ordinal);
        var all = (listed.Found ?? [])
            .Union(read.Keys, StringComparer.Ordinal)
            .Select(arn => read.GetValueOrDefault(arn) ?? new ProviderEvidence(arn, ProviderArn.UrlOf(arn)))
            .ToArray();
        var readings = await Task.WhenAll(
            workloads.Select(async workload =>
            {
                var own = getting.TryGetValue(workload.ProviderArn, out var asked) ? await asked : null;
                var isKnown = listed.Found is not null || own is { Refused: null };
                return KeyValuePair.Create(
                    workload.Name,
                    new Reading<IReadOnlyList<ProviderEvidence>> { Found = isKnown ? all : null, Refused = own?.Refused ?? listed.Refused }
                );
            })
        );
        return readings.ToDictionary(StringComparer.Ordinal);
    }

    private Task<Reading<ProviderEvidence>> GetAsync(string arn) =>
        Reading.TryAsync(
            "the provider's audiences",
            async () =>
                await providers.FindAsync(arn, cancellationToken) is { } found
                    ? new ProviderEvidence(arn, found.Url) { ClientIds = found.ClientIds, Thumbprints = found.Thumbprints }
                    : null
        );

    private static string IssuerOf(Workload workload) =>
        workload.Identity == IdentityKind.Google ? ProviderUrl.Google : workload.Cluster.IssuerPath;

    /// <summary>It has the issuer's host or one much like it, or another of Google's.</summary>
    private static bool IsNear(string url, string issuer)
    {
        var (host, wanted) = (HostOf(url), HostOf(issuer));
        return string.Equals(host, wanted, StringComparison.OrdinalIgnoreCase)
            || GoogleHosts.Any(google =>
                host.Equals(google, StringComparison.OrdinalIgnoreCase) || host.EndsWith("." + google, StringComparison.OrdinalIgnoreCase)
            )
            || NearMiss.Find(host, [wanted]) is not null;
    }

    private static string HostOf(string url) => url.Split('/')[0];

    private static int CommonStart(string url, string issuer) =>
        url.Zip(issuer).TakeWhile(pair => char.ToLowerInvariant(pair.First) == char.ToLowerInvariant(pair.Second)).Count();
}
