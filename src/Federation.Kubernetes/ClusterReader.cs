using System.Text.Json.Nodes;
using Federation.Calls;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;
using k8s;
using k8s.Models;
using Cluster = Federation.Configuration.Cluster;

namespace Federation.Kubernetes;

/// <summary>
/// The one reader of a cluster for planning and for diagnosis: its identity, its namespaces and its service accounts. Each is
/// read once in a run; what was written is read every time.
/// </summary>
internal sealed class ClusterReader
{
    /// <summary>Up to so many objects of a kind are read one by one; more of them by listing.</summary>
    private const int ReadSingly = 16;

    private const string Discovery = "/.well-known/openid-configuration";
    private const string KeySet = "/openid/v1/jwks";

    private readonly FederationConfiguration _configuration;
    private readonly IClusterDirectory _directory;
    private readonly Mark _mark;
    private readonly Readings<string, JsonObject> _documents;
    private readonly Readings<string, LiveObject> _namespaces;
    private readonly Readings<(string Namespace, string Name), LiveObject> _accounts;

    public ClusterReader(ClusterConnection connection, FederationConfiguration configuration, IClusterDirectory directory)
    {
        (Connection, _configuration, _directory) = (connection, configuration, directory);
        _mark = configuration.Mark;
        _documents = new(ReadDocumentAsync);
        _namespaces = new(ReadNamespaceAsync);
        _accounts = new(ReadServiceAccountAsync);
    }

    public ClusterConnection Connection { get; }

    private Cluster Cluster => Connection.Cluster;

    /// <summary>
    /// The issuer that the cluster itself names, which must be the configured cluster's. Where it may not be read (null), or
    /// is another, endpoint and CA tell a wrong cluster (FED8008) from the right one with another issuer (FED2003).
    /// </summary>
    public async Task<(string? Issuer, Finding? Wrong)> IdentifyAsync(CancellationToken cancellationToken)
    {
        var cluster = Cluster;
        var document = await _documents.GetAsync(Discovery, cancellationToken);
        var issuer = (string?)document?["issuer"];
        if (issuer == cluster.Issuer)
        {
            return (issuer, null);
        }

        var facts = (await _directory.ReadClustersAsync(_configuration.Clusters, cancellationToken))[cluster.Key];
        // Clusters may share a CA; none answers with another's issuer.
        var isAnother = _configuration.Clusters.Any(other => other.Key != cluster.Key && other.Issuer == issuer);
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
        var document = await _documents.GetAsync(KeySet, cancellationToken);
        return (document?["keys"] as JsonArray)?.Select(key => (string?)key?["kid"]).OfType<string>().ToArray();
    }

    /// <summary>Begins to look for namespaces; null is what is not there.</summary>
    public IReadOnlyDictionary<string, Task<LiveObject?>> FindNamespaces(
        IReadOnlyCollection<string> names,
        CancellationToken cancellationToken
    ) =>
        Find(
            names,
            _namespaces,
            found => found.Name,
            () =>
                Connection.ListAsync<V1Namespace, V1NamespaceList>(
                    new Attempt("list namespaces"),
                    (api, page, token) =>
                        api.CoreV1.ListNamespaceAsync(limit: ClusterConnection.PageSize, continueParameter: page, cancellationToken: token),
                    cancellationToken
                ),
            cancellationToken
        );

    /// <summary>Begins to look for service accounts; null is what is not there.</summary>
    public IReadOnlyDictionary<(string Namespace, string Name), Task<LiveObject?>> FindServiceAccounts(
        IReadOnlyCollection<(string Namespace, string Name)> accounts,
        CancellationToken cancellationToken
    ) =>
        Find(
            accounts,
            _accounts,
            found => (Namespace: found.Namespace!, found.Name),
            () =>
                Connection.ListAsync<V1ServiceAccount, V1ServiceAccountList>(
                    new Attempt("list serviceaccounts"),
                    (api, page, token) =>
                        api.CoreV1.ListServiceAccountForAllNamespacesAsync(
                            limit: ClusterConnection.PageSize,
                            continueParameter: page,
                            cancellationToken: token
                        ),
                    cancellationToken
                ),
            cancellationToken
        );

    /// <summary>An object is about to be written: from now on it is read every time.</summary>
    public void ReadEachTime(ResourceId id, string @namespace)
    {
        if (id.Kind == ResourceKind.Namespace)
        {
            _namespaces.ReadEachTime(id.Name);
        }
        else
        {
            _accounts.ReadEachTime((@namespace, id.Name));
        }
    }

