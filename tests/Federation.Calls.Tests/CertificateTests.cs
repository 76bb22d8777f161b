using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Federation.Calls.Tests;

/// <summary>A certificate that is not trusted says why, over TLS to a port of this machine.</summary>
public sealed class CertificateTests : IDisposable
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;

    public CertificateTests()
    {
        var request = new CertificateRequest("CN=The authority", _rootKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority());
        _root = request.CreateSelfSigned(Now.AddYears(-3), Now.AddYears(10));
    }

    public void Dispose()
    {
        _root.Dispose();
        _rootKey.Dispose();
    }

    [Fact]
    public async Task A_certificate_of_a_trusted_authority_is_trusted() =>
        Assert.Null(await RefusalAsync("localhost", Now.AddDays(-1), Now.AddDays(1)));

    [Fact]
    public async Task One_of_an_unknown_authority_names_it_and_the_way_to_trust_a_proxys()
    {
        var refused = await RefusalAsync("localhost", Now.AddDays(-1), Now.AddDays(1), isTrusted: false);

        Assert.NotNull(refused);
        Assert.StartsWith(
            "the certificate of localhost is not trusted: it comes from an authority that is not trusted here "
                + "(subject CN=The server, issuer CN=The authority, valid from ",
            refused.Message,
            StringComparison.Ordinal
        );
        Assert.Contains("SSL_CERT_FILE", refused.Fix, StringComparison.Ordinal);
        Assert.Equal("CN=The server", refused.Subject);
    }

    [Fact]
    public async Task One_that_has_expired_says_when()
    {
        var refused = await RefusalAsync("localhost", Now.AddDays(-20), Now.AddDays(-10));

        Assert.NotNull(refused);
        Assert.Contains(
            $"not trusted: it expired at {Now.AddDays(-10):yyyy-MM-dd'T'HH:mm:ss'Z'} (",
            refused.Message,
            StringComparison.Ordinal
        );
        Assert.StartsWith("Check the clock of this machine.", refused.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_is_not_valid_yet_says_from_when_on()
    {
        var refused = await RefusalAsync("localhost", Now.AddDays(10), Now.AddDays(20));

        Assert.NotNull(refused);
        Assert.Contains(
            $"not trusted: it is not valid before {Now.AddDays(10):yyyy-MM-dd'T'HH:mm:ss'Z'} (",
            refused.Message,
            StringComparison.Ordinal
        );
        Assert.StartsWith("Check the clock of this machine.", refused.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_for_another_name_says_for_which()
    {
        var refused = await RefusalAsync("sts.amazonaws.com", Now.AddDays(-1), Now.AddDays(1));

        Assert.NotNull(refused);
        Assert.Contains("not trusted: it is for sts.amazonaws.com, not for localhost (", refused.Message, StringComparison.Ordinal);
        Assert.StartsWith("Check the address", refused.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_reason_is_given()
    {
        var refused = await RefusalAsync("proxy.example", Now.AddDays(-20), Now.AddDays(-10), isTrusted: false);

        Assert.NotNull(refused);
        Assert.Matches("it is for proxy.example, not for localhost; it comes from an authority .+; it expired at ", refused.Message);
    }

    /// <summary>Connects to a server with such a certificate; null if it is trusted.</summary>
    private async Task<CertificateNotTrustedException?> RefusalAsync(
        string name,
        DateTimeOffset from,
        DateTimeOffset to,
        bool isTrusted = true
    )
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Issue(key, name, from, to);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, certificate);
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        await using var tls = new SslStream(client.GetStream());
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "localhost",
                    RemoteCertificateValidationCallback = isTrusted ? IsOfTheAuthority : CertificateNotTrustedException.ThrowUnlessTrusted,
                },
                TestContext.Current.CancellationToken
            );
            return null;
        }
        catch (Exception refused)
        {
            return ExceptionChain.Find<CertificateNotTrustedException>(refused);
        }
        finally
        {
            client.Close();
            await serving;
        }
    }

    /// <summary>A check by the root alone, as clients with authorities of their own have.</summary>
    private bool IsOfTheAuthority(object sender, X509Certificate? certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) && chain.Build((X509Certificate2)certificate!)
            ? true
            : throw CertificateNotTrustedException.Of("localhost", certificate, sent, errors, [_root]);
    }

    private static async Task ServeAsync(TcpListener listener, X509Certificate2 certificate)
    {
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        await using var tls = new SslStream(client.GetStream());
        try
        {
            await tls.AuthenticateAsServerAsync(certificate);
            await tls.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);
        }
        catch (Exception ended) when (ended is IOException or AuthenticationException)
        {
            // The client did not trust it, or is done.
        }
    }

    private X509Certificate2 Issue(ECDsa key, string name, DateTimeOffset from, DateTimeOffset to)
    {
        var request = new CertificateRequest("CN=The server", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(_root, from, to, [1, 2, 3, 4]);
        using var own = issued.CopyWithPrivateKey(key);
        // Windows' TLS cannot serve a key that was never stored.
        return X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), password: null);
    }
}
