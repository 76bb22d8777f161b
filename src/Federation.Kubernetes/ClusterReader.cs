using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;
using k8s;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>Reads what planning and diagnosis need of one cluster: who it is, its namespaces and its service accounts.</summary>
internal sealed class ClusterReader(ClusterConnection connection, FederationConfiguration configuration, IClusterDirectory directory)
{
    /// <summary>Up to so many objects of a kind are read one by one; more of them by listing.</summary>
    private const int ReadSingly = 16;

    public ClusterConnection Connection => connection;

    /// <summary>
    /// The issuer that the cluster itself names, which must be the configured cluster's. Where it may not be read (null), or
    /// is another, endpoint and CA tell a wrong cluster (FED8008) from the right one with another issuer (FED2003).
    /// </summary>
    public async Task<(string? Issuer, Finding? Wrong)> IdentifyAsync(CancellationToken cancellationToken)
    {
        var cluster = connection.Cluster;
        var document = await connection.ReadDocumentAsync(
            "/.well-known/openid-configuration",
            new Attempt("read its OpenID discovery document"),
            cancellationToken
        );
        var issuer = (string?)document?["issuer"];
        if (issuer == cluster.Issuer)
        {
            return (issuer, null);
        }

        var facts = (await directory.ReadClustersAsync(configuration.Clusters, cancellationToken))[cluster.Key];
        // Clusters may share a CA; none answers with another's issuer.
        var isAnother = configuration.Clusters.Any(other => other.Key != cluster.Key && other.Issuer == issuer);
        var isTheCluster = !isAnother && (IsAt(facts) || IsSignedBy(facts));
        return (
            issuer,
            (isTheCluster, issuer) switch
            {
                (true, null) => null,
                (true, _) => AnotherIssuer(issuer),
                _ => AnotherCluster(issuer, facts),
            }
        );
    }

    /// <summary>The <c>kid</c> of each key that the cluster signs tokens with; null where this identity may not read them.</summary>
    public async Task<IReadOnlyList<string>?> ReadKeyIdsAsync(CancellationToken cancellationToken)
    {
        var document = await connection.ReadDocumentAsync("/openid/v1/jwks", new Attempt("read its key set"), cancellationToken);
        return (document?["keys"] as JsonArray)?.Select(key => (string?)key?["kid"]).OfType<string>().ToArray();
    }

    /// <summary>Begins to look for namespaces; null is what is not there.</summary>
    public IReadOnlyDictionary<string, Task<LiveObject?>> FindNamespaces(
        IReadOnlyCollection<string> names,
        CancellationToken cancellationToken
    ) =>
        Find(
            names,
            name => new Attempt(
                $"get namespaces/{name}",
                ResourceId.Kubernetes(connection.Cluster.Key, name, ResourceKind.Namespace, name)
            ),
            (api, name, token) => api.CoreV1.ReadNamespaceAsync(name, cancellationToken: token),
            new Attempt("list namespaces"),
            (api, page, token) =>
                api.CoreV1.ListNamespaceAsync(limit: ClusterConnection.PageSize, continueParameter: page, cancellationToken: token),
            found => found.Name,
            cancellationToken
        );

    /// <summary>Begins to look for service accounts; null is what is not there.</summary>
    public IReadOnlyDictionary<(string Namespace, string Name), Task<LiveObject?>> FindServiceAccounts(
        IReadOnlyCollection<(string Namespace, string Name)> accounts,
        CancellationToken cancellationToken
    ) =>
        Find(
            accounts,
            account => new Attempt(
                $"get serviceaccounts/{account.Name} in {account.Namespace}",
                ResourceId.Kubernetes(connection.Cluster.Key, account.Namespace, ResourceKind.ServiceAccount, account.Name)
            ),
            (api, account, token) =>
                api.CoreV1.ReadNamespacedServiceAccountAsync(account.Name, account.Namespace, cancellationToken: token),
            new Attempt("list serviceaccounts"),
            (api, page, token) =>
                api.CoreV1.ListServiceAccountForAllNamespacesAsync(
                    limit: ClusterConnection.PageSize,
                    continueParameter: page,
                    cancellationToken: token
                ),
            found => (Namespace: found.Namespace!, found.Name),
            cancellationToken
        );

    /// <summary>A few are read one by one, each with its own refusal; many share one list.</summary>
    private Dictionary<TKey, Task<LiveObject?>> Find<TKey, TObject, TList>(
        IReadOnlyCollection<TKey> keys,
        Func<TKey, Attempt> attemptFor,
        Func<IKubernetes, TKey, CancellationToken, Task<TObject>> readOne,
        Attempt listing,
        Func<IKubernetes, string?, CancellationToken, Task<TList>> readPage,
        Func<LiveObject, TKey> keyOf,
        CancellationToken cancellationToken
    )
        where TKey : notnull
        where TObject : class, IKubernetesObject<V1ObjectMeta>
        where TList : IItems<TObject>, IMetadata<V1ListMeta>
    {
        if (keys.Count <= ReadSingly)
        {
            return keys.ToDictionary(
                key => key,
                async key =>
                    await connection.FindAsync(attemptFor(key), (api, token) => readOne(api, key, token), cancellationToken) is { } found
                        ? LiveObject.Of(found)
                        : null
            );
        }

        var all = ListAllAsync();
        return keys.ToDictionary(key => key, async key => (await all).GetValueOrDefault(key));

        async Task<Dictionary<TKey, LiveObject>> ListAllAsync() =>
            (await connection.ListAsync<TObject, TList>(listing, readPage, cancellationToken))
                .Select(found => LiveObject.Of(found))
                .ToDictionary(keyOf);
    }

    private bool IsAt(ClusterFacts facts) =>
        facts.Endpoints.Contains(
            connection.Server.IsDefaultPort ? connection.Server.Host : connection.Server.Authority,
            StringComparer.OrdinalIgnoreCase
        );

    private bool IsSignedBy(ClusterFacts facts) =>
        connection.CaCertificate is { } authority
        && facts.CaCertificate is { } known
        && authority.ReplaceLineEndings("").Trim() == known.ReplaceLineEndings("").Trim();

    private Finding AnotherIssuer(string? issuer) =>
        new()
        {
            Code = FindingCodes.IssuerMismatch,
            Cause =
                $"The cluster {connection.Cluster.Key} ({connection.Cluster.ResourceName}) names another issuer in its own discovery "
                + "document than the one that follows from GKE's naming. Nothing was changed.",
            Fix = "Check project, location and name of the cluster; AWS must trust the issuer that the tokens carry.",
            Expected = connection.Cluster.Issuer,
            Actual = issuer,
        };

    private Finding AnotherCluster(string? issuer, ClusterFacts facts)
    {
        var cluster = connection.Cluster;
        return new Finding
        {
            Code = FindingCodes.KubeconfigWrongCluster,
            Cause =
                $"{connection.Origin} leads to {connection.Server}, which is not the cluster {cluster.Key} ({cluster.ResourceName}). "
                + "Nothing was changed.",
            Fix =
                $"{KubernetesFaults.GetCredentials(cluster)}, and name its context under clusters.{cluster.Key}.context "
                + "if another is current.",
            Expected = issuer is null ? string.Join(" or ", facts.Endpoints) : cluster.Issuer,
            Actual = issuer ?? connection.Server.Authority,
        };
    }
}
