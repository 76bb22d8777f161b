namespace Federation.WebIdentity;

/// <summary>
/// The name by which IAM knows an issuer: its URL without <c>https://</c>. Compared exactly: with a slash at the end or in
/// another case it is another provider (recorded behaviour of IAM and STS).
/// </summary>
public static class ProviderUrl
{
    /// <summary>Google's own issuer, which AWS trusts without a provider in the account.</summary>
    public const string Google = "accounts.google.com";

    private const string Scheme = "https://";

    /// <summary>The provider URL of an <c>iss</c> claim; null if no provider can have it, since IAM takes only https.</summary>
    public static string? OfIssuer(string issuer)
    {
        ArgumentNullException.ThrowIfNull(issuer);
        return issuer.StartsWith(Scheme, StringComparison.Ordinal) && issuer.Length > Scheme.Length ? issuer[Scheme.Length..]
            : issuer is Google ? Google
            : null;
    }

    /// <summary>Whether a provider, as IAM returns its URL, is that of an <c>iss</c> claim.</summary>
    public static bool Matches(string providerUrl, string issuer) =>
        OfIssuer(issuer) is { } url && string.Equals(url, providerUrl, StringComparison.Ordinal);

    /// <summary>Google issues tokens under either spelling of its name.</summary>
    public static bool IsGoogle(string issuer) => issuer is Google or Scheme + Google;

    /// <summary>The ARN of the provider for an issuer in an account.</summary>
    public static string Arn(string partition, string account, string providerUrl) =>
        $"arn:{partition}:iam::{account}:oidc-provider/{providerUrl}";
}
