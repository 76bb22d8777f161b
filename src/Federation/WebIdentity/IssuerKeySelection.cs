using System.Buffers.Text;
using System.Security.Cryptography;

namespace Federation.WebIdentity;

/// <summary>The result of verifying a token's signature with an issuer's keys.</summary>
internal enum SignatureVerdict
{
    Valid,
    Invalid,
    KeyUnavailable,
    AlgorithmUnsupported,
}

/// <summary>
/// Picks the key and verifies, as STS was recorded to do: only keys with a <c>kid</c> count, and of two with the same
/// one the later; <c>use: enc</c> or any <c>key_ops</c> makes a key unusable; a token without <c>kid</c> needs exactly
/// one usable key; more than 100 RSA (or EC) keys make all of that type unusable. The token's <c>alg</c> decides about
/// the algorithm, the key's own does not.
/// </summary>
internal static class IssuerKeySelection
{
    private const int MostKeysOfOneType = 100;

    /// <summary>Whether STS accepts tokens with this <c>alg</c>.</summary>
    public static bool Supports(string? algorithm) => Scheme(algorithm) is not null;

    /// <param name="seen">What is known of the signature if the token has none; null: it has one.</param>
    public static SignatureVerdict Verify(WebIdentityToken token, IReadOnlyList<IssuerKey> keys, SeenSignature? seen = null)
    {
        if (Scheme(token.Algorithm) is not { } scheme)
        {
            return SignatureVerdict.AlgorithmUnsupported;
        }

        if (Select(token.KeyId, keys) is not { } key || !string.Equals(key.KeyType, scheme.KeyType, StringComparison.Ordinal))
        {
            return SignatureVerdict.KeyUnavailable;
        }

        if (seen is not null)
        {
            return seen is SeenSignature.Invalid ? SignatureVerdict.Invalid : SignatureVerdict.Valid;
        }

        try
        {
            var valid = scheme.Curve is null ? VerifyRsa(token, key, scheme.Hash) : VerifyElliptic(token, key, scheme);
            return valid switch
            {
                true => SignatureVerdict.Valid,
                false => SignatureVerdict.Invalid,
                null => SignatureVerdict.KeyUnavailable,
            };
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            // The JWKS contains something that is not a key.
            return SignatureVerdict.KeyUnavailable;
        }
    }

    private static IssuerKey? Select(string? keyId, IReadOnlyList<IssuerKey> keys)
    {
        IssuerKey? found = null;
        var usable = 0;
        for (var i = keys.Count - 1; i >= 0; i--)
        {
            var key = keys[i];
            if (
                string.IsNullOrEmpty(key.KeyId)
                || (keyId is not null && !string.Equals(key.KeyId, keyId, StringComparison.Ordinal))
                || IsReplaced(keys, i)
            )
            {
                continue;
            }

            if (!IsUsable(key) || IsCrowdedOut(key, keys))
            {
                continue;
            }

            found = key;
            usable++;
        }

        return usable == 1 ? found : null;
    }

    private static bool IsReplaced(IReadOnlyList<IssuerKey> keys, int index)
    {
        for (var later = index + 1; later < keys.Count; later++)
        {
            if (string.Equals(keys[later].KeyId, keys[index].KeyId, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsUsable(IssuerKey key) => key is { HasKeyOperations: false, Use: null or "sig" };

    private static bool IsCrowdedOut(IssuerKey key, IReadOnlyList<IssuerKey> keys) =>
        keys.Count > MostKeysOfOneType
        && keys.Count(other => string.Equals(other.KeyType, key.KeyType, StringComparison.Ordinal)) > MostKeysOfOneType;

    private static bool? VerifyRsa(WebIdentityToken token, IssuerKey key, HashAlgorithmName hash)
    {
        if (key is not { Modulus: { } modulus, Exponent: { } exponent })
        {
            return null;
        }

        using var rsa = RSA.Create(
            new RSAParameters { Modulus = Base64Url.DecodeFromChars(modulus), Exponent = Base64Url.DecodeFromChars(exponent) }
        );
        return rsa.VerifyData(token.SignedBytes, token.Signature, hash, RSASignaturePadding.Pkcs1);
    }

    private static bool? VerifyElliptic(WebIdentityToken token, IssuerKey key, SigningScheme scheme)
    {
        if (key is not { X: { } x, Y: { } y } || !string.Equals(key.Curve, scheme.Curve, StringComparison.Ordinal))
        {
            return null;
        }

        using var ecdsa = ECDsa.Create(
            new ECParameters
            {
                Curve = scheme.Curve switch
                {
                    "P-256" => ECCurve.NamedCurves.nistP256,
                    "P-384" => ECCurve.NamedCurves.nistP384,
                    _ => ECCurve.NamedCurves.nistP521,
                },
                Q = new ECPoint { X = Base64Url.DecodeFromChars(x), Y = Base64Url.DecodeFromChars(y) },
            }
        );
        return ecdsa.VerifyData(token.SignedBytes, token.Signature, scheme.Hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private static SigningScheme? Scheme(string? algorithm) =>
        algorithm switch
        {
            "RS256" => new SigningScheme("RSA", HashAlgorithmName.SHA256, Curve: null),
            "RS384" => new SigningScheme("RSA", HashAlgorithmName.SHA384, Curve: null),
            "RS512" => new SigningScheme("RSA", HashAlgorithmName.SHA512, Curve: null),
            "ES256" => new SigningScheme("EC", HashAlgorithmName.SHA256, "P-256"),
            "ES384" => new SigningScheme("EC", HashAlgorithmName.SHA384, "P-384"),
            "ES512" => new SigningScheme("EC", HashAlgorithmName.SHA512, "P-521"),
            _ => null,
        };

    private readonly record struct SigningScheme(string KeyType, HashAlgorithmName Hash, string? Curve);
}
