using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;

namespace Federation.Aws.Tests;

/// <summary>The thumbprint that a new provider gets, where the account asks for one.</summary>
public sealed class ThumbprintTests
{
    private static readonly Account Asking = Given.Account with { Thumbprint = ProviderThumbprint.Chain };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_new_provider_gets_the_last_certificate_of_the_chain_and_the_plan_shows_it(int authorities)
    {
        using var issuer = new ServedChain(authorities);
        using var endpoint = new Endpoint(request =>
            request["Action"] == "GetOpenIDConnectProvider" ? Answer.Error(404, "NoSuchEntity") : Answer.Ok(request["Action"])
        );
        using var cloud = Cloud(endpoint, issuer);

        var change = await PlanAsync(cloud, Asking);
        await cloud.ApplyAsync(change, TestContext.Current.CancellationToken);

        Assert.Equal(
            [
                new FieldChange("clientIds[sts.amazonaws.com]", null, "sts.amazonaws.com"),
                new FieldChange($"thumbprints[{issuer.Last}]", null, issuer.Last),
            ],
            change.Fields
        );
        Assert.NotEqual(issuer.Own, issuer.Last);
        Assert.Equal(["GetOpenIDConnectProvider", "CreateOpenIDConnectProvider"], endpoint.Actions);
        Assert.Equal(issuer.Last, endpoint.Requests.Last()["ThumbprintList.member.1"]);
        Assert.DoesNotContain("ThumbprintList.member.2", endpoint.Requests.Last().Keys);
    }

    [Fact]
    public async Task An_existing_provider_keeps_its_thumbprint_and_the_issuer_is_not_asked()
    {
        using var issuer = new ServedChain(authorities: 2);
        using var endpoint = new Endpoint(request =>
            Answer.Ok(
                request["Action"],
                "<Url>x</Url><ClientIDList><member>sts.amazonaws.com</member></ClientIDList>"
                    + "<ThumbprintList><member>0000000000000000000000000000000000000000</member></ThumbprintList>"
            )
        );
        using var cloud = Cloud(endpoint, issuer);

        var change = await PlanAsync(cloud, Asking);

        Assert.Equal(StepAction.Unchanged, change.Action);
        Assert.Empty(change.Fields);
        Assert.Equal(0, issuer.Connections);
    }

    [Fact]
    public async Task A_host_that_serves_only_its_own_certificate_gives_no_thumbprint()
    {
        using var issuer = new ServedChain(authorities: 0);
        var finding = await PlanningFailsAsync(issuer);
        Assert.Equal("FED8005", finding.Code);
        Assert.Contains("only its own certificate", finding.Cause, StringComparison.Ordinal);
        Assert.Contains("accounts.data.thumbprint", finding.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chain_that_is_not_trusted_gives_no_thumbprint()
    {
        using var issuer = new ServedChain(authorities: 2, trusted: false);
        Assert.Contains("cannot be read", (await PlanningFailsAsync(issuer)).Cause, StringComparison.Ordinal);
    }

    private static async Task<Finding> PlanningFailsAsync(ServedChain issuer)
    {
        using var endpoint = new Endpoint(_ => Answer.Error(404, "NoSuchEntity"));
        using var cloud = Cloud(endpoint, issuer);
        return Assert.Single((await Assert.ThrowsAsync<FindingException>(() => PlanAsync(cloud, Asking))).Findings);
    }

    private static AwsCloud Cloud(Endpoint endpoint, ServedChain issuer) =>
        new(
            Given.Configuration(),
            new Directory(),
            endpoint.Clouds with
            {
                IssuerConnectTo = issuer.ConnectTo,
                IssuerAuthorityFile = issuer.Anchor,
            },
            TimeProvider.System
        );

    private static async Task<Step> PlanAsync(AwsCloud cloud, Account account)
    {
        var provider = cloud.Desire(Given.Input(Given.Rendered(Given.Workload() with { Account = account }))).OfType<Provider>().Single();
        return Assert.Single(Planner.Plan([provider], await cloud.ReadAsync([provider], TestContext.Current.CancellationToken)).Steps);
    }

    /// <summary>
    /// GKE's issuer host on a loopback port: its own certificate, signed by the first of so many authorities, each
    /// signed by the next; the last by a root that is trusted and, like Google's, not served.
    /// </summary>
    private sealed class ServedChain : IDisposable
    {
        private readonly string _anchor = Path.GetTempFileName();
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly SslStreamCertificateContext _context;
        private int _connections;

        public ServedChain(int authorities, bool trusted = true)
        {
            using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var now = TimeProvider.System.GetUtcNow();
            var root = Request("CN=root", rootKey, authority: true).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
            var signer = root;
            var served = new List<X509Certificate2>();
            for (var i = authorities; i > 0; i--)
            {
                served.Insert(0, signer = Signed(Request($"CN=authority {i}", out var key, authority: true), key, signer));
            }

            var own = Signed(Request("CN=container.googleapis.com", out var ownKey, authority: false), ownKey, signer);
            _context = SslStreamCertificateContext.Create(own, [.. served], offline: true);
            (Own, Last) = (Lower(own), Lower(served is [.., var last] ? last : own));

            _listener.Start();
            _ = ServeAsync();
            File.WriteAllText(_anchor, root.ExportCertificatePem());
            Anchor = trusted ? _anchor : null;
        }

        /// <summary>Leads connections to the host here.</summary>
        public string ConnectTo => $"container.googleapis.com:443:127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

        /// <summary>The file of the root; null where it is not to be trusted.</summary>
        public string? Anchor { get; }

        public string Own { get; }

        public string Last { get; }

        public int Connections => _connections;

        public void Dispose()
        {
            _listener.Dispose();
            File.Delete(_anchor);
        }

        private static string Lower(X509Certificate2 certificate) => certificate.Thumbprint.ToLowerInvariant();

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
                    Interlocked.Increment(ref _connections);
                    await using var tls = new SslStream(client.GetStream());
                    try
                    {
                        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = _context });
                        await tls.ReadExactlyAsync(new byte[1]);
                    }
                    catch (Exception left) when (left is IOException or System.Security.Authentication.AuthenticationException)
                    {
                        // The client has seen enough.
                    }
                }
            }
            catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // The test is over.
            }
        }

        private static CertificateRequest Request(string name, out ECDsa key, bool authority) =>
            Request(name, key = ECDsa.Create(ECCurve.NamedCurves.nistP256), authority);

        private static CertificateRequest Request(string name, ECDsa key, bool authority)
        {
            var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(
                new X509BasicConstraintsExtension(authority, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true)
            );
            if (!authority)
            {
                var names = new SubjectAlternativeNameBuilder();
                names.AddDnsName("container.googleapis.com");
                request.CertificateExtensions.Add(names.Build());
            }

            return request;
        }

        private static X509Certificate2 Signed(CertificateRequest request, ECDsa key, X509Certificate2 signer)
        {
            // The first byte makes a positive number of it (RFC 5280, 4.1.2.2).
            using var certificate = request.Create(
                signer,
                new DateTimeOffset(signer.NotBefore),
                new DateTimeOffset(signer.NotAfter),
                [1, .. RandomNumberGenerator.GetBytes(8)]
            );
            return certificate.CopyWithPrivateKey(key);
        }
    }
}
