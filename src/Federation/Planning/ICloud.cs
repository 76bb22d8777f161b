using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;
using Federation.Templates;

namespace Federation.Planning;

/// <summary>
/// Everything from which the desired resources are derived. <paramref name="Clusters"/> is empty before the clusters are
/// read: ids never depend on it, fields may.
/// </summary>
/// <param name="Workloads">
/// The whole federation's workloads with their documents: selection never changes what a shared role trusts.
/// </param>
/// <param name="Clusters">By the cluster's key.</param>
public sealed record DesiredInput(
    FederationConfiguration Configuration,
    IReadOnlyList<RenderedWorkload> Workloads,
    IReadOnlyDictionary<string, ClusterFacts> Clusters
);

/// <summary>One cloud: what it should hold, what it holds, and how to change it.</summary>
public interface ICloud
{
    /// <summary>The first segment of the resource ids it serves.</summary>
    string Name { get; }

    /// <summary>The number of calls so far, retries included; for the report.</summary>
    int Calls { get; }

    /// <summary>The resources that the federation needs here, shared ones once. Pure: no call is made.</summary>
    IReadOnlyList<DesiredResource> Desire(DesiredInput input);

    /// <summary>
    /// Confirms, before anything is written, that the credentials and endpoints are those of the configured
    /// accounts and clusters (FED8003, FED8008, FED2003). Changes nothing.
    /// </summary>
    Task<IReadOnlyList<Finding>> ConfirmAsync(DesiredInput input, CancellationToken cancellationToken);

    /// <summary>Reads resources in as few calls as possible; one observation for each, absent ones included.</summary>
    /// <exception cref="FindingException">The cloud refused or could not be reached.</exception>
    Task<IReadOnlyList<Observation>> ReadAsync(IReadOnlyList<DesiredResource> resources, CancellationToken cancellationToken);

    /// <summary>
    /// The resources that carry the federation's mark, in the accounts, projects and clusters of the configuration,
    /// whether or not they are still configured. Reads page by page, as the caller iterates.
    /// </summary>
    /// <exception cref="FindingException">The cloud refused or could not be reached.</exception>
    IAsyncEnumerable<Observation> FindOwnedAsync(FederationConfiguration configuration, CancellationToken cancellationToken);

    /// <summary>
    /// Carries out one step that creates or updates. Transient faults are retried within bounds; permanent ones fail at
    /// once.
    /// </summary>
    /// <exception cref="FindingException">The cloud refused or could not be reached.</exception>
    Task ApplyAsync(Step step, CancellationToken cancellationToken);

    /// <summary>
    /// Carries out one step that deletes; deletes only what is ours. What no longer exists counts as deleted.
    /// </summary>
    /// <returns>Null; or why it was kept, because it is no longer ours or others use it (FED8009, a warning).</returns>
    /// <exception cref="FindingException">The cloud refused or could not be reached.</exception>
    Task<Finding?> DeleteAsync(Step step, CancellationToken cancellationToken);
}
