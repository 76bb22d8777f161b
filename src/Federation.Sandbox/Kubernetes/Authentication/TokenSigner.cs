using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes.Authentication;

/// <summary>
/// Signs and verifies the cluster's tokens (JWS compact form, RS256). No library is used because the API server's header has
/// only <c>alg</c> and <c>kid</c>, without <c>typ</c>.
/// </summary>
internal sealed class TokenSigner
{
    // Creating one takes a third of a second, and many a run asks for no token.
    private readonly Lazy<RSA> _key = new(() => RSA.Create(2048));

    /// <summary>The SHA-256 of the public key in DER, as in the API server.</summary>
    public string KeyId => field ??= Base64Url.EncodeToString(SHA256.HashData(_key.Value.ExportSubjectPublicKeyInfo()));

    public string Sign(JsonObject claims)
    {
        var header = new JsonObject { ["alg"] = "RS256", ["kid"] = KeyId };
        var content = $"{Encode(header)}.{Encode(claims)}";
        lock (_key)
        {
            var signature = _key.Value.SignData(
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
            var header = JsonNode.Parse(Base64Url.DecodeFromChars(parts[0]));
            if (header.Text("alg") != "RS256" || header.Text("kid") != KeyId)
            {
                return null;
            }

            lock (_key)
            {
                return _key.Value.VerifyData(
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
        var parameters = _key.Value.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["keys"] = new JsonArray(
                new JsonObject
                {
                    ["use"] = "sig",
                    ["kty"] = "RSA",
                    ["kid"] = KeyId,
                    ["alg"] = "RS256",
                    ["n"] = Base64Url.EncodeToString(parameters.Modulus),
                    ["e"] = Base64Url.EncodeToString(parameters.Exponent),
                }
            ),
        };
    }

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(json));
}
