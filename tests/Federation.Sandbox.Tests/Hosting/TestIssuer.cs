using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Sandbox.Hosting;

namespace Federation.Sandbox.Tests.Hosting;

/// <summary>An OIDC issuer of the test's own, on TLS: what <c>FEDERATION_CONNECT_TO</c> exists to point at.</summary>
internal sealed class TestIssuer : IAsyncDisposable
{
    public const string Path = "container.googleapis.com/v1/projects/acme-prod/locations/asia-south1-a/clusters/main";
    private readonly RSA _key = RSA.Create(2048);
    private CertificateAuthority _authority = null!;
    private WebListener _listener = null!;
    private WebListeners _listeners = null!;

    private TestIssuer() { }

    public string ConnectTo => $"container.googleapis.com:443:127.0.0.1:{_listener.Port}";

    /// <summary>How often it was asked for a document.</summary>
    public int Requests { get; private set; }

    public static async Task<TestIssuer> StartAsync(string host = "container.googleapis.com")
    {
        var issuer = new TestIssuer { _authority = CertificateAuthority.Create([host]) };
        var endpoint = new IssuerEndpoint([new Issuer(Path, issuer.Discovery, issuer.Jwks)]);
        issuer._listener = new WebListener(
            isTls: true,
            0,
            context =>
            {
                issuer.Requests++;
                return endpoint.HandleAsync(context);
            }
        );
        issuer._listeners = await WebListeners.StartAsync([issuer._listener], issuer._authority, TestContext.Current.CancellationToken);
        return issuer;
    }

    /// <summary>Writes the issuer's trust anchor where a sandbox can read it.</summary>
    public string WriteAuthority(string directory)
    {
        var path = System.IO.Path.Combine(directory, "issuer-ca.pem");
        File.WriteAllText(path, _authority.RootPem);
        return path;
    }

    public string Token(DateTimeOffset now, string subject = "system:serviceaccount:team:app", string audience = "sts.amazonaws.com")
    {
        var header = new JsonObject
        {
            ["alg"] = "RS256",
            ["kid"] = "test",
            ["typ"] = "JWT",
        };
        var claims = new JsonObject
        {
            ["iss"] = "https://" + Path,
            ["sub"] = subject,
            ["aud"] = new JsonArray(audience),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["nbf"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.AddHours(1).ToUnixTimeSeconds(),
        };
        var signed = $"{Encode(header)}.{Encode(claims)}";
        var signature = _key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    public async ValueTask DisposeAsync()
    {
        await _listeners.DisposeAsync();
        _authority.Dispose();
        _key.Dispose();
    }

    private JsonObject Discovery() => new() { ["issuer"] = "https://" + Path, ["jwks_uri"] = $"https://{Path}/jwks" };

    private JsonObject Jwks()
    {
        var key = _key.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["keys"] = new JsonArray(
                new JsonObject
                {
                    ["kty"] = "RSA",
                    ["kid"] = "test",
                    ["alg"] = "RS256",
                    ["use"] = "sig",
                    ["n"] = Base64Url.EncodeToString(key.Modulus),
                    ["e"] = Base64Url.EncodeToString(key.Exponent),
                }
            ),
        };
    }

    private static string Encode(JsonObject part) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part.ToJsonString()));
}
