using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Federation.Findings;
using Federation.Resources;
using k8s;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>
/// What a namespace holds, of every kind that can be listed and deleted in it. The kinds are discovered, because deleting a
/// namespace also deletes its custom resources, whose kinds no list here could name.
/// </summary>
/// <param name="mark">What carries it is ours.</param>
internal sealed class NamespaceContent(ClusterConnection connection, Mark mark)
{
    /// <summary>How many kinds are listed at once.</summary>
    private const int Parallelism = 8;

    /// <summary>Metadata alone, because secrets are listed too. An API that cannot do this answers with whole objects.</summary>
    private const string MetadataOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

    /// <summary>
    /// What a federation did not make: all but what carries its mark, the service account and the certificates that
    /// Kubernetes puts into every namespace, and events, which are history.
    /// </summary>
    /// <returns>Such as <c>deployments.apps/web</c>, in order.</returns>
    /// <exception cref="FindingException">A kind could not be listed, so the answer is not known.</exception>
    public async Task<IReadOnlyList<string>> FindForeignAsync(string @namespace, CancellationToken cancellationToken)
    {
        var foreign = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(
            await ReadKindsAsync(cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken },
            async (kind, token) =>
            {
                foreach (var item in await ListAsync(kind, @namespace, token))
                {
                    if (!IsOfEveryNamespace(kind, item.Name) && !mark.IsOn(item.Labels))
                    {
                        foreign.Add($"{kind}/{item.Name}");
                    }
                }
            }
        );
        return [.. foreign.Order(StringComparer.Ordinal)];
    }

    private static bool IsOfEveryNamespace(Kind kind, string name) =>
        (kind.Group, kind.Plural) switch
        {
            ("", "serviceaccounts") => name == "default",
            ("", "configmaps") => name == "kube-root-ca.crt",
            (_, "events") => true,
            _ => false,
        };

    private async Task<IReadOnlyList<Kind>> ReadKindsAsync(CancellationToken cancellationToken)
    {
        var groups = await GetAsync<V1APIGroupList>("/apis", "read its API groups", cancellationToken);
        (string Group, string Path)[] versions =
        [
            ("", "/api/v1"),
            .. groups.Groups.Select(group => (group.Name, $"/apis/{group.PreferredVersion.GroupVersion}")),
        ];
        var kinds = await Task.WhenAll(
            versions.Select(async version =>
            {
                var list = await GetAsync<V1APIResourceList>(version.Path, $"read the kinds of {version.Path}", cancellationToken);
                return list
                    .Resources.Where(resource =>
                        resource.Namespaced && resource.Verbs.Contains("list") && resource.Verbs.Contains("delete")
                    )
                    .Select(resource => new Kind(version.Group, version.Path, resource.Name));
            })
        );
        return [.. kinds.SelectMany(of => of)];
    }

    private async Task<IReadOnlyList<(string Name, IReadOnlyDictionary<string, string> Labels)>> ListAsync(
        Kind kind,
        string @namespace,
        CancellationToken cancellationToken
    )
    {
        var items = new List<(string, IReadOnlyDictionary<string, string>)>();
        string? next = null;
        do
        {
            var page = next is null ? "" : $"&continue={Uri.EscapeDataString(next)}";
            var list = await GetAsync<JsonObject>(
                $"{kind.Path}/namespaces/{@namespace}/{kind.Plural}?limit={ClusterConnection.PageSize}{page}",
                $"list {kind} in {@namespace}",
                cancellationToken
            );
            foreach (var item in (list["items"] as JsonArray ?? []).OfType<JsonObject>())
            {
                var labels = item["metadata"]!["labels"] as JsonObject ?? [];
                items.Add(
                    (
                        (string)item["metadata"]!["name"]!,
                        labels.ToDictionary(label => label.Key, label => (string)label.Value!, StringComparer.Ordinal)
                    )
                );
            }

            next = (string?)list["metadata"]?["continue"];
        } while (!string.IsNullOrEmpty(next));

        return items;
    }

    private Task<T> GetAsync<T>(string path, string what, CancellationToken cancellationToken) =>
        connection.CallAsync(
            new Attempt(what),
            async (_, token) => KubernetesJson.Deserialize<T>(await connection.GetTextAsync(path, token, MetadataOnly)),
            cancellationToken
        );

    /// <param name="Group">Empty for the core group.</param>
    /// <param name="Path">That of the group's preferred version.</param>
    private sealed record Kind(string Group, string Path, string Plural)
    {
        public override string ToString() => Group.Length == 0 ? Plural : $"{Plural}.{Group}";
    }
}
