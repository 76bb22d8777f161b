using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Sandbox.Hosting;
using Federation.WebIdentity;

namespace Federation.Sandbox.Aws;

/// <summary>An issuer's public keys, fetched as STS fetches them: discovery, then the JWKS it names, over checked TLS.</summary>
internal sealed class IssuerKeySource(IssuerTransport transport) : IDisposable
{
    private readonly HttpClient _client = transport.CreateClient();

    /// <param name="issuer">The issuer with <c>https://</c>.</param>
    public async Task<IssuerKeys> FetchAsync(string issuer, CancellationToken cancellationToken)
    {
        try
        {
            var discovery = await GetAsync(new Uri(issuer.TrimEnd('/') + "/.well-known/openid-configuration"), cancellationToken);
            if (!Uri.TryCreate(discovery["jwks_uri"]?.ToString(), UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttps)
            {
                return new IssuerKeys.Unreachable("the discovery document names no https jwks_uri");
            }

            var keys = (await GetAsync(address, cancellationToken))["keys"] as JsonArray ?? [];
            return new IssuerKeys.Published([.. keys.OfType<JsonObject>().Select(Read)]);
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException or UriFormatException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new IssuerKeys.Unreachable(exception.Message);
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<JsonObject> GetAsync(Uri address, CancellationToken cancellationToken)
    {
        using var response = await _client.GetAsync(address, cancellationToken);
        response.EnsureSuccessStatusCode();
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken)) as JsonObject
            ?? throw new JsonException($"{address} is no JSON object");
    }

    private static IssuerKey Read(JsonObject key)
    {
        string? Text(string name) => key[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
        return new IssuerKey(Text("kid"), Text("kty") ?? "")
        {
            Algorithm = Text("alg"),
            Use = Text("use"),
            HasKeyOperations = key.ContainsKey("key_ops"),
            Modulus = Text("n"),
            Exponent = Text("e"),
            Curve = Text("crv"),
            X = Text("x"),
            Y = Text("y"),
        };
    }
}
