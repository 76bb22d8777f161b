using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Diagnosis.Evidence;
using Federation.WebIdentity;

namespace Federation.Issuers;

/// <summary>How far a fetch of an issuer's documents came.</summary>
public enum IssuerFault
{
    /// <summary>The name is not known here, or there is no way to the network.</summary>
    NoRoute,

    /// <summary>The host refused the connection, was silent, or broke off.</summary>
    NoAnswer,

    /// <summary>The certificate is not trusted here, or stands for another name.</summary>
    Untrusted,

    /// <summary>The host answered that it is at fault itself or too busy (HTTP 5xx, 429).</summary>
    Busy,

    /// <summary>The host answered, and not with the document: anyone who asks would be told the same.</summary>
    NoDocument,
}

/// <summary>An issuer's documents could not be had; the message says what was asked for and what came.</summary>
public sealed class IssuerException(IssuerFault fault, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public IssuerFault Fault { get; } = fault;
}

/// <summary>An issuer's public documents, fetched as STS fetches them: discovery, then the key set it names, over checked TLS.</summary>
public sealed class IssuerClient : IDisposable
{
    private readonly ConcurrentDictionary<string, string> _thumbprints = new(StringComparer.OrdinalIgnoreCase);
    private readonly HttpClient _client;

    public IssuerClient(IssuerTransport transport) =>
        _client = transport.CreateClient((host, thumbprint) => _thumbprints[host] = thumbprint);

    /// <param name="issuer">The issuer with <c>https://</c>.</param>
    /// <exception cref="IssuerException">A document could not be had, or is not what it should be.</exception>
    public async Task<PublishedIssuer> FetchAsync(string issuer, CancellationToken cancellationToken)
    {
        var discoveryAddress =
            Address(issuer.TrimEnd('/') + "/.well-known/openid-configuration")
            ?? throw new IssuerException(IssuerFault.NoDocument, $"{issuer} is no https address");
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
            using var response = await _client.GetAsync(address, cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                var status = (int)response.StatusCode;
                throw new IssuerException(
                    status is >= 500 or 429 ? IssuerFault.Busy : IssuerFault.NoDocument,
                    $"{address} answered HTTP {status}"
                );
            }

            return JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken)) as JsonObject
                ?? throw new IssuerException(IssuerFault.NoDocument, $"{address} is no JSON object");
        }
        catch (JsonException malformed)
        {
            throw new IssuerException(IssuerFault.NoDocument, $"{address} is no JSON object", malformed);
        }
        catch (HttpRequestException lost)
        {
            throw new IssuerException(FaultOf(lost), $"{address}: {lost.GetBaseException().Message}", lost);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IssuerException(
                IssuerFault.NoAnswer,
                $"{address} did not answer within {IssuerTransport.Timeout.TotalSeconds:0} seconds",
                late
            );
        }
    }

    private static IssuerFault FaultOf(HttpRequestException lost) =>
        lost switch
        {
            { HttpRequestError: HttpRequestError.SecureConnectionError } => IssuerFault.Untrusted,
            { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => IssuerFault.NoDocument,
            _ when lost.GetBaseException()
                    is SocketException
                    {
                        SocketErrorCode: SocketError.HostNotFound
                            or SocketError.TryAgain
                            or SocketError.NoData
                            or SocketError.NetworkUnreachable
                            or SocketError.HostUnreachable
                            or SocketError.NetworkDown
                    } => IssuerFault.NoRoute,
            _ => IssuerFault.NoAnswer,
        };
}
