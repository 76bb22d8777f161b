using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Federation.Calls;
using Federation.Findings;

namespace Federation.Issuers;

/// <summary>TLS connections to issuers: where they go, and which certificates are trusted. Host names are always verified.</summary>
/// <param name="connectTo">Called for each connection, because a sandbox's ports are known only when they are open.</param>
/// <param name="anchors">Trust anchors in addition to the system's.</param>
/// <param name="isClosed">Hosts that <paramref name="connectTo"/> does not map cannot be reached.</param>
public sealed class IssuerTransport(Func<ConnectTo> connectTo, X509Certificate2Collection anchors, bool isClosed = false)
{
    /// <summary>AWS gives an issuer five seconds to answer (AWS re:Post, InvalidIdentityToken).</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>The transport to the issuers of these endpoints. A sandbox's reaches nothing but this machine.</summary>
    /// <exception cref="FindingException">
    /// The map or the file of trust anchors cannot be used (FED8013, for each), or a sandbox's map leads to another machine (FED8005).
    /// </exception>
    public static IssuerTransport For(CloudEndpoints endpoints)
    {
        var unusable = new List<Finding>();
        var map = Use(CloudEndpoints.Variables.IssuerConnectTo, endpoints.IssuerConnectTo, ConnectTo.Parse, unusable);
        var anchors = Use(CloudEndpoints.Variables.IssuerAuthority, endpoints.IssuerAuthorityFile, Anchors, unusable);
        if (map is null || anchors is null)
        {
            throw new FindingException(unusable);
        }

        foreach (var host in map.TargetHosts)
        {
            endpoints.Confine(host, CloudEndpoints.Variables.IssuerConnectTo);
        }

        return new IssuerTransport(() => map, anchors, isClosed: endpoints.IsSandbox);
    }

    /// <summary>The certificates of a PEM file; empty without a file.</summary>
    /// <exception cref="FormatException">The file contains no certificate.</exception>
    public static X509Certificate2Collection Anchors(string? file)
    {
        var anchors = new X509Certificate2Collection();
        if (!string.IsNullOrEmpty(file))
        {
            anchors.ImportFromPemFile(file);
            if (anchors.Count == 0)
            {
                throw new FormatException("the file holds no certificate in PEM form");
            }
        }

        return anchors;
    }

    /// <summary>
    /// The SHA-1 thumbprints of the certificates that the host serves, its own first. IAM fills in the last one for a provider
    /// that is created without thumbprints.
    /// </summary>
    /// <exception cref="HttpRequestException">The host could not be reached, or is not trusted.</exception>
    public async Task<IReadOnlyList<string>> ServedChainAsync(string host, int port, CancellationToken cancellationToken)
    {
        using var socket = await ConnectAsync(host, port, cancellationToken);
        IReadOnlyList<string> served = [];
        await using var tls = new SslStream(new NetworkStream(socket), leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = host,
                    RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                    {
                        served = Thumbprints(certificate, chain);
                        return RequireTrust(host, certificate, chain, errors);
                    },
                },
                cancellationToken
            );
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException)
        {
            throw new HttpRequestException(exception.Message, exception);
        }

        return served is [] ? throw new HttpRequestException($"{host} showed no certificate.") : served;
    }

    /// <summary>A client that follows no redirects. Connecting is bounded in time; the caller must bound its requests.</summary>
    /// <param name="seen">Called with each host and the thumbprint of the last certificate of the chain that it served.</param>
    internal HttpClient CreateClient(Action<string, string> seen) =>
        new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                Proxy = new ProxyOfTheUnmapped(connectTo),
                UseProxy = !isClosed,
                ConnectTimeout = CallPolicy.ConnectTimeout,
                ConnectCallback = async (context, cancellationToken) =>
                    new NetworkStream(
                        await ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellationToken),
                        ownsSocket: true
                    ),
                SslOptions =
                {
                    RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
                    {
                        if (sender is SslStream tls && Thumbprints(certificate, chain) is [.., var last])
                        {
                            seen(tls.TargetHostName, last);
                        }

                        return RequireTrust((sender as SslStream)?.TargetHostName, certificate, chain, errors);
                    },
                },
            }
        )
        {
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = 1 << 20,
        };

    private static T? Use<T>(string variable, string? value, Func<string?, T> read, List<Finding> unusable)
        where T : class
    {
        try
        {
            return read(value);
        }
        catch (Exception fault) when (fault is FormatException or IOException or UnauthorizedAccessException or CryptographicException)
        {
            unusable.Add(CloudEndpoints.Variables.Unusable(variable, value ?? "", fault.Message));
            return null;
        }
    }

    /// <summary>ExtraStore has the certificates that the server sent after its own, in order; on some systems also its own.</summary>
    private static IReadOnlyList<string> Thumbprints(X509Certificate? own, X509Chain? chain) =>
        own is null
            ? []
            :
            [
                .. new[] { own.GetCertHashString() }
                    .Concat(chain?.ChainPolicy.ExtraStore.Select(sent => sent.Thumbprint) ?? [])
                    .Distinct(StringComparer.Ordinal)
                    .Select(thumbprint => thumbprint.ToLowerInvariant()),
            ];

    private async Task<Socket> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        var mapped = connectTo().Find(host, port);
        if (mapped is null && isClosed)
        {
            throw new HttpRequestException(
                HttpRequestError.NameResolutionError,
                $"No route to {host}:{port} from the sandbox: {CloudEndpoints.Variables.IssuerConnectTo} does not map it."
            );
        }

        var target = mapped ?? new DnsEndPoint(host, port);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target, cancellationToken);
            return socket;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new HttpRequestException(
                $"{host}:{port}{(mapped is null ? "" : $" (at {target.Host}:{target.Port})")}: {exception.Message}",
                exception
            );
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <returns>Always true: a certificate that is not trusted is an exception that says why.</returns>
    /// <exception cref="CertificateNotTrustedException">It is not trusted; the message says why.</exception>
    private bool RequireTrust(string? host, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        // Another anchor may make the chain valid, but not the name.
        return
            !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
            && certificate is X509Certificate2 leaf
            && IsAnchored(leaf, chain)
            ? true
            : throw CertificateNotTrustedException.Of(host, certificate, chain, errors, anchors.Count == 0 ? null : anchors);
    }

    private bool IsAnchored(X509Certificate2 leaf, X509Chain? chain)
    {
        using var again = new X509Chain();
        again.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        again.ChainPolicy.CustomTrustStore.AddRange(anchors);
        again.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (chain is not null)
        {
            again.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        }

        return anchors.Count > 0 && again.Build(leaf);
    }

    /// <summary>This machine's proxy, except for mapped hosts.</summary>
    private sealed class ProxyOfTheUnmapped(Func<ConnectTo> connectTo) : IWebProxy
    {
        public ICredentials? Credentials
        {
            get => HttpClient.DefaultProxy.Credentials;
            set => throw new NotSupportedException();
        }

        public Uri? GetProxy(Uri destination) => HttpClient.DefaultProxy.GetProxy(destination);

        public bool IsBypassed(Uri host) => connectTo().Find(host.Host, host.Port) is not null || HttpClient.DefaultProxy.IsBypassed(host);
    }
}
