using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Federation.Findings;

namespace Federation.WebIdentity;

/// <summary>Why a text is not a JSON Web Token that STS accepts.</summary>
public enum TokenDefect
{
    None,

    Empty,

    /// <summary>The path of a token's file instead of its content.</summary>
    Path,

    /// <summary>A token that was base64-encoded again.</summary>
    Base64,

    /// <summary>A token with white space around it, such as the line break of a hand-written file.</summary>
    SurroundingWhiteSpace,

    /// <summary>An access token or another text without a JWT's three parts.</summary>
    Opaque,

    /// <summary>Three parts, one of which is not base64url.</summary>
    NotBase64Url,

    /// <summary>Header or claims are not a JSON object.</summary>
    NotJson,

    /// <summary>The header requires an extension (<c>crit</c>); STS supports none.</summary>
    CriticalHeader,
}

/// <summary>The result of reading a time claim.</summary>
internal enum TimeClaim
{
    Absent,
    Valid,
    Invalid,
}

/// <summary>
/// A parsed JSON Web Token (RFC 7519); its signature is not verified. If a member is given twice the last one counts, as
/// for STS. The signature is not accessible from outside, and <see cref="ToString"/> does not show it.
/// </summary>
public sealed class WebIdentityToken
{
    private static readonly SearchValues<char> Base64UrlCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    );

    private WebIdentityToken(JsonElement header, JsonElement claims, byte[] signedBytes, byte[] signature)
    {
        Algorithm = TextOf(header, "alg");
        KeyId = TextOf(header, "kid");
        Claims = claims;
        SignedBytes = signedBytes;
        Signature = signature;
        Issuer = Text("iss");
        Subject = Text("sub");
        AuthorizedParty = Text("azp");
        Audiences = List("aud");
        AuthenticationMethods = List("amr");
        ExpiresAt = Time("exp", out _);
        IssuedAt = Time("iat", out _);
        NotBefore = Time("nbf", out _);
    }

    /// <summary>The header's <c>alg</c>.</summary>
    public string? Algorithm { get; }

    /// <summary>The header's <c>kid</c>.</summary>
    public string? KeyId { get; }

    /// <summary>All claims, as they are.</summary>
    public JsonElement Claims { get; }

    public string? Issuer { get; }

    /// <summary>A number is read as its digits, as STS does.</summary>
    public string? Subject { get; }

    /// <summary>The <c>aud</c> claim, which may be one text or a list.</summary>
    public IReadOnlyList<string> Audiences { get; }

    /// <summary>The <c>azp</c> claim; if the token has it, STS checks it instead of the audience.</summary>
    public string? AuthorizedParty { get; }

    public DateTimeOffset? ExpiresAt { get; }

    public DateTimeOffset? IssuedAt { get; }

    public DateTimeOffset? NotBefore { get; }

    /// <summary>The <c>amr</c> claim.</summary>
    public IReadOnlyList<string> AuthenticationMethods { get; }

    internal byte[] SignedBytes { get; }

    internal byte[] Signature { get; }

    /// <summary>Parses a token; its signature, times and audience are not checked.</summary>
    /// <param name="defect">What is wrong with it if it is not a token.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out WebIdentityToken? token, out TokenDefect defect)
    {
        token = null;
        if (string.IsNullOrWhiteSpace(text))
        {
            defect = TokenDefect.Empty;
            return false;
        }

        defect = Parse(text, out token);
        if (defect is not (TokenDefect.None or TokenDefect.CriticalHeader))
        {
            defect = Explain(text, defect);
        }

        return defect is TokenDefect.None;
    }

    /// <summary>The claims that distinguish tokens; never the signature.</summary>
    public override string ToString() =>
        $"JWT {Algorithm ?? "without alg"}, kid {KeyId ?? "none"}: iss {Issuer ?? "none"}, sub {Subject ?? "none"}, aud "
        + $"{string.Join(", ", Audiences)}, exp {(ExpiresAt is { } expires ? Wording.Moment(expires) : "none")}";

    internal bool Has(string claim) => Claims.TryGetProperty(claim, out _);

    // Whole seconds since 1970, as a number or a text of digits.
    internal DateTimeOffset? Time(string claim, out TimeClaim state)
    {
        state = TimeClaim.Absent;
        if (!Claims.TryGetProperty(claim, out var value))
        {
            return null;
        }

        state = TimeClaim.Invalid;
        long seconds;
        var whole = value.ValueKind switch
        {
            JsonValueKind.Number => value.TryGetInt64(out seconds),
            JsonValueKind.String => long.TryParse(
                value.GetString(),
                NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out seconds
            ),
            _ => Unset(out seconds),
        };
        if (!whole || seconds is < -62_135_596_800 or > 253_402_300_799)
        {
            return null;
        }

        state = TimeClaim.Valid;
        return DateTimeOffset.FromUnixTimeSeconds(seconds);

        static bool Unset(out long seconds)
        {
            seconds = 0;
            return false;
        }
    }

    private static TokenDefect Parse(ReadOnlySpan<char> text, out WebIdentityToken? token)
    {
        token = null;
        Span<Range> parts = stackalloc Range[4];
        if (text.Split(parts, '.') != 3)
        {
            return TokenDefect.Opaque;
        }

        if (
            !TryDecode(text[parts[0]], out var header)
            || !TryDecode(text[parts[1]], out var claims)
            || !TryDecode(text[parts[2]], out var signature)
        )
        {
            return TokenDefect.NotBase64Url;
        }

        if (!TryReadObject(header, out var headerObject) || !TryReadObject(claims, out var claimsObject))
        {
            return TokenDefect.NotJson;
        }

        var signed = new byte[parts[1].End.Value];
        Encoding.ASCII.GetBytes(text[..signed.Length], signed);
        try
        {
            if (headerObject.TryGetProperty("crit", out _))
            {
                return TokenDefect.CriticalHeader;
            }

            token = new WebIdentityToken(headerObject, claimsObject, signed, signature);
            return TokenDefect.None;
        }
        catch (InvalidOperationException)
        {
            // A text or a name escapes half a surrogate pair, which is noticed only when it is read.
            return TokenDefect.NotJson;
        }
    }

    // The same refusal by STS has several common causes, which the form of the text distinguishes.
    private static TokenDefect Explain(string text, TokenDefect defect)
    {
        var trimmed = text.Trim();
        if (trimmed.Length != text.Length && Parse(trimmed, out _) is TokenDefect.None)
        {
            return TokenDefect.SurroundingWhiteSpace;
        }

        if (
            trimmed.Contains('/', StringComparison.Ordinal)
            && !trimmed.Contains('+', StringComparison.Ordinal)
            && !trimmed.Contains('=', StringComparison.Ordinal)
            && (
                trimmed[0] is '/' or '.' or '~'
                || trimmed.StartsWith("file:", StringComparison.OrdinalIgnoreCase)
                || trimmed.Contains("token", StringComparison.OrdinalIgnoreCase)
            )
        )
        {
            return TokenDefect.Path;
        }

        if (trimmed.Length > 3 && char.IsAsciiLetter(trimmed[0]) && trimmed[1] == ':' && trimmed[2] is '\\' or '/')
        {
            return TokenDefect.Path;
        }

        Span<byte> decoded = new byte[trimmed.Length];
        if (
            defect is TokenDefect.Opaque
            && Convert.TryFromBase64String(trimmed, decoded, out var length)
            && Parse(Encoding.UTF8.GetString(decoded[..length]).AsSpan().Trim(), out _) is TokenDefect.None
        )
        {
            return TokenDefect.Base64;
        }

        return defect;
    }

    private static bool TryDecode(ReadOnlySpan<char> part, out byte[] bytes)
    {
        // The decoder would accept white space and padding, which a JWT must not have (RFC 7515, 2).
        if (part.ContainsAnyExcept(Base64UrlCharacters))
        {
            bytes = [];
            return false;
        }

        bytes = new byte[Base64Url.GetMaxDecodedLength(part.Length)];
        if (Base64Url.DecodeFromChars(part, bytes, out _, out var written) is not OperationStatus.Done)
        {
            return false;
        }

        Array.Resize(ref bytes, written);
        return true;
    }

    private static bool TryReadObject(byte[] json, out JsonElement element)
    {
        // The parser checks the encoding only when a text is read.
        if (!Utf8.IsValid(json))
        {
            element = default;
            return false;
        }

        try
        {
            element = JsonElement.Parse(json);
            return element.ValueKind is JsonValueKind.Object;
        }
        catch (JsonException)
        {
            element = default;
            return false;
        }
    }

    private static string? TextOf(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) ? TextOf(value) : null;

    private static string? TextOf(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.GetRawText(),
            _ => null,
        };

    private string? Text(string claim) => TextOf(Claims, claim);

    private string[] List(string claim)
    {
        if (!Claims.TryGetProperty(claim, out var value))
        {
            return [];
        }

        return value.ValueKind is JsonValueKind.Array ? [.. value.EnumerateArray().Select(item => TextOf(item) ?? item.GetRawText())]
            : TextOf(value) is { } text ? [text]
            : [];
    }
}
