namespace Federation.WebIdentity;

/// <summary>Whether a token is signed by a key of an issuer.</summary>
public static class TokenSignature
{
    /// <returns>
    /// Null if that is unknown: the text is not a token, or it is another issuer's, or none of the keys is the one that it names.
    /// </returns>
    public static bool? Holds(string text, string issuer, IReadOnlyList<IssuerKey> keys) =>
        !WebIdentityToken.TryParse(text, out var token, out _) || token.Issuer != issuer
            ? null
            : IssuerKeySelection.Verify(token, keys) switch
            {
                SignatureVerdict.Valid => true,
                SignatureVerdict.Invalid => false,
                _ => null,
            };
}
