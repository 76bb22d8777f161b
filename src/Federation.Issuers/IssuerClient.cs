using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Calls;
using Federation.Diagnosis.Evidence;
using Federation.WebIdentity;
using Polly;
using Polly.Timeout;

namespace Federation.Issuers;

/// <summary>Why an issuer's documents could not be fetched.</summary>
public enum IssuerFault
{
    /// <summary>The name cannot be resolved here, or there is no network.</summary>
    NoRoute,

    /// <summary>The host refused the connection, did not answer, or closed it.</summary>
    NoAnswer,

    /// <summary>The certificate is not trusted here, or is for another name.</summary>
    Untrusted,

    /// <summary>The host answered that it failed or is too busy (HTTP 5xx, 429).</summary>
    Busy,

    /// <summary>The host answered, but not with the document. Every caller gets the same answer.</summary>
    NoDocument,
}

/// <summary>An issuer's documents could not be fetched; the message says what was requested and what was answered.</summary>
public sealed class IssuerException(IssuerFault fault, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public IssuerFault Fault { get; } = fault;
}

/// <summary>Fetches an issuer's public documents as STS does: discovery, then the key set it names, over verified TLS.</summary>
public sealed class IssuerClient : IDisposable
{
    /// <summary>The tries for a diagnosis that a person waits for. STS itself is not known to retry.</summary>
    public const int PatientAttempts = 3;

    private readonly ConcurrentDictionary<string, string> _thumbprints = new(StringComparer.OrdinalIgnoreCase);
    private readonly HttpClient _client;
    private readonly ResiliencePipeline _tries;

    /// <param name="attempts">
    /// The maximum number of tries per document, each of <see cref="IssuerTransport.Timeout"/> at most. Retried is only what
    /// may be transient: no answer, a closed connection, a busy host.
    /// </param>
    public IssuerClient(IssuerTransport transport, TimeProvider time, int attempts = 1)
    {
        _client = transport.CreateClient((host, thumbprint) => _thumbprints[host] = thumbprint);
        _tries = CallPolicy.Create(
            time,
            new CallOptions(attempts, fault => fault is IssuerException { Fault: IssuerFault.NoAnswer or IssuerFault.Busy })
            {
                TryTimeout = IssuerTransport.Timeout,
                HungAttempts = attempts,
            }
        );
    }

    /// <param name="issuer">The issuer with <c>https://</c>.</param>
    /// <exception cref="IssuerException">A document could not be fetched, or is not what it should be.</exception>
    public async Task<PublishedIssuer> FetchAsync(string issuer, CancellationToken cancellationToken)
    {
        var discoveryAddress =
            Address(issuer.TrimEnd('/') + "/.well-known/openid-configuration")
            ?? throw new IssuerException(IssuerFault.NoDocument, $"{issuer} is not an https address");
        var discovery = await GetAsync(discoveryAddress, cancellationToken);
        var keysAddress =
            Address(Text(discovery, "jwks_uri"))
            ?? throw new IssuerException(IssuerFault.NoDocument, $"{discoveryAddress} names no https jwks_uri");
        var keys = (await GetAsync(keysAddress, cancellationToken))["keys"] as JsonArray ?? [];
        return new PublishedIssuer(
            Text(discovery, "issuer") ?? "",
            [.. keys.OfType<JsonObject>().Select(Read)],
            _thumbprints.GetValueOrDefault(keysAddress.IdnHost)
        );
    }

    public void Dispose() => _client.Dispose();

    private static Uri? Address(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps ? address : null;

    private static string? Text(JsonObject document, string name) =>
        document[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static IssuerKey Read(JsonObject key) =>
        new(Text(key, "kid"), Text(key, "kty") ?? "")
        {
            Algorithm = Text(key, "alg"),
            Use = Text(key, "use"),
            HasKeyOperations = key.ContainsKey("key_ops"),
            Modulus = Text(key, "n"),
            Exponent = Text(key, "e"),
            Curve = Text(key, "crv"),
            X = Text(key, "x"),
            Y = Text(key, "y"),
        };

    private async Task<JsonObject> GetAsync(Uri address, CancellationToken cancellationToken)
    {
        try
        {
            return await _tries.ExecuteAsync(async token => await TryGetAsync(address, token), cancellationToken);
        }
        catch (TimeoutRejectedException late)
        {
            throw Silent(address, late);
        }
    }

    private async Task<JsonObject> TryGetAsync(Uri address, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _client.GetAsync(address, cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                throw new IssuerException(
                    response.StatusCode is >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests
                        ? IssuerFault.Busy
                        : IssuerFault.NoDocument,
                    $"{address} answered HTTP {(int)response.StatusCode}"
                );
            }

            await using var content = await response.Content.ReadAsStreamAsync(cancellationToken);
            // A member that is given twice could be read as either of its values.
            var document = await JsonNode.ParseAsync(
                content,
                documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false },
                cancellationToken: cancellationToken
            );
            return document as JsonObject ?? throw new IssuerException(IssuerFault.NoDocument, $"{address} is not a JSON object");
        }
        catch (JsonException malformed)
        {
            throw new IssuerException(IssuerFault.NoDocument, $"{address} is not a JSON object that can be read", malformed);
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException)
        {
            throw new IssuerException(FaultOf(lost), $"{address}: {lost.GetBaseException().Message}", lost);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            // SocketsHttpHandler reports its connect timeout as a cancellation.
            throw Silent(address, late);
        }
    }

    private static IssuerException Silent(Uri address, Exception late) =>
        new(IssuerFault.NoAnswer, $"{address} did not answer within {IssuerTransport.Timeout.TotalSeconds:0} seconds", late);

    private static IssuerFault FaultOf(Exception lost) =>
        (lost, lost.GetBaseException()) switch
        {
            (HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }, _) => IssuerFault.Untrusted,
            (HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded }, _) => IssuerFault.NoDocument,
            (_, HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError }) => IssuerFault.NoRoute,
            (
                _,
                SocketException
                {
                    SocketErrorCode: SocketError.HostNotFound
                        or SocketError.TryAgain
                        or SocketError.NoData
                        or SocketError.NetworkUnreachable
                        or SocketError.HostUnreachable
                        or SocketError.NetworkDown
                }
            ) => IssuerFault.NoRoute,
            _ => IssuerFault.NoAnswer,
        };
}
