using System.Collections.Immutable;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;
using Federation.Templates;

namespace Federation.Aws;

/// <summary>
/// The IAM OIDC provider of one issuer in one account. Others may use it too, so only the audiences needed here are
/// managed; one that was there before is used as it is. A thumbprint is given to a new one only where the account asks
/// for it, and never compared: for an issuer whose keys are served under a publicly trusted certificate IAM does not
/// look at it (IAM User Guide, "Obtain the thumbprint for an OpenID Connect identity provider").
/// </summary>
internal sealed record Provider(ResourceId Id, Account Account, Cluster Cluster, ImmutableSortedSet<string> Audiences)
    : AwsResource(Id, Account)
{
    public override Fields Fields => FieldsOf(Audiences);

    public override string MissingCode => FindingCodes.ProviderMissing;

    public string Arn => Account.ProviderArn(Cluster);

    public static Fields FieldsOf(IEnumerable<string> clientIds) => Fields.Empty.WithSet("clientIds", clientIds);

    public static ResourceId IdOf(Workload workload) => IdOf(workload.Account, workload.Cluster.IssuerPath);

    /// <param name="url">The issuer's, without <c>https://</c>.</param>
    public static ResourceId IdOf(Account account, string url) => ResourceId.Aws(account.Id, ResourceKind.Provider, url);

    /// <summary>One for each issuer in each account; accounts.google.com is built into IAM and has none.</summary>
    public static IEnumerable<Provider> Desire(IEnumerable<RenderedWorkload> workloads) =>
        workloads
            .Select(rendered => rendered.Workload)
            .Where(workload => workload.Identity == IdentityKind.Cluster)
            .GroupBy(IdOf)
            .Select(group => new Provider(
                group.Key,
                group.First().Account,
                group.First().Cluster,
                [.. group.Select(workload => workload.Audience)]
            )
            {
                Workloads = [.. group.Select(workload => workload.Name)],
                // Owned elsewhere for one workload, it is not ours for any other either.
                Existing = group.Any(workload => workload.Existing.HasFlag(ExistingResources.Provider)),
            });
}

/// <summary>A provider as it was read.</summary>
internal sealed record ProviderObservation(ResourceId Id, Account Account, string Arn, Fields? Fields) : Observation(Id, Fields)
{
    /// <summary>The observation of a provider that is desired: of its audiences those that are needed.</summary>
    public static ProviderObservation Of(Provider desired, LiveProvider? live, Mark mark) =>
        new(desired.Id, desired.Account, desired.Arn, live is null ? null : Provider.FieldsOf(desired.Audiences.Intersect(live.ClientIds)))
        {
            Ours = live is not null && mark.IsOn(live.Tags),
        };

    /// <summary>The observation of a provider that carries the mark, whether or not it is desired, with all of its audiences.</summary>
    public static ProviderObservation OfOwned(Account account, LiveProvider live) =>
        new(Provider.IdOf(account, live.Url), account, live.Arn, Provider.FieldsOf(live.ClientIds))
        {
            Ours = true,
            Clusters = live.Url.StartsWith(GkeIssuers, StringComparison.Ordinal) ? [live.Url[GkeIssuers.Length..]] : [],
        };

    /// <summary>What the URLs of GKE's issuers begin with; a cluster's resource name follows.</summary>
    private const string GkeIssuers = "container.googleapis.com/v1/";
}
