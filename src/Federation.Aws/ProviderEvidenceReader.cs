using Amazon.IdentityManagement.Model;
using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Resources;
using Federation.WebIdentity;

namespace Federation.Aws;

/// <summary>An account's OIDC providers: all by name, the issuers' own and those that may have been meant with their audiences.</summary>
internal sealed class ProviderEvidenceReader(AwsAccount account, CancellationToken cancellationToken)
{
    /// <summary>So many that resemble an issuer are looked at; an account may have a hundred.</summary>
    private const int Resembling = 10;

    private const string ArnMark = ":oidc-provider/";

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
        var listing = Reading.TryAsync("whether there is a provider that nearly fits", ListAsync);
        await Task.WhenAll([listing, .. getting.Values]);

        var listed = await listing;
        var resembling = (listed.Found ?? []).Where(arn => !getting.ContainsKey(arn)).ToList();
        var further = workloads
            .Select(IssuerOf)
            .Distinct(StringComparer.Ordinal)
            .SelectMany(issuer =>
                resembling
                    .Where(arn => IsNear(UrlOf(arn), issuer))
                    .OrderByDescending(arn => CommonStart(UrlOf(arn), issuer))
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
            .Select(arn => read.GetValueOrDefault(arn) ?? new ProviderEvidence(arn, UrlOf(arn)))
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

    private static string IssuerOf(Workload workload) =>
        workload.Identity == IdentityKind.Google ? ProviderUrl.Google : workload.Cluster.IssuerPath;

    private static string UrlOf(string arn) => arn[(arn.IndexOf(ArnMark, StringComparison.Ordinal) + ArnMark.Length)..];

    /// <summary>The issuer's host or one much like it, or another of Google's.</summary>
    private static bool IsNear(string url, string issuer)
    {
        var (host, wanted) = (HostOf(url), HostOf(issuer));
        return string.Equals(host, wanted, StringComparison.OrdinalIgnoreCase)
            || GoogleHosts.Any(google =>
                host.Equals(google, StringComparison.OrdinalIgnoreCase) || host.EndsWith("." + google, StringComparison.OrdinalIgnoreCase)
            )
            || NearMiss.Of(host, [wanted]) is not null;
    }

    private static string HostOf(string url) => url.Split('/')[0];

    private static int CommonStart(string url, string issuer) =>
        url.Zip(issuer).TakeWhile(pair => char.ToLowerInvariant(pair.First) == char.ToLowerInvariant(pair.Second)).Count();

    private async Task<IReadOnlyList<string>?> ListAsync()
    {
        var listed = await account.CallAsync(
            "iam:ListOpenIDConnectProviders",
            ResourceId.Aws(account.Account.Id, ResourceKind.Provider, "*"),
            (iam, token) => iam.ListOpenIDConnectProvidersAsync(new(), token),
            cancellationToken
        );
        return [.. (listed.OpenIDConnectProviderList ?? []).Select(entry => entry.Arn)];
    }

    private Task<Reading<ProviderEvidence>> GetAsync(string arn) =>
        Reading.TryAsync(
            "the provider's audiences",
            async () =>
            {
                var request = new GetOpenIDConnectProviderRequest { OpenIDConnectProviderArn = arn };
                var found = await account.FindAsync(
                    "iam:GetOpenIDConnectProvider",
                    ResourceId.Aws(account.Account.Id, ResourceKind.Provider, UrlOf(arn)),
                    (iam, token) => iam.GetOpenIDConnectProviderAsync(request, token),
                    cancellationToken
                );
                return found is null
                    ? null
                    : new ProviderEvidence(arn, found.Url)
                    {
                        ClientIds = found.ClientIDList ?? [],
                        Thumbprints = found.ThumbprintList ?? [],
                    };
            }
        );
}
