using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Federation.Sandbox.Aws;

/// <summary>
/// Verifies AWS Signature Version 4 (IAM User Guide, "AWS Signature Version 4 for API requests"; for S3 also
/// "Authenticating Requests" in its API reference): in the Authorization header or in a presigned query.
/// </summary>
internal sealed class SignatureVersion4(AccessKeys keys, TimeProvider time)
{
    private const string Algorithm = "AWS4-HMAC-SHA256";
    private const string UnsignedPayload = "UNSIGNED-PAYLOAD";
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(15);
    private static readonly string EmptyHash = Hex(SHA256.HashData([]));

    /// <summary>
    /// The signer of the request, and its body without the framing of signed chunks; null if it is not signed.
    /// </summary>
    /// <exception cref="AwsException">The signature is not valid; the code is the one of the called service.</exception>
    public SignedRequest? Verify(AwsRequest request)
    {
        var signature = Signature.FromHeader(request) ?? Signature.FromQuery(request);
        if (signature is null)
        {
            return null;
        }

        var isS3 = signature.Service is "s3";
        const string unknownKey = "The AWS Access Key Id you provided does not exist in our records.";
        var key =
            keys.Find(signature.AccessKeyId)
            ?? throw (isS3 ? new AwsException("InvalidAccessKeyId", unknownKey, HttpStatusCode.Forbidden) : InvalidToken());
        if (!FixedTimeEquals(key.SessionToken ?? "", signature.SecurityToken ?? ""))
        {
            throw isS3 ? new AwsException("InvalidToken", "The provided token is malformed or otherwise invalid.") : InvalidToken();
        }

        var now = time.GetUtcNow();
        CheckTime(signature, now, isS3);

        var payloadHash = PayloadHash(request, signature, isS3);
        var signingKey = SigningKey(key.SecretAccessKey, signature);
        var toSign =
            $"{Algorithm}\n{signature.Timestamp}\n{signature.Scope}\n"
            + Hex(SHA256.HashData(Encoding.UTF8.GetBytes(CanonicalRequest(request, signature, payloadHash, isS3))));
        if (!FixedTimeEquals(Hex(HMACSHA256.HashData(signingKey, Encoding.UTF8.GetBytes(toSign))), signature.Value))
        {
            throw Mismatch(isS3);
        }

        if (key.Expires <= now)
        {
            throw isS3
                ? new AwsException("ExpiredToken", "The provided token has expired.")
                : new AwsException("ExpiredToken", "The security token included in the request is expired", HttpStatusCode.Forbidden);
        }

        var body = payloadHash.StartsWith("STREAMING-", StringComparison.Ordinal)
            ? AwsChunked.Decode(request.Body, ChunkVerifier(payloadHash, signature, signingKey))
            : request.Body;
        return new SignedRequest(key.Principal, signature.Service, signature.Region, body);
    }

    private static AwsException InvalidToken() =>
        new("InvalidClientTokenId", "The security token included in the request is invalid.", HttpStatusCode.Forbidden);

    private static void CheckTime(Signature signature, DateTimeOffset now, bool isS3)
    {
        var signed = signature.Time;
        if (signature.Lifetime is { } lifetime)
        {
            if (signed - Skew > now || signed + lifetime < now)
            {
                throw isS3 ? AwsException.AccessDenied("Request has expired") : new AwsException("RequestExpired", "Request has expired.");
            }

            return;
        }

        if ((now - signed).Duration() <= Skew)
        {
            return;
        }

        if (isS3)
        {
            throw new AwsException(
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
                HttpStatusCode.Forbidden
            );
        }

        throw new AwsException(
            "SignatureDoesNotMatch",
            signed < now
                ? $"Signature expired: {Stamp(signed)} is now earlier than {Stamp(now - Skew)} ({Stamp(now)} - 15 min.)"
                : $"Signature not yet current: {Stamp(signed)} is still later than {Stamp(now + Skew)} ({Stamp(now)} + 15 min.)",
            HttpStatusCode.Forbidden
        );
    }

    /// <summary>The last line of the canonical request: the body's hash, for S3 as it was declared.</summary>
    private static string PayloadHash(AwsRequest request, Signature signature, bool isS3)
    {
        var declared = request.Headers["x-amz-content-sha256"].ToString();
        if (!isS3)
        {
            return Hex(SHA256.HashData(request.Body));
        }

        if (declared.Length == 0)
        {
            return signature.Lifetime is null ? EmptyHash : UnsignedPayload;
        }

        if (
            declared is not UnsignedPayload
            && !declared.StartsWith("STREAMING-", StringComparison.Ordinal)
            && !string.Equals(declared, Hex(SHA256.HashData(request.Body)), StringComparison.OrdinalIgnoreCase)
        )
        {
            throw new AwsException(
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed."
            );
        }

        return declared;
    }

    private static string CanonicalRequest(AwsRequest request, Signature signature, string payloadHash, bool isS3)
    {
        // S3 signs the path as sent, every other service signs it encoded once more.
        var path = string.Join(
            '/',
            request
                .RawPath.Split('/')
                .Select(segment =>
                {
                    var encoded = Uri.EscapeDataString(Uri.UnescapeDataString(segment));
                    return isS3 ? encoded : Uri.EscapeDataString(encoded);
                })
        );
        var query = string.Join(
            '&',
            request
                .Query.Where(pair => pair.Key is not "X-Amz-Signature")
                .Select(pair => (Name: Uri.EscapeDataString(pair.Key), Value: Uri.EscapeDataString(pair.Value)))
                .OrderBy(pair => pair.Name, StringComparer.Ordinal)
                .ThenBy(pair => pair.Value, StringComparer.Ordinal)
                .Select(pair => $"{pair.Name}={pair.Value}")
        );
        var headers = string.Concat(
            signature.SignedHeaders.Select(name =>
                $"{name}:{string.Join(',', request.Headers[name].Select(value => Condense(value ?? "")))}\n"
            )
        );
        return $"{request.Method}\n{path}\n{query}\n{headers}\n{string.Join(';', signature.SignedHeaders)}\n{payloadHash}";
    }

