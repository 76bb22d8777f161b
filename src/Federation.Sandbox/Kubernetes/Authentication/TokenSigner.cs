using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes.Authentication;

/// <summary>
/// Signs and verifies the cluster's tokens (JWS compact form, RS256). No library is used because the API server's header has
/// only <c>alg</c> and <c>kid</c>, without <c>typ</c>.
/// </summary>
/// <param name="rotation">When the key is replaced, from now on; the former one is then no longer valid. Null: never.</param>
internal sealed class TokenSigner(TimeProvider time, TimeSpan? rotation) : IDisposable
{
    private readonly DateTimeOffset _created = time.GetUtcNow();
    private readonly SigningKey _first = new();
    private readonly SigningKey _second = new();

    private SigningKey Key => rotation is { } after && time.GetUtcNow() - _created >= after ? _second : _first;

    public string Sign(JsonObject claims)
    {
        var key = Key;
        var header = new JsonObject { ["alg"] = "RS256", ["kid"] = key.Id };
        var content = $"{Encode(header)}.{Encode(claims)}";
        lock (key.Rsa)
        {
            var signature = key.Rsa.SignData(
                System.Text.Encoding.ASCII.GetBytes(content),
                HashAlgorithmName.SHA256,
                RSASignaturePadding.Pkcs1
            );
            return $"{content}.{Base64Url.EncodeToString(signature)}";
        }
    }

    /// <summary>The claims of a token; null if this key did not sign it.</summary>
    public JsonObject? Verify(string token)
    {
        var parts = token.Split('.');
        if (parts.Length != 3)
        {
            return null;
        }

        try
        {
            var key = Key;
            var header = JsonNode.Parse(Base64Url.DecodeFromChars(parts[0]));
            if (header.Text("alg") != "RS256" || header.Text("kid") != key.Id)
            {
                return null;
            }

            lock (key.Rsa)
            {
                return key.Rsa.VerifyData(
                    System.Text.Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"),
                    Base64Url.DecodeFromChars(parts[2]),
                    HashAlgorithmName.SHA256,
                    RSASignaturePadding.Pkcs1
                )
                    ? JsonNode.Parse(Base64Url.DecodeFromChars(parts[1])) as JsonObject
                    : null;
            }
        }
        catch (Exception error) when (error is FormatException or JsonException)
        {
            return null;
        }
    }

    /// <summary>The public key as a JSON Web Key Set.</summary>
    public JsonObject Jwks()
    {
        var key = Key;
        var parameters = key.Rsa.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["keys"] = new JsonArray(
                new JsonObject
                {
                    ["use"] = "sig",
                    ["kty"] = "RSA",
                    ["kid"] = key.Id,
                    ["alg"] = "RS256",
                    ["n"] = Base64Url.EncodeToString(parameters.Modulus),
                    ["e"] = Base64Url.EncodeToString(parameters.Exponent),
                }
            ),
        };
    }

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(json));

    private sealed class SigningKey : IDisposable
    {
        // Creating one takes a third of a second. So it is created when it is needed, and one that a cluster of this process no
        // longer needs serves the next: no two have the same at a time.
        private static readonly ConcurrentBag<RSA> Free = [];

        private readonly Lazy<RSA> _rsa = new(() => Free.TryTake(out var rsa) ? rsa : RSA.Create(2048));

        private bool _isDisposed;

        public RSA Rsa => _rsa.Value;

        /// <summary>The SHA-256 of the public key in DER, as in the API server.</summary>
        public string Id => field ??= Base64Url.EncodeToString(SHA256.HashData(Rsa.ExportSubjectPublicKeyInfo()));

        public void Dispose()
        {
            if (!Interlocked.Exchange(ref _isDisposed, true) && _rsa.IsValueCreated)
            {
                Free.Add(_rsa.Value);
            }
        }
    }
}
