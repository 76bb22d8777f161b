using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Federation.Findings;

namespace Federation.Calls;

/// <summary>The certificate that a server showed is not trusted. The message says why, and what the certificate says of itself.</summary>
public sealed class CertificateNotTrustedException : AuthenticationException
{
    private const int LongestName = 200;

    private readonly bool _isFromUnknownAuthority;
    private readonly bool _isOutOfTime;

    private CertificateNotTrustedException(string host, X509Certificate2 certificate, X509Chain chain, SslPolicyErrors errors)
        : base(Explain(host, certificate, chain, errors))
    {
        Subject = Shown(certificate.Subject);
        _isFromUnknownAuthority = IsFromUnknownAuthority(chain);
        _isOutOfTime = chain.ChainElements.Any(IsOutOfTime);
    }

    private CertificateNotTrustedException(string message)
        : base(message) { }

    /// <summary>The subject of the certificate; null if none was shown.</summary>
    public string? Subject { get; }

    /// <summary>What to do about it.</summary>
    public string Fix =>
        _isFromUnknownAuthority
            ? "If a proxy that intercepts TLS is in use, add its CA to the trusted certificates of this machine (on Linux, SSL_CERT_FILE "
                + "may name the file of trusted CAs, with that one in it). Otherwise do not trust this network."
        : _isOutOfTime ? "Check the clock of this machine. If it is right, whoever runs the server must renew the certificate."
        : "Check the address, and where this machine's name resolution and proxy lead.";

    /// <summary>The platform's check of a server's certificate, as a <see cref="RemoteCertificateValidationCallback"/>.</summary>
    /// <returns>Always true.</returns>
    /// <exception cref="CertificateNotTrustedException">It is not trusted.</exception>
    public static bool ThrowUnlessTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        errors == SslPolicyErrors.None
            ? true
            : throw Of((sender as SslStream)?.TargetHostName, certificate, chain, errors, authorities: null);

    /// <param name="host">The name that the certificate should be for.</param>
    /// <param name="authorities">The only authorities that are trusted; null: those of this machine.</param>
    public static CertificateNotTrustedException Of(
        string? host,
        X509Certificate? certificate,
        X509Chain? chain,
        SslPolicyErrors errors,
        X509Certificate2Collection? authorities
    )
    {
        var server = host is { Length: > 0 } ? host : "the server";
        if (certificate is not X509Certificate2 leaf)
        {
            return new CertificateNotTrustedException($"{server} showed no certificate");
        }

        // Built again, because whoever checked may have built it by other rules.
        using var built = new X509Chain();
        built.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (authorities is not null)
        {
            built.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            built.ChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        if (chain is not null)
        {
            built.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        }

        built.Build(leaf);
        return new CertificateNotTrustedException(server, leaf, built, errors);
    }

    /// <summary>The finding about it (FED8016).</summary>
    /// <param name="attempt">What was tried, and where, as the beginning of a sentence.</param>
    public Finding Finding(string attempt) =>
        new()
        {
            Code = FindingCodes.CertificateNotTrusted,
            Cause = $"{attempt}: {Message}.",
            Fix = Fix,
            Actual = Subject,
        };

    private static string Explain(string host, X509Certificate2 certificate, X509Chain chain, SslPolicyErrors errors)
    {
        var reasons = new List<string>();
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            reasons.Add($"it is for {Names(certificate)}, not for {host}");
        }

        if (IsFromUnknownAuthority(chain))
        {
            reasons.Add("it comes from an authority that is not trusted here");
        }

        reasons.AddRange(
            chain
                .ChainElements.Where(IsOutOfTime)
                .Select(element =>
                    (element.Certificate.Equals(certificate) ? "it" : $"its authority {Shown(element.Certificate.Subject)}")
                    + (
                        chain.ChainPolicy.VerificationTime < element.Certificate.NotBefore
                            ? $" is not valid before {Moment(element.Certificate.NotBefore)}"
                            : $" expired at {Moment(element.Certificate.NotAfter)}"
                    )
                )
        );
        if (reasons.Count == 0)
        {
            reasons.AddRange(chain.ChainStatus.Select(status => Shown(status.StatusInformation.Trim().TrimEnd('.'))));
        }

        return $"the certificate of {host} is not trusted: {string.Join("; ", reasons.DefaultIfEmpty("it was refused"))} "
            + $"(subject {Shown(certificate.Subject)}, issuer {Shown(certificate.Issuer)}, valid from {Moment(certificate.NotBefore)} "
            + $"to {Moment(certificate.NotAfter)})";
    }

    private static bool IsFromUnknownAuthority(X509Chain chain) =>
        chain.ChainStatus.Any(status => status.Status is X509ChainStatusFlags.UntrustedRoot or X509ChainStatusFlags.PartialChain);

    private static bool IsOutOfTime(X509ChainElement element) =>
        element.ChainElementStatus.Any(status => status.Status is X509ChainStatusFlags.NotTimeValid);

    private static string Moment(DateTime local) => Wording.Moment(new DateTimeOffset(local));

    private static string Names(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().ToArray();
        string[] all =
        [
            .. names.SelectMany(name => name.EnumerateDnsNames()),
            .. names.SelectMany(name => name.EnumerateIPAddresses()).Select(address => address.ToString()),
        ];
        return Shown(all.Length == 0 ? certificate.Subject : string.Join(", ", all));
    }

    private static string Shown(string name)
    {
        var line = PlainText.OneLine(name);
        return line.Length <= LongestName ? line : line[..LongestName] + "…";
    }
}
