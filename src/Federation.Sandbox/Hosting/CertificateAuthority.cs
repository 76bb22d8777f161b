using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Federation.Sandbox.Hosting;

/// <summary>
/// The public key infrastructure of one sandbox: a root, an intermediate and one server certificate, created at the start
/// and kept in memory. Only the root certificate, which is no secret, is written to a file.
/// <para>Servers send three certificates, as Google's do: their own, the intermediate's, and the root's as an older
/// authority signed it. (.NET never sends the root that clients trust, because it is self-signed.)</para>
/// </summary>
internal sealed class CertificateAuthority : IDisposable
{
    private CertificateAuthority(
        X509Certificate2 root,
        X509Certificate2 crossSignedRoot,
        X509Certificate2 intermediate,
        X509Certificate2 server
    )
    {
        Root = root;
        CrossSignedRoot = crossSignedRoot;
        Intermediate = intermediate;
        Server = server;
    }

    public X509Certificate2 Root { get; }

    /// <summary>The root's name and key, signed by an authority that no client trusts.</summary>
    public X509Certificate2 CrossSignedRoot { get; }

    public X509Certificate2 Intermediate { get; }

    /// <summary>The certificate, with its private key, that every TLS listener serves.</summary>
    public X509Certificate2 Server { get; }

    /// <summary>The trust anchor in PEM, with line feeds.</summary>
    public string RootPem => Root.ExportCertificatePem() + "\n";

    /// <param name="hosts">The DNS names and IP addresses in the server certificate.</param>
    public static CertificateAuthority Create(IEnumerable<string> hosts)
    {
        // TLS clients check a certificate against the machine's clock, even where the sandbox runs on another one.
        var now = TimeProvider.System.GetUtcNow();
        var from = now.AddDays(-1);

        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rootRequest = AuthorityRequest("Sandbox Root CA", rootKey, pathLength: 1);
        var root = rootRequest.CreateSelfSigned(from, now.AddYears(10));

        using var olderKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var older = AuthorityRequest("Sandbox Older Root CA", olderKey, pathLength: 2).CreateSelfSigned(from, now.AddYears(10));
        var crossRequest = AuthorityRequest("Sandbox Root CA", rootKey, pathLength: 1);
        crossRequest.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(older, includeKeyIdentifier: true, includeIssuerAndSerial: false)
        );
        var crossSignedRoot = crossRequest.Create(older, from, now.AddYears(9), SerialNumber());

        using var intermediateKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var intermediateRequest = AuthorityRequest("Sandbox Intermediate CA", intermediateKey, pathLength: 0);
        intermediateRequest.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(root, includeKeyIdentifier: true, includeIssuerAndSerial: false)
        );
        using var intermediate = intermediateRequest.Create(root, from, now.AddYears(5), SerialNumber());
        var signingIntermediate = intermediate.CopyWithPrivateKey(intermediateKey);

        using var serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var serverRequest = new CertificateRequest("CN=sandbox", serverKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            if (IPAddress.TryParse(host, out var address))
            {
                names.AddIpAddress(address);
            }
            else
            {
                names.AddDnsName(host);
            }
        }

        serverRequest.CertificateExtensions.Add(names.Build());
        serverRequest.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForEndEntity(critical: true));
        serverRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        serverRequest.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "Server Authentication")], critical: false)
        );
        serverRequest.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(serverRequest.PublicKey, critical: false));
        serverRequest.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
                signingIntermediate,
                includeKeyIdentifier: true,
                includeIssuerAndSerial: false
            )
        );
        using var server = serverRequest.Create(signingIntermediate, from, now.AddDays(365), SerialNumber());
        return new CertificateAuthority(root, crossSignedRoot, signingIntermediate, Servable(server.CopyWithPrivateKey(serverKey)));
    }

    public void Dispose()
    {
        Root.Dispose();
        CrossSignedRoot.Dispose();
        Intermediate.Dispose();
        Server.Dispose();
    }

    private static CertificateRequest AuthorityRequest(string name, ECDsa key, int pathLength)
    {
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority(pathLength));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true)
        );
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request;
    }

    private static byte[] SerialNumber()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7F; // RFC 5280, 4.1.2.2: positive
        return serial;
    }

    /// <summary>Windows' TLS (SChannel) cannot serve a key that was never stored: there the pair is imported from PKCS #12.</summary>
    private static X509Certificate2 Servable(X509Certificate2 certificate)
    {
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
        }
    }
}
