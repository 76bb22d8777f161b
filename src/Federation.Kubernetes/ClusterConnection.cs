using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Federation.Calls;
using Federation.Findings;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Polly;
using Cluster = Federation.Configuration.Cluster;

namespace Federation.Kubernetes;

/// <summary>One cluster's API. Every call goes through here, where it is counted, bounded in time and retried.</summary>
/// <param name="caCertificate">The authorities that the server's certificate must come from, PEM; null: the system's.</param>
/// <param name="origin">Where the address comes from, for messages: <c>the kubeconfig context NAME</c>.</param>
internal sealed class ClusterConnection(
    Cluster cluster,
    k8s.Kubernetes client,
    Uri server,
    string? caCertificate,
    string origin,
    ResiliencePipeline policy
) : IDisposable
{
    /// <summary>The objects of a list that come in one answer.</summary>
    public const int PageSize = 500;

    private int _calls;

    public Cluster Cluster => cluster;

    public Uri Server => server;

    public string? CaCertificate => caCertificate;

    public string Origin => origin;

    /// <summary>The calls made so far: retries, watches and logs included.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Makes a call that ends by itself.</summary>
    /// <exception cref="FindingException">
    /// Anything but success. Its inner exception says what it was (<see cref="KubernetesFaults.RefusalOf"/>).
    /// </exception>
    public async Task<T> CallAsync<T>(
        Attempt attempt,
        Func<IKubernetes, CancellationToken, Task<T>> call,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await policy.ExecuteAsync(async token => Checked(await call(Counted(), token)), cancellationToken);
        }
        catch (Exception fault) when (IsFault(fault, cancellationToken))
        {
            throw new FindingException(KubernetesFaults.Explain(fault, this, attempt), fault);
        }
    }

    /// <summary>Makes a call for one object that may be absent: null where the API says so.</summary>
    /// <exception cref="FindingException">It could not be read.</exception>
    public async Task<T?> FindAsync<T>(
        Attempt attempt,
        Func<IKubernetes, CancellationToken, Task<T>> read,
        CancellationToken cancellationToken
    )
        where T : class
    {
        try
        {
            return await CallAsync(attempt, read, cancellationToken);
        }
        catch (FindingException absent) when (KubernetesFaults.SaysAbsent(absent))
        {
            return null;
        }
    }

    /// <summary>Reads a whole list, page by page.</summary>
    /// <exception cref="FindingException">It could not be read.</exception>
    public async Task<IReadOnlyList<T>> ListAsync<T, TList>(
        Attempt attempt,
        Func<IKubernetes, string?, CancellationToken, Task<TList>> readPage,
        CancellationToken cancellationToken
    )
        where TList : IItems<T>, IMetadata<V1ListMeta>
    {
        var items = new List<T>();
        await foreach (var page in ListPagesAsync<T, TList>(attempt, readPage, cancellationToken))
        {
            items.AddRange(page);
        }

        return items;
    }

    /// <summary>Reads a list page by page, each when it is asked for.</summary>
    /// <exception cref="FindingException">It could not be read.</exception>
    public async IAsyncEnumerable<IEnumerable<T>> ListPagesAsync<T, TList>(
        Attempt attempt,
        Func<IKubernetes, string?, CancellationToken, Task<TList>> readPage,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
        where TList : IItems<T>, IMetadata<V1ListMeta>
    {
        string? page = null;
        do
        {
            var list = await CallAsync(attempt, (api, token) => readPage(api, page, token), cancellationToken);
            yield return list.Items;
            page = list.Metadata.ContinueProperty;
        } while (!string.IsNullOrEmpty(page));
    }

    /// <summary>Reads one of the documents by which a cluster is an issuer; null where this identity may not read it.</summary>
    /// <exception cref="FindingException">It could not be read for another reason.</exception>
    public async Task<JsonObject?> ReadDocumentAsync(string path, Attempt attempt, CancellationToken cancellationToken)
    {
        try
        {
            return await CallAsync(
                attempt,
                async (_, token) => JsonNode.Parse(await GetTextAsync(path, token)) as JsonObject,
                cancellationToken
            );
        }
        catch (FindingException refused) when (KubernetesFaults.StatusOf(refused) is HttpStatusCode.Forbidden or HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>
    /// Begins a call that lasts until it is ended: a watch, a log that is followed, a command that runs. The caller bounds it,
    /// and explains its faults with <see cref="KubernetesFaults.Explain"/>.
    /// </summary>
    public IKubernetes Counted()
    {
        Interlocked.Increment(ref _calls);
        return client;
    }

    /// <summary>Begins to get a path whose answer lasts until it is ended; the rules of <see cref="Counted"/> apply.</summary>
    /// <exception cref="HttpOperationException">The server answered with anything but success.</exception>
    public Task<HttpResponseMessage> BeginAsync(string path, CancellationToken cancellationToken)
    {
        Counted();
        return SendAsync(path, accept: null, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    /// <summary>Gets a path as text, within a call.</summary>
    /// <param name="accept">The Accept header; null: none.</param>
    /// <exception cref="HttpOperationException">The server answered with anything but success.</exception>
    public async Task<string> GetTextAsync(string path, CancellationToken cancellationToken, string? accept = null)
    {
        using var response = await SendAsync(path, accept, HttpCompletionOption.ResponseContentRead, cancellationToken);
        return await response.Content.ReadAsStringAsync(cancellationToken);
    }

    public void Dispose() => client.Dispose();

    private async Task<HttpResponseMessage> SendAsync(
        string path,
        string? accept,
        HttpCompletionOption completion,
        CancellationToken cancellationToken
    )
    {
        // A gateway's base address has a path of its own, so the path is appended, not resolved.
        var address = client.BaseUri.AbsoluteUri.TrimEnd('/') + path;
        using var request = new HttpRequestMessage(HttpMethod.Get, address) { Version = HttpVersion.Version20 };
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        if (client.Credentials is { } credentials)
        {
            await credentials.ProcessHttpRequestAsync(request, cancellationToken);
        }

        var response = await client.HttpClient.SendAsync(request, completion, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw new HttpOperationException($"GET {path}: {(int)response.StatusCode}")
            {
                Response = new HttpResponseMessageWrapper(response, await response.Content.ReadAsStringAsync(cancellationToken)),
            };
        }
    }

    /// <summary>
    /// Every object and list of the API says its kind and has metadata; what does not is JSON of another server. The API may answer
    /// a deletion with a Status or with the object, and the client reads the one as the other.
    /// </summary>
    private static T Checked<T>(T answer)
    {
        var kind = (answer as IKubernetesObject)?.Kind;
        var isAsked = answer is V1Status status
            ? status.HasObject || kind is not null
            : kind == V1Status.KubeKind || kind == answer?.GetType().GetCustomAttribute<KubernetesEntityAttribute>()?.Kind;
        return answer switch
        {
            null => throw new UnreadableAnswerException("nothing"),
            IKubernetesObject when !isAsked => throw new UnreadableAnswerException(
                kind is null ? "a JSON object without a kind" : $"an object of the kind {PlainText.Quoted(kind)}"
            ),
            IMetadata<V1ObjectMeta> { Metadata: null } or IMetadata<V1ListMeta> { Metadata: null } and not V1Status =>
                throw new UnreadableAnswerException($"a {kind} without metadata"),
            _ => answer,
        };
    }

    /// <summary>Everything is a fault of the call but the caller's own cancellation, and what has a finding already.</summary>
    private static bool IsFault(Exception fault, CancellationToken cancellationToken) =>
        fault is not FindingException && !(fault is OperationCanceledException && cancellationToken.IsCancellationRequested);
}
