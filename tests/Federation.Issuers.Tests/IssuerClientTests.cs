using System.Security.Cryptography.X509Certificates;
using Federation.Google.Tests;
using Federation.Sandbox.Hosting;
using Microsoft.AspNetCore.Http;

namespace Federation.Issuers.Tests;

/// <summary>An issuer's documents over real TLS, on a port of this machine.</summary>
public sealed class IssuerClientTests : IAsyncLifetime
{
    private const string Issuer = "https://container.googleapis.com/v1/projects/acme-prod/locations/asia-south1-a/clusters/main";
    private readonly CertificateAuthority _authority = CertificateAuthority.Create(["container.googleapis.com"]);
    private readonly List<string> _requests = [];
    private Func<string, (int Status, string Body)> _answer = Answer;
    private WebListener _listener = null!;
    private WebListeners _listeners = null!;

    public async ValueTask InitializeAsync()
    {
        _listener = new WebListener(
            isTls: true,
            port: 0,
            async context =>
            {
                var asked = $"{context.Request.Host}{context.Request.Path}";
                _requests.Add(asked);
                var (status, body) = _answer(asked);
                context.Response.StatusCode = status;
                if (status is 302)
                {
                    context.Response.Headers.Location = body;
                }

                await context.Response.WriteAsync(body);
            }
        );
        _listeners = await WebListeners.StartAsync([_listener], _authority, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _listeners.DisposeAsync();
        _authority.Dispose();
    }

    [Fact]
    public async Task Both_documents_are_read_with_the_certificate_chain()
    {
        var published = await FetchAsync();

        Assert.Equal(Issuer, published.Issuer);
        Assert.Equal(
            ("kid-1", "RSA", "RS256", "sig", "AQAB"),
            (
                published.Keys[0].KeyId,
                published.Keys[0].KeyType,
                published.Keys[0].Algorithm,
                published.Keys[0].Use,
                published.Keys[0].Exponent
            )
        );
        Assert.Equal((2, "P-256", true), (published.Keys.Count, published.Keys[1].Curve, published.Keys[1].HasKeyOperations));
        Assert.Equal(_authority.CrossSignedRoot.Thumbprint.ToLowerInvariant(), published.Thumbprint);
        Assert.Equal(
            new[] { _authority.Server, _authority.Intermediate, _authority.CrossSignedRoot }.Select(certificate =>
                certificate.Thumbprint.ToLowerInvariant()
            ),
            await Transport().ServedChainAsync("container.googleapis.com", 443, TestContext.Current.CancellationToken)
        );
        Assert.Equal([$"{Issuer[8..]}/.well-known/openid-configuration", $"{Issuer[8..]}/jwks"], _requests);
    }

    [Theory]
    [InlineData(404, "no such cluster", IssuerFault.NoDocument, "HTTP 404")]
    [InlineData(302, "https://container.googleapis.com/elsewhere", IssuerFault.NoDocument, "HTTP 302")]
    [InlineData(429, "", IssuerFault.Busy, "HTTP 429")]
    [InlineData(503, "", IssuerFault.Busy, "HTTP 503")]
    [InlineData(200, "", IssuerFault.NoDocument, "not a JSON object")]
    [InlineData(200, "<html>", IssuerFault.NoDocument, "not a JSON object")]
    [InlineData(200, "[]", IssuerFault.NoDocument, "not a JSON object")]
    [InlineData(200, """{"issuer":"a","issuer":"b"}""", IssuerFault.NoDocument, "not a JSON object")]
    [InlineData(200, "{}", IssuerFault.NoDocument, "no https jwks_uri")]
    [InlineData(200, """{"jwks_uri":"http://container.googleapis.com/jwks"}""", IssuerFault.NoDocument, "no https jwks_uri")]
    public async Task An_answer_that_is_not_the_document_is_reported(int status, string body, IssuerFault fault, string words)
    {
        _answer = _ => (status, body);

        var refused = await Assert.ThrowsAsync<IssuerException>(() => FetchAsync());

        Assert.Equal(fault, refused.Fault);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.Single(_requests);
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_refused_also_from_a_trusted_authority()
    {
        var refused = await Assert.ThrowsAsync<IssuerException>(() => FetchAsync("https://other.example/v1"));

        Assert.Equal(IssuerFault.Untrusted, refused.Fault);
        Assert.Contains(
            "the certificate of other.example is not trusted: it is for container.googleapis.com, not for other.example (subject ",
            refused.Message,
            StringComparison.Ordinal
        );
        Assert.Empty(_requests);
    }

    [Fact]
    public async Task A_certificate_of_an_unknown_authority_is_refused()
    {
        using var client = new IssuerClient(new IssuerTransport(Map, []), TimeProvider.System);

        var refused = await Assert.ThrowsAsync<IssuerException>(() => client.FetchAsync(Issuer, TestContext.Current.CancellationToken));

        Assert.Equal(IssuerFault.Untrusted, refused.Fault);
        Assert.Matches(
            @"the certificate of container\.googleapis\.com is not trusted: it comes from an authority that is not trusted here "
                + @"\(subject .+, issuer .+, valid from .+Z to .+Z\)",
            refused.Message
        );
        Assert.Empty(_requests);
    }

    [Theory]
    [InlineData("https://container.googleapis.com/v1", "container.googleapis.com:443:127.0.0.1:1", IssuerFault.NoAnswer)]
    [InlineData("https://container.googleapis.com/v1", "container.googleapis.com:443:nowhere.invalid:443", IssuerFault.NoRoute)]
    [InlineData("http://container.googleapis.com/v1", "", IssuerFault.NoDocument)]
    public async Task A_host_without_a_route_is_distinguished_from_one_that_refuses(string issuer, string connectTo, IssuerFault fault)
    {
        using var client = new IssuerClient(new IssuerTransport(() => ConnectTo.Parse(connectTo), []), TimeProvider.System);

        var refused = await Assert.ThrowsAsync<IssuerException>(() => client.FetchAsync(issuer, TestContext.Current.CancellationToken));

        Assert.Equal(fault, refused.Fault);
        Assert.Contains(issuer, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_closed_transport_reaches_nothing_but_what_is_mapped()
    {
        using var client = new IssuerClient(
            new IssuerTransport(() => ConnectTo.Parse("a.example:443:127.0.0.1:1"), [], isClosed: true),
            TimeProvider.System
        );

        var refused = await Assert.ThrowsAsync<IssuerException>(() =>
            client.FetchAsync("https://b.example", TestContext.Current.CancellationToken)
        );

        Assert.Contains("FEDERATION_CONNECT_TO does not map it", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_host_is_tried_as_often_as_asked_and_named()
    {
        var time = new ImpatientTime(IssuerTransport.Timeout);
        await using var silent = new SilentEndpoint(time.EndTries);
        var map = ConnectTo.Parse($":443:127.0.0.1:{silent.Address.Port}");
        using var client = new IssuerClient(new IssuerTransport(() => map, []), time, IssuerClient.PatientAttempts);

        var refused = await Assert.ThrowsAsync<IssuerException>(() => client.FetchAsync(Issuer, TestContext.Current.CancellationToken));

        Assert.Equal(
            (IssuerFault.NoAnswer, $"{Issuer}/.well-known/openid-configuration did not answer within 5 seconds"),
            (refused.Fault, refused.Message)
        );
        Assert.Equal(3, time.Waits.Count(wait => wait == IssuerTransport.Timeout));
        Assert.InRange(time.Waits.Aggregate(TimeSpan.Zero, (sum, wait) => sum + wait), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_busy_host_is_tried_again()
    {
        _answer = asked => _requests.Count < 3 ? (503, "") : Answer(asked);

        var published = await FetchAsync(time: new ImpatientTime(IssuerTransport.Timeout), attempts: 3);

        Assert.Equal((Issuer, 4), (published.Issuer, _requests.Count));
    }

    private static (int Status, string Body) Answer(string asked) =>
        (
            200,
            asked.EndsWith("/jwks", StringComparison.Ordinal)
                ? """
                {"keys":[
                  {"kid":"kid-1","kty":"RSA","alg":"RS256","use":"sig","n":"AQ","e":"AQAB"},
                  {"kid":"kid-2","kty":"EC","crv":"P-256","x":"AQ","y":"AQ","key_ops":["verify"]},
                  7]}
                """
                : $$"""{"issuer":"{{Issuer}}","jwks_uri":"{{Issuer}}/jwks"}"""
        );

    private ConnectTo Map() => ConnectTo.Parse($":443:{_listener.HostAndPort}");

    private IssuerTransport Transport() => new(Map, new X509Certificate2Collection(_authority.Root));

    private async Task<Diagnosis.Evidence.PublishedIssuer> FetchAsync(string issuer = Issuer, TimeProvider? time = null, int attempts = 1)
    {
        using var client = new IssuerClient(Transport(), time ?? TimeProvider.System, attempts);
        return await client.FetchAsync(issuer, TestContext.Current.CancellationToken);
    }
}
