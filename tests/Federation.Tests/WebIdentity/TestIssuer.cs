using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Federation.WebIdentity;

namespace Federation.Tests.WebIdentity;

/// <summary>An issuer with its own keys, which signs any claims.</summary>
internal sealed class TestIssuer
{
    // Created once, because generating an RSA key is slow.
    public static readonly TestIssuer Cluster = new("key-1");
    public static readonly TestIssuer Stranger = new("key-1");

    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ECDsa _p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    private readonly ECDsa _p521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);
    private readonly string _keyId;

    private TestIssuer(string keyId) => _keyId = keyId;

    public IssuerKey Key(string? keyId, string algorithm = "RS256")
    {
        if (algorithm.StartsWith("RS", StringComparison.Ordinal))
        {
            var rsa = _rsa.ExportParameters(includePrivateParameters: false);
            return new IssuerKey(keyId, "RSA")
            {
                Algorithm = algorithm,
                Use = "sig",
                Modulus = Base64Url.EncodeToString(rsa.Modulus),
                Exponent = Base64Url.EncodeToString(rsa.Exponent),
            };
        }

        var (key, curve) = Elliptic(algorithm);
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return new IssuerKey(keyId, "EC")
        {
            Algorithm = algorithm,
            Use = "sig",
            Curve = curve,
            X = Base64Url.EncodeToString(point.X),
            Y = Base64Url.EncodeToString(point.Y),
        };
    }

    public IssuerKeys Keys => new IssuerKeys.Published([Key(_keyId)]);

    /// <summary>Signs claims given as JSON, so that a test can also give what no serializer would write.</summary>
    public string Sign(string claims, string? header = null, string algorithm = "RS256")
    {
        header ??= new JsonObject
        {
            ["alg"] = algorithm,
            ["kid"] = _keyId,
            ["typ"] = "JWT",
        }.ToJsonString();
        var signed = $"{Encode(header)}.{Encode(claims)}";
        var bytes = Encoding.ASCII.GetBytes(signed);
        var hash = algorithm[2..] switch
        {
            "384" => HashAlgorithmName.SHA384,
            "512" => HashAlgorithmName.SHA512,
            _ => HashAlgorithmName.SHA256,
        };
        var signature = algorithm.StartsWith("ES", StringComparison.Ordinal)
            ? Elliptic(algorithm).Key.SignData(bytes, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)
            : _rsa.SignData(bytes, hash, RSASignaturePadding.Pkcs1);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    public string Sign(JsonObject claims) => Sign(claims.ToJsonString());

    private (ECDsa Key, string Curve) Elliptic(string algorithm) =>
        algorithm switch
        {
            "ES384" => (_p384, "P-384"),
            "ES512" => (_p521, "P-521"),
            _ => (_p256, "P-256"),
        };

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
