using System.Xml.Linq;
using Federation.Issuers;
using Federation.Sandbox.Hosting;

namespace Federation.Sandbox.Aws;

/// <summary>The operations on OIDC providers.</summary>
internal sealed class IamProviders(TimeProvider time, IssuerTransport issuers)
{
    /// <summary>
    /// The thumbprint for a provider that is created without one, read from the issuer's TLS chain; null where one was given.
    /// </summary>
    public async Task<string?> FetchThumbprintAsync(QueryParameters parameters, CancellationToken cancellationToken)
    {
        if (parameters.List("ThumbprintList").Count != 0)
        {
            return null;
        }

        var url = Url(parameters);
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(IssuerTransport.Timeout);
            return (await issuers.ServedChainAsync(url.Split('/')[0], 443, timeout.Token))[^1];
        }
        catch (Exception exception)
            when (exception is HttpRequestException
                || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            throw new AwsException(
                "OpenIdIdpCommunicationError",
                $"Unable to communicate with the OpenID Connect identity provider https://{url}: {exception.Message}"
            );
        }
    }

    public XElement[] Create(AwsAccount account, QueryParameters parameters, string? fetchedThumbprint)
    {
        var url = Url(parameters);
        var clientIds = parameters.List("ClientIDList", 1, 255).Distinct(StringComparer.Ordinal).ToList();
        var thumbprints = parameters.List("ThumbprintList", 40, 40);
        var provider = new IamProvider(account.ProviderArn(url), url, time.GetUtcNow())
        {
            ClientIds = clientIds,
            Thumbprints = fetchedThumbprint is null ? thumbprints : [fetchedThumbprint],
            Tags = parameters.Tags(),
        };
        CheckThumbprints(provider.Thumbprints);
        CheckClientIds(clientIds);
        if (account.Providers.ContainsKey(provider.Arn))
        {
            throw AwsException.AlreadyExists($"Provider with url https://{url} already exists.");
        }

        if (account.Providers.Count >= IamLimits.ProvidersPerAccount)
        {
            throw AwsException.LimitExceeded($"Cannot exceed quota for OpenIdConnectProvidersPerAccount: {IamLimits.ProvidersPerAccount}");
        }

        account.Providers.Add(provider.Arn, provider);
        return [new XElement("OpenIDConnectProviderArn", provider.Arn), IamTags.Describe(provider.Tags)];
    }

    public static XElement[] Get(AwsAccount account, QueryParameters parameters)
    {
        var provider = Find(account, parameters);
        return
        [
            new XElement("Url", provider.Url),
            new XElement("ClientIDList", provider.ClientIds.Select(id => new XElement("member", id))),
            new XElement("ThumbprintList", provider.Thumbprints.Select(thumbprint => new XElement("member", thumbprint))),
            new XElement("CreateDate", Moment.Seconds(provider.Created)),
            IamTags.Describe(provider.Tags),
        ];
    }

    public static XElement[] List(AwsAccount account) =>
        [new XElement("OpenIDConnectProviderList", account.Providers.Keys.Select(arn => new XElement("member", new XElement("Arn", arn))))];

    /// <summary>Although the API reference calls this idempotent, the live service answers NoSuchEntity.</summary>
    public static XElement[]? Delete(AwsAccount account, QueryParameters parameters)
    {
        var arn = Arn(parameters);
        return account.Providers.Remove(arn) ? null : throw AwsException.NoSuchEntity($"OpenId connect Provider {arn} cannot be found.");
    }

    public static XElement[]? AddClientId(AwsAccount account, QueryParameters parameters)
    {
        var id = parameters.Required("ClientID", 1, 255);
        var provider = Find(account, parameters);
        if (!provider.ClientIds.Contains(id, StringComparer.Ordinal))
        {
            IReadOnlyList<string> ids = [.. provider.ClientIds, id];
            CheckClientIds(ids);
            account.Providers[provider.Arn] = provider with { ClientIds = ids };
        }

        return null;
    }

    public static XElement[]? RemoveClientId(AwsAccount account, QueryParameters parameters)
    {
        var id = parameters.Required("ClientID", 1, 255);
        var provider = Find(account, parameters);
        account.Providers[provider.Arn] = provider with
        {
            ClientIds = [.. provider.ClientIds.Where(known => !string.Equals(known, id, StringComparison.Ordinal))],
        };
        return null;
    }

    public static XElement[]? UpdateThumbprints(AwsAccount account, QueryParameters parameters)
    {
        var thumbprints = parameters.List("ThumbprintList", 40, 40);
        var provider = Find(account, parameters);
        CheckThumbprints(thumbprints);
        account.Providers[provider.Arn] = provider with { Thumbprints = thumbprints };
        return null;
    }

    public static Tagged Tagged(AwsAccount account, QueryParameters parameters)
    {
        var provider = Find(account, parameters);
        return new Tagged(provider.Tags, tags => account.Providers[provider.Arn] = provider with { Tags = tags });
    }

    /// <summary>The provider's URL as IAM stores it: without <c>https://</c>, with the case and the final slash that were given.</summary>
    public static string Url(QueryParameters parameters)
    {
        var text = parameters.Required("Url", 1, 255);
        if (
            !text.StartsWith("https://", StringComparison.Ordinal)
            || !Uri.TryCreate(text, UriKind.Absolute, out var url)
            || url.Host.Length == 0
            || url.UserInfo.Length != 0
        )
        {
            throw AwsException.Validation("Invalid Open ID Connect Provider URL");
        }

        if (text.Contains('?', StringComparison.Ordinal) || text.Contains('#', StringComparison.Ordinal) || url.Port != 443)
        {
            throw AwsException.InvalidInput("Unknown");
        }

        var rest = text["https://".Length..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var (authority, path) = slash < 0 ? (rest, "") : (rest[..slash], rest[slash..]);
        return (authority.EndsWith(":443", StringComparison.Ordinal) ? authority[..^4] : authority) + path;
    }

    public static string Arn(QueryParameters parameters) => parameters.Required("OpenIDConnectProviderArn", 20, 2048);

    private static IamProvider Find(AwsAccount account, QueryParameters parameters)
    {
        var arn = Arn(parameters);
        return account.Providers.GetValueOrDefault(arn)
            ?? throw AwsException.NoSuchEntity($"OpenIDConnect Provider not found for arn {arn}");
    }

    private static void CheckThumbprints(IReadOnlyList<string> thumbprints)
    {
        if (thumbprints.Count == 0)
        {
            throw AwsException.InvalidInput("Thumbprint list must contain at least one entry.");
        }

        // The live text says "fewer than 5"; five are accepted.
        if (thumbprints.Count > IamLimits.Thumbprints)
        {
            throw AwsException.InvalidInput($"Thumbprint list must contain fewer than {IamLimits.Thumbprints} entries.");
        }
    }

    private static void CheckClientIds(IReadOnlyList<string> ids)
    {
        if (ids.Count > IamLimits.ClientIds)
        {
            throw AwsException.LimitExceeded($"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {IamLimits.ClientIds}");
        }
    }
}
