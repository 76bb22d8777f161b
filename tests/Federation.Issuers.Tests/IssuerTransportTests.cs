using Federation.Calls;
using Federation.Findings;
using Federation.Sandbox.Hosting;

namespace Federation.Issuers.Tests;

/// <summary>The way to issuers that a run's endpoints describe.</summary>
public sealed class IssuerTransportTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("issuers-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void A_map_and_a_file_that_cannot_be_used_are_reported_together_by_variable()
    {
        var absent = Path.Combine(_directory.FullName, "absent.pem");

        var refused = Assert.Throws<FindingException>(() =>
            IssuerTransport.For(new CloudEndpoints { IssuerConnectTo = "container.googleapis.com", IssuerAuthorityFile = absent })
        );

        Assert.All(refused.Findings, finding => Assert.Equal(FindingCodes.ArgumentInvalid, finding.Code));
        Assert.Equal(["container.googleapis.com", absent], refused.Findings.Select(finding => finding.Actual));
        Assert.StartsWith("The environment variable FEDERATION_CONNECT_TO is set to", refused.Findings[0].Cause, StringComparison.Ordinal);
        Assert.StartsWith("The environment variable FEDERATION_CA_FILE is set to", refused.Findings[1].Cause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no certificate")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public async Task A_file_of_trust_anchors_without_one_cannot_be_used(string content)
    {
        var file = Path.Combine(_directory.FullName, "ca.pem");
        await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);

        var refused = Assert.Throws<FindingException>(() => IssuerTransport.For(new CloudEndpoints { IssuerAuthorityFile = file }));

        Assert.Equal((FindingCodes.ArgumentInvalid, file), (Assert.Single(refused.Findings).Code, refused.Findings[0].Actual));
    }

    [Fact]
    public async Task A_file_of_trust_anchors_is_read()
    {
        using var authority = CertificateAuthority.Create(["container.googleapis.com"]);
        var file = Path.Combine(_directory.FullName, "ca.pem");
        await File.WriteAllTextAsync(file, authority.RootPem, TestContext.Current.CancellationToken);

        Assert.NotNull(IssuerTransport.For(new CloudEndpoints { IssuerAuthorityFile = file }));
    }

    [Theory]
    [InlineData("container.googleapis.com:443:10.0.0.1:8443", "10.0.0.1")]
    [InlineData("container.googleapis.com:443:127.0.0.1:8443,accounts.google.com:443::8443", "accounts.google.com")]
    [InlineData(":443::8443", "")]
    public void The_map_of_a_sandbox_leads_only_to_this_machine(string map, string elsewhere)
    {
        var refused = Assert.Throws<FindingException>(() =>
            IssuerTransport.For(new CloudEndpoints { IssuerConnectTo = map, IsSandbox = true })
        );

        var finding = Assert.Single(refused.Findings);
        Assert.Equal((FindingCodes.EndpointUnreachable, elsewhere), (finding.Code, finding.Actual));
    }

    [Fact]
    public async Task A_sandbox_reaches_no_issuer_that_it_does_not_map()
    {
        var endpoints = new CloudEndpoints { IssuerConnectTo = "container.googleapis.com:443:[::1]:1", IsSandbox = true };
        using var client = new IssuerClient(IssuerTransport.For(endpoints), TimeProvider.System);

        var refused = await Assert.ThrowsAsync<IssuerException>(() =>
            client.FetchAsync("https://accounts.google.com", TestContext.Current.CancellationToken)
        );

        Assert.Equal(IssuerFault.NoRoute, refused.Fault);
        Assert.Contains("FEDERATION_CONNECT_TO does not map it", refused.Message, StringComparison.Ordinal);
    }
}
