using System.Collections.Concurrent;
using Federation.Findings;
using Federation.Issuers;

namespace Federation.Aws;

/// <summary>The certificates that issuers' hosts serve; each host is asked once in a run.</summary>
internal sealed class IssuerCertificates(IssuerTransport transport, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Lazy<Task<IReadOnlyList<string>>>> _chains = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The SHA-1 of the last certificate in the chain of the provider's issuer, and never of the host's own certificate, which
    /// is renewed within weeks.
    /// </summary>
    /// <exception cref="FindingException">
    /// The host cannot be reached, is not trusted, or serves only its own certificate (FED8005).
    /// </exception>
    public async Task<string> TopThumbprintAsync(Provider provider, CancellationToken cancellationToken)
    {
        var host = new Uri(provider.Cluster.Issuer).IdnHost;
        try
        {
            var chain = await _chains.GetOrAdd(host, _ => new(() => ReadAsync(host, cancellationToken))).Value;
            return chain is [_, .., var last]
                ? last
                : throw new HttpRequestException("the host serves only its own certificate and none of an authority.");
        }
        catch (HttpRequestException lost)
        {
            throw NoThumbprint(provider, $"the certificates of {host} cannot be read: {lost.Message}", lost);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw NoThumbprint(
                provider,
                $"{host} did not show its certificates within {IssuerTransport.Timeout.TotalSeconds:0} seconds.",
                late
            );
        }
    }

    private async Task<IReadOnlyList<string>> ReadAsync(string host, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(IssuerTransport.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        return await transport.ServedChainAsync(host, 443, either.Token);
    }

    private static FindingException NoThumbprint(Provider provider, string why, Exception inner) =>
        new(
            new Finding
            {
                Code = FindingCodes.EndpointUnreachable,
                Resource = provider.Id.Value,
                Cause = $"accounts.{provider.Account.Key} asks for the issuer's thumbprint (thumbprint: chain), but {why}",
                Fix =
                    $"Give this machine a way to the host, or leave accounts.{provider.Account.Key}.thumbprint out: IAM needs none for a "
                    + "GKE issuer.",
            },
            inner
        );
}
