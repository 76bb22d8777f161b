using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Sandbox.Hosting;

namespace Federation.Sandbox.Google;

/// <summary>
/// OAuth: the key of the sandbox's own service account, the token endpoint that exchanges assertions signed with it
/// (RFC 7523), and the access tokens that the APIs accept.
/// </summary>
internal sealed class GoogleTokens : IDisposable
{
    public const string JwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    private const string PublicEndpoint = "https://oauth2.googleapis.com/token";
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(3599);
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    // Creating one takes a third of a second, and nothing tells the sandboxes of one process apart by it.
    private static readonly Lazy<string> PrivateKey = new(() =>
    {
        using var key = RSA.Create(2048);
        return key.ExportPkcs8PrivateKeyPem();
    });

    private readonly ExpiringMap<DateTimeOffset> _expiries = new();
    private readonly RSA _key = RSA.Create();
    private readonly string _keyId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));
    private readonly string _project;
    private readonly TimeProvider _time;

    public GoogleTokens(string project, TimeProvider time)
    {
        _project = project;
        _time = time;
        _key.ImportFromPem(PrivateKey.Value);
        AccessToken = NewToken();
        _expiries.Add(AccessToken, DateTimeOffset.MaxValue, removedAt: DateTimeOffset.MaxValue, time.GetUtcNow());
    }

    /// <summary>A token that is valid as long as the sandbox runs, for tools that take a token instead of a key.</summary>
    public string AccessToken { get; }

    public string ClientEmail => $"sandbox@{_project}.iam.gserviceaccount.com";

    /// <summary>The content of a service account's key file (<c>GOOGLE_APPLICATION_CREDENTIALS</c>).</summary>
    public string KeyFile(Uri tokenEndpoint) =>
        new JsonObject
        {
            ["type"] = "service_account",
            ["project_id"] = _project,
            ["private_key_id"] = _keyId,
            ["private_key"] = PrivateKey.Value + "\n",
            ["client_email"] = ClientEmail,
            ["client_id"] = "100000000000000000001",
            ["auth_uri"] = "https://accounts.google.com/o/oauth2/auth",
            ["token_uri"] = tokenEndpoint.AbsoluteUri,
            ["universe_domain"] = "googleapis.com",
        }.ToJsonString(Json.Indented);

    public bool Accepts(string token) => _expiries.TryGet(token, out var expires) && _time.GetUtcNow() < expires;

    /// <summary>Exchanges a signed assertion for an access token.</summary>
    /// <exception cref="TokenRefusedException">The assertion is not valid.</exception>
    public JsonObject Exchange(string? grantType, string? assertion, Uri tokenEndpoint)
    {
        if (grantType is not JwtBearer)
        {
            throw new TokenRefusedException("unsupported_grant_type", $"Invalid grant_type: {grantType}");
        }

        var claims = Verified(assertion ?? "");
        var now = _time.GetUtcNow();
        var (issued, expires) = (Moment(claims, "iat"), Moment(claims, "exp"));
        if (claims["iss"]?.ToString() != ClientEmail)
        {
            throw new TokenRefusedException("invalid_grant", "Invalid grant: account not found");
        }

        // Google's clients name its public endpoint as the audience, whatever endpoint the key file gives.
        if (claims["aud"]?.ToString() is not PublicEndpoint and var audience && audience != tokenEndpoint.AbsoluteUri)
        {
            throw new TokenRefusedException("invalid_grant", $"Invalid JWT: The audience must be {tokenEndpoint}.");
        }

        if (issued > now + Skew || expires < now - Skew || expires - issued > TimeSpan.FromHours(1))
        {
            throw new TokenRefusedException(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
                    + "Check your iat and exp values in the JWT claim."
            );
        }

        if (string.IsNullOrEmpty(claims["scope"]?.ToString()))
        {
            throw new TokenRefusedException("invalid_scope", "Invalid OAuth scope or ID token audience provided.");
        }

        var token = NewToken();
        _expiries.Add(token, now + Lifetime, removedAt: now + Lifetime, now);
        return new JsonObject
        {
            ["access_token"] = token,
            ["expires_in"] = (int)Lifetime.TotalSeconds,
            ["token_type"] = "Bearer",
        };
    }

    public void Dispose() => _key.Dispose();

    private static string NewToken() =>
        "ya29." + RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 60);

    private JsonObject Verified(string assertion)
    {
        var parts = assertion.Split('.');
        try
        {
            if (
                parts.Length == 3
                && Json.FromBase64Url(parts[0])["alg"]?.ToString() is "RS256"
                && _key.VerifyData(
                    Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"),
                    System.Buffers.Text.Base64Url.DecodeFromChars(parts[2]),
                    HashAlgorithmName.SHA256,
                    RSASignaturePadding.Pkcs1
                )
            )
            {
                return Json.FromBase64Url(parts[1]);
            }
        }
        catch (Exception exception) when (exception is FormatException or JsonException or InvalidOperationException)
        {
            throw new TokenRefusedException("invalid_grant", "Invalid JWT: Failed part parsing.");
        }

        throw new TokenRefusedException("invalid_grant", "Invalid JWT Signature.");
    }

    private static DateTimeOffset Moment(JsonObject claims, string name) =>
        claims[name] is JsonValue value && value.TryGetValue<long>(out var seconds) && seconds is > 0 and < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : throw new TokenRefusedException("invalid_grant", $"Invalid JWT: {name} is missing or no time.");
}

/// <summary>An OAuth error (RFC 6749, 5.2).</summary>
internal sealed class TokenRefusedException(string error, string description) : Exception(description)
{
    public JsonObject ToJson() => new() { ["error"] = error, ["error_description"] = Message };
}
