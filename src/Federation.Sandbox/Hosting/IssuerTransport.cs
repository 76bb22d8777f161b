using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Federation.Sandbox.Hosting;

/// <summary>TLS connections to issuers, through a <see cref="ConnectTo"/> and nowhere else.</summary>
/// <param name="connectTo">Asked at each connection: the sandbox's own ports are known only once they are open.</param>
/// <param name="anchors">Trust anchors beside the system's.</param>
internal sealed class IssuerTransport(Func<ConnectTo> connectTo, X509Certificate2Collection anchors)
{
    /// <summary>AWS gives an issuer five seconds to answer (AWS re:Post, InvalidIdentityToken).</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>A client whose connections are mapped and checked; a host that is not mapped cannot be reached.</summary>
    public HttpClient CreateClient() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        ConnectTimeout = Timeout,
        ConnectCallback = async (context, cancellationToken) =>
            new NetworkStream(await ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellationToken), ownsSocket: true),
        SslOptions = { RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsTrusted(certificate, chain, errors) },
    })
    {
        Timeout = Timeout,
        MaxResponseContentBufferSize = 1 << 20,
    };

    /// <summary>
    /// The SHA-1 thumbprint of the top certificate authority that the host's TLS chain shows: what IAM fills in
    /// for a provider that is made without thumbprints.
    /// </summary>
    /// <exception cref="HttpRequestException">The host could not be reached.</exception>
    public async Task<string> TopAuthorityThumbprintAsync(string host, int port, CancellationToken cancellationToken)
    {
        using var socket = await ConnectAsync(host, port, cancellationToken);
        string? thumbprint = null;
        await using var tls = new SslStream(new NetworkStream(socket), leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = host,
                    RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                    {
                        // ExtraStore holds what the server sent beyond its own certificate, in order.
                        var served = chain?.ChainPolicy.ExtraStore;
                        thumbprint = served is { Count: > 0 } ? served[^1].Thumbprint : certificate?.GetCertHashString();
                        return IsTrusted(certificate, chain, errors);
                    },
                },
                cancellationToken);
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException)
        {
            throw new HttpRequestException(exception.Message, exception);
        }

        return thumbprint?.ToLowerInvariant() ?? throw new HttpRequestException($"{host} showed no certificate.");
    }

    private async Task<Socket> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        var target = connectTo().Find(host, port)
            ?? throw new HttpRequestException($"No route to {host}:{port} from the sandbox: FEDERATION_CONNECT_TO does not map it.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target, cancellationToken);
            return socket;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new HttpRequestException($"{host}:{port} (at {target.Host}:{target.Port}): {exception.Message}", exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private bool IsTrusted(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        // Another anchor may vouch for the chain; nothing makes up for a wrong name.
        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is not X509Certificate2 leaf || anchors.Count == 0)
        {
            return false;
        }

        using var again = new X509Chain();
        again.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        again.ChainPolicy.CustomTrustStore.AddRange(anchors);
        again.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (chain is not null)
        {
            again.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        }

        return again.Build(leaf);
    }
}
