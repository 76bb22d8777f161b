using Federation.Calls;
using Federation.Findings;
using Federation.Resources;
using Google.Apis.Container.v1.Data;
using Google.Apis.Iam.v1.Data;
using Google.Apis.Requests;
using Polly;

namespace Federation.Google;

/// <summary>Calls Google's APIs. Each call is counted, bounded in time and retried; its failure becomes a finding.</summary>
internal sealed class GoogleCalls : IDisposable
{
    private readonly Lazy<Task<GoogleClients>> _clients;
    private readonly ResiliencePipeline _tries;
    private int _count;

    /// <exception cref="FindingException">A sandbox's endpoints lead to another machine (FED8005).</exception>
    public GoogleCalls(CloudEndpoints endpoints, TimeProvider time)
    {
        Confine(endpoints.GoogleIam, CloudEndpoints.Variables.GoogleIam);
        Confine(endpoints.GoogleContainer, CloudEndpoints.Variables.GoogleContainer);
        _clients = new(() => GoogleClients.CreateAsync(endpoints));
        _tries = CallPolicy.Create(time, new CallOptions(Attempts: 5, GoogleFaults.IsTransient));

        void Confine(Uri? address, string variable)
        {
            if (address is not null)
            {
                endpoints.Confine(address.Host, variable);
            }
        }
    }

    /// <summary>The number of calls so far, retries included.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Makes a call. If it needs a new token, the same tries include fetching that.</summary>
    /// <param name="request">Makes the request; called again for each try.</param>
    /// <param name="attempt">What the call does, such as <c>get the cluster projects/…</c>.</param>
    /// <exception cref="FindingException">The call failed. The exception that it failed with is the inner one.</exception>
    public Task<T> ExecuteAsync<T>(
        Func<GoogleClients, IClientServiceRequest<T>> request,
        string attempt,
        ResourceId? resource,
        CancellationToken cancellationToken
    )
        where T : class =>
        TryAsync(
            async (clients, ask, token) =>
            {
                var made = request(clients);
                ask(clients.EndpointOf(made.Service));
                Interlocked.Increment(ref _count);
                var answer = await made.ExecuteAsync(token);
                return Lacks(answer) is { } member ? throw new UnreadableAnswerException($"a JSON object without {member}") : answer;
            },
            attempt,
            resource,
            cancellationToken
        );

    /// <summary>An OAuth access token of the caller. A secret.</summary>
    /// <exception cref="FindingException">No token could be fetched.</exception>
    public Task<string> GetAccessTokenAsync(CancellationToken cancellationToken) =>
        TryAsync(async (clients, _, token) => (await clients.GetAccessTokenAsync(token))!, "get an access token", null, cancellationToken);

    public void Dispose()
    {
        if (_clients is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            _clients.Value.Result.Dispose();
        }
    }

    private async Task<T> TryAsync<T>(
        Func<GoogleClients, Action<GoogleEndpoint>, CancellationToken, Task<T>> call,
        string attempt,
        ResourceId? resource,
        CancellationToken cancellationToken
    )
        where T : class
    {
        var clients = await _clients.Value;
        var asked = clients.TokenEndpoint;
        try
        {
            return await _tries.ExecuteAsync(
                async token =>
                {
                    // The token is fetched separately, so that the failing endpoint is known.
                    asked = clients.TokenEndpoint;
                    if (string.IsNullOrEmpty(await clients.GetAccessTokenAsync(token)))
                    {
                        throw new UnreadableAnswerException("a JSON object without a token");
                    }

                    return await call(clients, endpoint => asked = endpoint, token);
                },
                cancellationToken
            );
        }
        catch (Exception fault) when (fault is not FindingException && !IsCancellation(fault, cancellationToken))
        {
            // Any exception: the failure of one call must not hide the results of the others.
            throw new FindingException(GoogleFaults.FindingFor(fault, asked, attempt, resource?.Value), fault);
        }
    }

    /// <summary>
    /// A member that Google's answers of this kind always have, and this one has not; null if it has all. A list without items is
    /// an empty object.
    /// </summary>
    private static string? Lacks(object? answer) =>
        answer switch
        {
            null => "content",
            Cluster { Name: null or "" } => "a cluster's name",
            ServiceAccount { Email: null or "" } => "an account's email",
            ServiceAccount { UniqueId: null or "" } => "an account's uniqueId",
            Policy { ETag: null or "" } => "a policy's etag",
            _ => null,
        };

    private static bool IsCancellation(Exception fault, CancellationToken cancellationToken) =>
        fault is OperationCanceledException && cancellationToken.IsCancellationRequested;
}