    private static AwsChunked.Verifier? ChunkVerifier(string payloadHash, Signature signature, byte[] signingKey)
    {
        if (!payloadHash.StartsWith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", StringComparison.Ordinal))
        {
            return null;
        }

        var previous = signature.Value;
        return (chunk, isTrailer, claimed) =>
        {
            var (kind, hash) = isTrailer ? ("TRAILER", "") : ("PAYLOAD", EmptyHash + "\n");
            var toSign =
                $"{Algorithm}-{kind}\n{signature.Timestamp}\n{signature.Scope}\n{previous}\n{hash}{Hex(SHA256.HashData(chunk.Span))}";
            previous = Hex(HMACSHA256.HashData(signingKey, Encoding.UTF8.GetBytes(toSign)));
            if (!FixedTimeEquals(previous, claimed))
            {
                throw Mismatch(isS3: true);
            }
        };
    }

    private static AwsException Mismatch(bool isS3) =>
        new(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
                + (
                    isS3
                        ? "Check your key and signing method."
                        : "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
                ),
            HttpStatusCode.Forbidden
        );

    private static byte[] SigningKey(string secret, Signature signature)
    {
        var key = Encoding.UTF8.GetBytes("AWS4" + secret);
        foreach (var part in (string[])[signature.Date, signature.Region, signature.Service, "aws4_request"])
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        }

        return key;
    }

    private static string Condense(string value) => string.Join(' ', value.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static string Stamp(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static bool FixedTimeEquals(string one, string other) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));

    /// <summary>The parts of a signature, from the header or the query.</summary>
    private sealed record Signature(
        string AccessKeyId,
        string Date,
        string Region,
        string Service,
        string Timestamp,
        DateTimeOffset Time,
        IReadOnlyList<string> SignedHeaders,
        string Value,
        string? SecurityToken,
        TimeSpan? Lifetime
    )
    {
        public string Scope => $"{Date}/{Region}/{Service}/aws4_request";

        public static Signature? FromHeader(AwsRequest request)
        {
            var authorization = request.Headers.Authorization.ToString();
            if (authorization.Length == 0)
            {
                return null;
            }

            if (!authorization.StartsWith(Algorithm + " ", StringComparison.Ordinal))
            {
                throw Incomplete($"Unsupported authorization type: {authorization.Split(' ')[0]}.");
            }

            var parts = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var part in authorization[Algorithm.Length..].Split(',', StringSplitOptions.TrimEntries))
            {
                var equals = part.IndexOf('=', StringComparison.Ordinal);
                if (equals > 0)
                {
                    parts[part[..equals]] = part[(equals + 1)..];
                }
            }

            return Create(
                parts.GetValueOrDefault("Credential"),
                request.Headers["x-amz-date"].ToString(),
                parts.GetValueOrDefault("SignedHeaders"),
                parts.GetValueOrDefault("Signature"),
                request.Headers["x-amz-security-token"].ToString(),
                lifetime: null
            );
        }

        public static Signature? FromQuery(AwsRequest request)
        {
            if (request.Parameter("X-Amz-Algorithm") is not Algorithm)
            {
                return null;
            }

            // Seven days at most, by the documentation of presigned URLs.
            if (
                !int.TryParse(request.Parameter("X-Amz-Expires"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
                || seconds is 0 or > 604_800
            )
            {
                throw new AwsException(
                    "AuthorizationQueryParametersError",
                    "X-Amz-Expires must be a number of seconds between 1 and 604800"
                );
            }

            return Create(
                request.Parameter("X-Amz-Credential"),
                request.Parameter("X-Amz-Date"),
                request.Parameter("X-Amz-SignedHeaders"),
                request.Parameter("X-Amz-Signature"),
                request.Parameter("X-Amz-Security-Token"),
                TimeSpan.FromSeconds(seconds)
            );
        }

        private static Signature Create(
            string? credential,
            string? timestamp,
            string? signedHeaders,
            string? value,
            string? securityToken,
            TimeSpan? lifetime
        )
        {
            var scope = (credential ?? "").Split('/');
            if (scope.Length != 5 || scope[4] is not "aws4_request" || string.IsNullOrEmpty(signedHeaders) || string.IsNullOrEmpty(value))
            {
                throw Incomplete(
                    "Authorization requires 'Credential' (of KEY/DATE/REGION/SERVICE/aws4_request), 'SignedHeaders' and 'Signature'."
                );
            }

            if (
                !DateTimeOffset.TryParseExact(
                    timestamp,
                    "yyyyMMdd'T'HHmmss'Z'",
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.AssumeUniversal,
                    out var time
                ) || !timestamp.StartsWith(scope[1], StringComparison.Ordinal)
            )
            {
                throw Incomplete("Authorization requires an 'X-Amz-Date' of the day that its credential scope names.");
            }

            var names = signedHeaders.Split(';');
            if (!names.Contains("host", StringComparer.Ordinal))
            {
                throw Incomplete("'Host' must be a 'SignedHeader' in the AWS Authorization.");
            }

            return new Signature(scope[0], scope[1], scope[2], scope[3], timestamp, time, names, value, securityToken, lifetime);
        }

        private static AwsException Incomplete(string message) => new("IncompleteSignature", message);
    }
}

/// <summary>A request whose signature is valid.</summary>
internal sealed record SignedRequest(AwsPrincipal Principal, string Service, string Region, byte[] Body);
