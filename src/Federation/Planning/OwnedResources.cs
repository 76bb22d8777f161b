using Federation.Configuration;
using Federation.Findings;

namespace Federation.Planning;

/// <summary>The resources that carry a federation's mark, wherever its configuration leads.</summary>
internal static class OwnedResources
{
    /// <summary>
    /// Each account and each project's clusters are asked by themselves, side by side, so that one that cannot be read hides no
    /// other.
    /// </summary>
    /// <returns>What was found, each once, and why the rest could not be read.</returns>
    public static async Task<(IReadOnlyList<Observation> Found, IReadOnlyList<Finding> Refused)> FindAsync(
        FederationConfiguration configuration,
        IReadOnlyList<ICloud> clouds,
        CancellationToken cancellationToken
    )
    {
        FederationConfiguration[] scopes =
        [
            .. configuration.Accounts.Select(account => configuration with { Accounts = [account], Clusters = [] }),
            .. configuration
                .Clusters.GroupBy(cluster => cluster.Project, StringComparer.Ordinal)
                .Select(clusters => configuration with { Accounts = [], Clusters = [.. clusters] }),
        ];
        var collected = await Task.WhenAll(
            clouds.SelectMany(cloud =>
                scopes.Select(scope =>
                    Collected.FromAsync($"looking for resources of this federation in {cloud.Name}", () => FindAsync(cloud, scope))
                )
            )
        );
        return (
            [.. collected.SelectMany(part => part.Result ?? []).DistinctBy(found => found.Id)],
            [.. collected.SelectMany(part => part.Findings).Distinct()]
        );

        async Task<List<Observation>> FindAsync(ICloud cloud, FederationConfiguration scope)
        {
            var found = new List<Observation>();
            await foreach (var owned in cloud.FindOwnedAsync(scope, cancellationToken))
            {
                found.Add(owned);
            }

            return found;
        }
    }
}
