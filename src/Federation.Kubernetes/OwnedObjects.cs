using System.Runtime.CompilerServices;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;
using k8s;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>The namespaces and service accounts of one cluster that carry a federation's mark: found, and deleted.</summary>
internal sealed class OwnedObjects(ClusterReader reader, Mark mark)
{
    private const int MostShown = 10;

    private ClusterConnection Connection => reader.Connection;

    private string Selector => string.Join(',', mark.Labels.Select(label => $"{label.Key}={label.Value}"));

    /// <summary>Lists them, a page at a time. What is being deleted already is left out.</summary>
    /// <exception cref="FindingException">They could not be listed.</exception>
    public async IAsyncEnumerable<Observation> FindAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var namespaces = Connection.ListPagesAsync<V1Namespace, V1NamespaceList>(
            new Attempt("list namespaces"),
            (api, page, token) =>
                api.CoreV1.ListNamespaceAsync(
                    labelSelector: Selector,
                    limit: ClusterConnection.PageSize,
                    continueParameter: page,
                    cancellationToken: token
                ),
            cancellationToken
        );
        var accounts = Connection.ListPagesAsync<V1ServiceAccount, V1ServiceAccountList>(
            new Attempt("list serviceaccounts"),
            (api, page, token) =>
                api.CoreV1.ListServiceAccountForAllNamespacesAsync(
                    labelSelector: Selector,
                    limit: ClusterConnection.PageSize,
                    continueParameter: page,
                    cancellationToken: token
                ),
            cancellationToken
        );
        await foreach (var page in namespaces)
        {
            foreach (var observation in Observe(page))
            {
                yield return observation;
            }
        }

        await foreach (var page in accounts)
        {
            foreach (var observation in Observe(page))
            {
                yield return observation;
            }
        }
    }

    /// <summary>
    /// Deletes an object if it is still the one that was observed, still carries the mark, and nobody else uses it: no other
    /// manager owns a field of it, and a namespace holds nothing of others. If it is gone or being deleted, does nothing:
    /// Kubernetes ends what it has begun, as soon as the finalizers let it.
    /// </summary>
    /// <returns>Null; or why it stays, because it is not this federation's or others use it (FED8009).</returns>
    /// <exception cref="FindingException">It could not be deleted, or somebody changed it meanwhile (FED8009).</exception>
    public async Task<Finding?> DeleteAsync(ObjectObservation observed, CancellationToken cancellationToken)
    {
        if (await ReadAsync(observed, cancellationToken) is not { IsTerminating: false } found)
        {
            return null;
        }

        if (await WhyKeptAsync(observed, found, cancellationToken) is { } why)
        {
            return NotDeleted(observed, why);
        }

        try
        {
            await DeleteAsync(observed, found, cancellationToken);
            return null;
        }
        catch (FindingException refused) when (KubernetesFaults.RefusalOf(refused) is { Kind: RefusalKind.Changed } changed)
        {
            var meanwhile = NotDeleted(observed, $"somebody changed it meanwhile: {changed.Message}") with { Severity = Severity.Error };
            throw new FindingException(meanwhile, refused.InnerException!);
        }
    }

    private IEnumerable<ObjectObservation> Observe(IEnumerable<IKubernetesObject<V1ObjectMeta>> page) =>
        page.Select(found => LiveObject.Of(found, mark))
            .Where(found => !found.IsTerminating)
            .Select(found => ObjectObservation.Owned(Connection.Cluster, found));

    /// <summary>Reads the object as it is now, whatever was read of it before.</summary>
    private async Task<LiveObject?> ReadAsync(ObjectObservation observed, CancellationToken cancellationToken)
    {
        reader.ReadEachTime(observed.Id, observed.Namespace);
        return observed.IsNamespace
            ? await reader.FindNamespaces([observed.Id.Name], cancellationToken)[observed.Id.Name]
            : await reader.FindServiceAccounts([(observed.Namespace, observed.Id.Name)], cancellationToken)[
                (observed.Namespace, observed.Id.Name)
            ];
    }

    /// <summary>Why the object must stay; null if it may go.</summary>
    private async Task<string?> WhyKeptAsync(ObjectObservation observed, LiveObject found, CancellationToken cancellationToken)
    {
        if (found.Uid != observed.Uid || !mark.IsOn(found.Labels))
        {
            return "it was created by somebody else, or for another federation";
        }

        if (found.Ownership.OtherManagers is [_, ..] others)
        {
            return $"others manage it as well: {Wording.Some(others, MostShown)}";
        }

        if (!observed.IsNamespace)
        {
            return null;
        }

        var foreign = await new NamespaceContent(Connection, mark).FindForeignAsync(found.Name, cancellationToken);
        return foreign.Count == 0 ? null : $"it holds what this federation did not make: {Wording.Some(foreign, MostShown)}";
    }

    /// <summary>Deletes the object unless it has changed since it was read.</summary>
    private async Task DeleteAsync(ObjectObservation observed, LiveObject found, CancellationToken cancellationToken)
    {
        var options = new V1DeleteOptions
        {
            Preconditions = new V1Preconditions { Uid = found.Uid, ResourceVersion = found.ResourceVersion },
        };
        await Connection.FindAsync<object>(
            new Attempt($"delete {observed.Path}", observed.Id)
            {
                Writes = new WrittenObject($"the deletion of {observed.Shown}", observed.Namespace, Template: null),
            },
            async (api, token) =>
                observed.IsNamespace
                    ? await api.CoreV1.DeleteNamespaceAsync(observed.Id.Name, options, cancellationToken: token)
                    : await api.CoreV1.DeleteNamespacedServiceAccountAsync(
                        observed.Id.Name,
                        observed.Namespace,
                        options,
                        cancellationToken: token
                    ),
            cancellationToken
        );
    }

    private Finding NotDeleted(ObjectObservation observed, string why) =>
        Kept.Because(observed.Id, why) with
        {
            Cause = $"{observed.Path} in the cluster {Connection.Cluster.Key} was not deleted: {why}.",
        };
}