    /// <summary>A few are read one by one, each with its own refusal; many share one list.</summary>
    private Dictionary<TKey, Task<LiveObject?>> Find<TKey, TObject>(
        IReadOnlyCollection<TKey> keys,
        Readings<TKey, LiveObject> readings,
        Func<LiveObject, TKey> keyOf,
        Func<Task<IReadOnlyList<TObject>>> listAsync,
        CancellationToken cancellationToken
    )
        where TKey : notnull
        where TObject : IKubernetesObject<V1ObjectMeta>
    {
        var unread = keys.Where(key => readings.Known(key) is null).ToHashSet();
        if (unread.Count <= ReadSingly)
        {
            return keys.ToDictionary(key => key, key => readings.GetAsync(key, cancellationToken));
        }

        var listing = ReadListAsync();
        return keys.ToDictionary(key => key, async key => (await listing).GetValueOrDefault(key) ?? readings.Known(key));

        async Task<Dictionary<TKey, LiveObject>> ReadListAsync()
        {
            var listed = (await listAsync()).Select(one => LiveObject.Of(one, _mark)).ToDictionary(keyOf);
            foreach (var (key, found) in listed.Where(one => unread.Contains(one.Key)))
            {
                readings.Set(key, found);
            }

            return listed;
        }
    }

    private Task<JsonObject?> ReadDocumentAsync(string path, CancellationToken cancellationToken) =>
        Connection.ReadDocumentAsync(
            path,
            new Attempt(path == Discovery ? "read its OpenID discovery document" : "read its key set"),
            cancellationToken
        );

    private async Task<LiveObject?> ReadNamespaceAsync(string name, CancellationToken cancellationToken) =>
        await Connection.FindAsync(
            new Attempt($"get namespaces/{name}", ResourceId.Kubernetes(Cluster.Key, name, ResourceKind.Namespace, name)),
            (api, token) => api.CoreV1.ReadNamespaceAsync(name, cancellationToken: token),
            cancellationToken
        )
            is { } found
            ? LiveObject.Of(found, _mark)
            : null;

    private async Task<LiveObject?> ReadServiceAccountAsync((string Namespace, string Name) account, CancellationToken cancellationToken) =>
        await Connection.FindAsync(
            new Attempt(
                $"get serviceaccounts/{account.Name} in {account.Namespace}",
                ResourceId.Kubernetes(Cluster.Key, account.Namespace, ResourceKind.ServiceAccount, account.Name)
            ),
            (api, token) => api.CoreV1.ReadNamespacedServiceAccountAsync(account.Name, account.Namespace, cancellationToken: token),
            cancellationToken
        )
            is { } found
            ? LiveObject.Of(found, _mark)
            : null;

    private bool IsAt(ClusterFacts facts) =>
        facts.Endpoints.Contains(
            Connection.Server.IsDefaultPort ? Connection.Server.Host : Connection.Server.Authority,
            StringComparer.OrdinalIgnoreCase
        );

    private bool IsSignedBy(ClusterFacts facts) =>
        Connection.CaCertificate is { } authority
        && facts.CaCertificate is { } known
        && authority.ReplaceLineEndings("").Trim() == known.ReplaceLineEndings("").Trim();

    private Finding AnotherIssuer(string? issuer) =>
        new()
        {
            Code = FindingCodes.IssuerMismatch,
            Cause =
                $"The cluster {Cluster.Key} ({Cluster.ResourceName}) names another issuer in its own discovery "
                + "document than the one that follows from GKE's naming. Nothing was changed.",
            Fix = "Check project, location and name of the cluster; AWS must trust the issuer that the tokens carry.",
            Expected = Cluster.Issuer,
            Actual = issuer,
        };

    private Finding AnotherCluster(string? issuer, ClusterFacts facts)
    {
        var cluster = Cluster;
        var leads = $"{Connection.Origin} leads to {Connection.Server}, ";
        var getCredentials =
            $"{KubernetesFaults.GetCredentials(cluster)}, and name its context under clusters.{cluster.Key}.context if another is current";
        return issuer is null
            ? new Finding
            {
                Code = FindingCodes.KubeconfigWrongCluster,
                Cause =
                    $"{leads}which may be another cluster than {cluster.Key} ({cluster.ResourceName}): it has neither an address nor "
                    + $"the CA that GKE gives for that cluster, and this identity cannot get {Discovery} there. Nothing was changed.",
                Fix = $"{getCredentials}. If it is the cluster, behind a proxy say, allow this identity to get {Discovery}.",
                Expected = string.Join(" or ", facts.Endpoints),
                Actual = Connection.Server.Authority,
            }
            : new Finding
            {
                Code = FindingCodes.KubeconfigWrongCluster,
                Cause = $"{leads}which is not the cluster {cluster.Key} ({cluster.ResourceName}). Nothing was changed.",
                Fix = $"{getCredentials}.",
                Expected = cluster.Issuer,
                Actual = issuer,
            };
    }
}
