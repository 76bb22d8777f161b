using System.Collections.Immutable;
using Amazon.IdentityManagement.Model;
using Federation.Calls;
using Federation.Configuration;
using Federation.Findings;
using Federation.Policies;
using Federation.Resources;

namespace Federation.Aws;

/// <summary>An OIDC provider as IAM has it.</summary>
/// <param name="Url">Without <c>https://</c>, as IAM returns it.</param>
internal sealed record LiveProvider(
    string Arn,
    string Url,
    IReadOnlyList<string> ClientIds,
    IReadOnlyList<string> Thumbprints,
    ImmutableSortedDictionary<string, string> Tags
);

/// <summary>
/// Reads the OIDC providers of one account, for planning and for diagnosis. Each, and their listing, is read once in a run
/// until it is written; IAM's answers lag behind writes, so from then on it is read whenever it is asked for.
/// </summary>
internal sealed class ProviderReader
{
    private readonly AwsAccount _account;
    private readonly Readings<string, LiveProvider> _providers;
    private readonly Readings<Account, IReadOnlyList<string>> _listing;

    public ProviderReader(AwsAccount account)
    {
        _account = account;
        _providers = new(GetAsync, StringComparer.Ordinal);
        _listing = new((_, cancellationToken) => ReadListingAsync(cancellationToken));
    }

    /// <summary>Null if there is none.</summary>
    /// <exception cref="FindingException">It could not be read.</exception>
    public Task<LiveProvider?> FindAsync(string arn, CancellationToken cancellationToken) => _providers.GetAsync(arn, cancellationToken);

    /// <summary>The ARNs of all providers of the account.</summary>
    /// <exception cref="FindingException">They could not be listed.</exception>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) =>
        await _listing.GetAsync(_account.Account, cancellationToken) ?? [];

    /// <summary>To be called before the provider is written.</summary>
    public void WillWrite(string arn)
    {
        _providers.ReadEachTime(arn);
        _listing.ReadEachTime(_account.Account);
    }

    private async Task<LiveProvider?> GetAsync(string arn, CancellationToken cancellationToken)
    {
        var request = new GetOpenIDConnectProviderRequest { OpenIDConnectProviderArn = arn };
        var found = await _account.FindAsync(
            "iam:GetOpenIDConnectProvider",
            ResourceId.Aws(_account.Account.Id, ResourceKind.Provider, ProviderArn.UrlOf(arn)),
            (iam, token) => iam.GetOpenIDConnectProviderAsync(request, token),
            cancellationToken
        );
        return found is null
            ? null
            : new LiveProvider(arn, found.Url, found.ClientIDList ?? [], found.ThumbprintList ?? [], IamTags.Of(found.Tags));
    }

    private async Task<IReadOnlyList<string>?> ReadListingAsync(CancellationToken cancellationToken)
    {
        var listed = await _account.CallAsync(
            "iam:ListOpenIDConnectProviders",
            ResourceId.Aws(_account.Account.Id, ResourceKind.Provider, "*"),
            (iam, token) => iam.ListOpenIDConnectProvidersAsync(new(), token),
            cancellationToken
        );
        return [.. (listed.OpenIDConnectProviderList ?? []).Select(entry => entry.Arn)];
    }
}

/// <summary>The ARNs of OIDC providers.</summary>
internal static class ProviderArn
{
    private const string Kind = ":oidc-provider/";

    /// <summary>The provider's URL, without <c>https://</c>.</summary>
    public static string UrlOf(string arn) => arn[(arn.IndexOf(Kind, StringComparison.Ordinal) + Kind.Length)..];

    public static bool Is(string principal) => principal.Contains(Kind, StringComparison.Ordinal);

    /// <summary>
    /// Whether a trust policy names the provider anywhere, even in a statement that cannot be read or in a Deny: whoever wrote
    /// that counts on the provider.
    /// </summary>
    public static bool IsIn(string trustPolicy, string arn)
    {
        try
        {
            return LiveTrust
                .Parse(trustPolicy)
                .Statements.Any(statement => statement.Json.Contains($"\"{arn}\"", StringComparison.OrdinalIgnoreCase));
        }
        catch (PolicyFormatException)
        {
            return trustPolicy.Contains(arn, StringComparison.OrdinalIgnoreCase);
        }
    }
}
