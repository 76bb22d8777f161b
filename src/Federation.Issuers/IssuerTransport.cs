using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Federation.Findings;

namespace Federation.Issuers;

/// <summary>TLS connections to issuers: where they lead, and whose word is taken for the certificate. Names are always checked.</summary>
/// <param name="connectTo">Asked at each connection: a sandbox's own ports are known only once they are open.</param>
/// <param name="anchors">Trust anchors beside the system's.</param>
/// <param name="isClosed">A host that <paramref name="connectTo"/> does not map cannot be reached.</param>
public sealed class IssuerTransport(Func<ConnectTo> connectTo, X509Certificate2Collection anchors, bool isClosed = false)
{
    /// <summary>Names a map of connections, in the syntax of <see cref="ConnectTo"/>.</summary>
    public const string ConnectToVariable = "FEDERATION_CONNECT_TO";

    /// <summary>Names a PEM file of further trust anchors.</summary>
    public const string CertificateAuthorityVariable = "FEDERATION_CA_FILE";

    /// <summary>AWS gives an issuer five seconds to answer (AWS re:Post, InvalidIdentityToken).</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>The transport that this process' variables describe; without them, the open Internet.</summary>
    /// <exception cref="FindingException">A variable holds what cannot be used (FED8013).</exception>
    public static IssuerTransport FromEnvironment()
    {
        var map = Use(ConnectToVariable, ConnectTo.Parse);
        return new IssuerTransport(() => map, Use(CertificateAuthorityVariable, Anchors));
    }

    /// <summary>The certificates of a PEM file; none without a file.</summary>
    public static X509Certificate2Collection Anchors(string? file)
    {
        var anchors = new X509Certificate2Collection();
        if (!string.IsNullOrEmpty(file))
        {
            anchors.ImportFromPemFile(file);
        }

        return anchors;
    }

    /// <summary>
    /// The SHA-1 thumbprints of the certificates that the host serves, its own first. The last is what IAM fills in for
    /// a provider that is made without thumbprints.
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
                        return IsTrusted(certificate, chain, errors);
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

    /// <summary>A client that follows no redirect and waits no longer than AWS does.</summary>
    /// <param name="seen">Told of each host the thumbprint of the top of the chain it served.</param>
    internal HttpClient CreateClient(Action<string, string> seen) =>
        new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                Proxy = new ProxyOfTheUnmapped(connectTo),
                UseProxy = !isClosed,
                ConnectTimeout = Timeout,
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
                        return IsTrusted(certificate, chain, errors);
                    },
                },
            }
        )
        {
            Timeout = Timeout,
            MaxResponseContentBufferSize = 1 << 20,
        };

    private static T Use<T>(string variable, Func<string?, T> read)
    {
        var value = Environment.GetEnvironmentVariable(variable);
        try
        {
            return read(value);
        }
        catch (Exception unusable)
            when (unusable is FormatException or IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new FindingException(
                new Finding
                {
                    Code = FindingCodes.ArgumentInvalid,
                    Cause = $"{variable} cannot be used: {unusable.Message}",
                    Fix = $"Correct {variable}, or unset it.",
                    Actual = value,
                },
                unusable
            );
        }
    }

    /// <summary>ExtraStore holds what the server sent beyond its own certificate, in order; on some systems that one too.</summary>
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
            throw new HttpRequestException($"No route to {host}:{port} from the sandbox: {ConnectToVariable} does not map it.");
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

    /// <summary>This machine's proxy, which a mapped host is not asked through.</summary>
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
