using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Federation.Calls;
using Federation.Configuration;
using Federation.Findings;

namespace Federation.Google.Tests;

/// <summary>What GKE says about the configured clusters, and the findings where it cannot be asked.</summary>
public sealed class ClusterTests : IAsyncLifetime
{
    private const string DamagedKey = @"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
    private readonly ImpatientTime _time = new();
    private LiveGoogle _google = null!;

    public async ValueTask InitializeAsync() => _google = await LiveGoogle.StartAsync();

    public ValueTask DisposeAsync() => _google.DisposeAsync();

    [Fact]
    public async Task A_running_cluster_with_a_workload_pool_has_no_findings() => Assert.Empty(await ConfirmAsync(Given.Workload()));

    [Fact]
    public async Task A_cluster_in_another_location_is_named_with_the_location_it_is_in()
    {
        var refused = await Assert.ThrowsAsync<FindingException>(() =>
            ConfirmAsync(Given.Workload() with { Cluster = Given.Cluster with { Location = "asia-south1" } })
        );

        var finding = Assert.Single(refused.Findings);
        Assert.Equal(FindingCodes.ClusterNotFound, finding.Code);
        Assert.Contains("is in asia-south1-a, not in asia-south1: a zonal cluster", finding.Cause, StringComparison.Ordinal);
        Assert.Equal("Set clusters.main.location to asia-south1-a.", finding.Fix);
    }

    [Fact]
    public async Task A_cluster_that_does_not_exist_is_reported_with_those_that_do()
    {
        var refused = await Assert.ThrowsAsync<FindingException>(() =>
            ConfirmAsync(Given.Workload() with { Cluster = Given.Cluster with { Name = "mian" } })
        );

        var finding = Assert.Single(refused.Findings);
        Assert.Equal(FindingCodes.ClusterNotFound, finding.Code);
        Assert.Contains("it has main in asia-south1-a", finding.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_without_a_workload_pool_is_a_finding_only_for_workloads_that_need_one()
    {
        _google.Answering = (path, answer) => answer.Remove("workloadIdentityConfig");

        Assert.Empty(await ConfirmAsync(Given.Workload() with { GoogleServiceAccount = null }));
        var finding = Assert.Single(
            await ConfirmAsync(Given.Workload(), Given.Workload("plain") with { GoogleServiceAccount = null, ServiceAccount = "plain" })
        );

        Assert.Equal(
            (FindingCodes.WorkloadIdentityDisabled, "acme-prod.svc.id.goog", "(none)"),
            (finding.Code, finding.Expected, finding.Actual)
        );
        Assert.Contains("exports needs one", finding.Cause, StringComparison.Ordinal);
        Assert.DoesNotContain("plain", finding.Cause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RECONCILING", Severity.Warning)]
    [InlineData("DEGRADED", Severity.Warning)]
    [InlineData("STOPPING", Severity.Error)]
    [InlineData("PROVISIONING", Severity.Error)]
    public async Task A_cluster_that_serves_with_trouble_is_a_warning_and_one_that_does_not_is_an_error(string status, Severity severity)
    {
        _google.Answering = (_, answer) => answer["status"] = status;

        var finding = Assert.Single(await ConfirmAsync(Given.Workload()));

        Assert.Equal((FindingCodes.ClusterNotRunning, severity, status), (finding.Code, finding.Severity, finding.Actual));
    }

    [Fact]
    public async Task Each_cluster_is_read_once_however_often_it_is_asked_for()
    {
        using var cloud = new GoogleCloud(_google.Endpoints, _time);
        await cloud.ReadClustersAsync([Given.Cluster], TestContext.Current.CancellationToken);
        var facts = await cloud.ReadClustersAsync([Given.Cluster], TestContext.Current.CancellationToken);

        Assert.Equal(1, cloud.Calls);
        Assert.Contains("BEGIN CERTIFICATE", facts["main"].CaCertificate, StringComparison.Ordinal);
        Assert.Single(facts["main"].Endpoints);
    }

    [Fact]
    public async Task A_credential_file_that_does_not_exist_is_named()
    {
        _google.Endpoints = _google.Endpoints with { GoogleCredentialsFile = Path.Combine(_google.FilesDirectory, "absent.json") };

        var refused = await Assert.ThrowsAsync<FindingException>(() => ConfirmAsync(Given.Workload()));

        var finding = Assert.Single(refused.Findings);
        Assert.Equal(FindingCodes.GoogleCredentialsMissing, finding.Code);
        Assert.Contains("absent.json", finding.Cause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no JSON")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"type":5}""")]
    [InlineData("""{"type":"of another kind"}""")]
    [InlineData("""{"type":"service_account"}""")]
    [InlineData($$"""{"type":"service_account","client_email":"r@a.example","private_key":"{{DamagedKey}}"}""")]
    [InlineData("""{"type":"authorized_user"}""")]
    [InlineData("""{"type":"external_account"}""")]
    public async Task A_credential_file_that_cannot_be_used_is_named_and_never_quoted(string content)
    {
        var file = Path.Combine(_google.FilesDirectory, "credentials.json");
        await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);
        _google.Endpoints = _google.Endpoints with { GoogleCredentialsFile = file };

        var refused = await Assert.ThrowsAsync<FindingException>(() => ConfirmAsync(Given.Workload()));

        var finding = Assert.Single(refused.Findings);
        Assert.Equal(FindingCodes.GoogleCredentialsMissing, finding.Code);
        Assert.Contains($"{file} cannot be used", finding.Cause, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_with_an_unknown_key_are_refused_by_the_token_endpoint()
    {
        var key = JsonNode.Parse(
            await File.ReadAllTextAsync(_google.Endpoints.GoogleCredentialsFile!, TestContext.Current.CancellationToken)
        )!;
        using var stranger = System.Security.Cryptography.RSA.Create(2048);
        key["private_key"] = stranger.ExportPkcs8PrivateKeyPem();
        var file = Path.Combine(_google.FilesDirectory, "stranger.json");
        await File.WriteAllTextAsync(file, key.ToJsonString(), TestContext.Current.CancellationToken);
        _google.Endpoints = _google.Endpoints with { GoogleCredentialsFile = file };

        var refused = await Assert.ThrowsAsync<FindingException>(() => ConfirmAsync(Given.Workload()));

        var finding = Assert.Single(refused.Findings);
        Assert.Equal(FindingCodes.GoogleCredentialsMissing, finding.Code);
        Assert.Contains("Invalid JWT Signature", finding.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endpoint_that_refuses_connections_is_given_up_after_five_tries()
    {
        _google.Endpoints = _google.Endpoints with { GoogleContainer = new Uri($"http://127.0.0.1:{ClosedPort()}/") };
        using var cloud = new GoogleCloud(_google.Endpoints, _time);

        var refused = await Assert.ThrowsAsync<FindingException>(() =>
            cloud.ConfirmAsync(Given.Input(Given.Workload()), TestContext.Current.CancellationToken)
        );

        var finding = Assert.Single(refused.Findings);
        Assert.Equal(FindingCodes.EndpointUnreachable, finding.Code);
        Assert.Contains(
            "get the cluster projects/acme-prod/locations/asia-south1-a/clusters/main",
            finding.Cause,
            StringComparison.Ordinal
        );
        Assert.Equal((5, 4), (cloud.Calls, _time.Waits.Count));
    }

    [Fact]
    public async Task A_sandbox_without_a_credential_file_looks_for_none()
    {
        _google.Endpoints = _google.Endpoints with { GoogleCredentialsFile = null };

        var refused = await Assert.ThrowsAsync<FindingException>(() => ConfirmAsync(Given.Workload()));

        Assert.Equal(FindingCodes.GoogleCredentialsMissing, Assert.Single(refused.Findings).Code);
    }

    [Theory]
    [InlineData("CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM")]
    [InlineData("CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER")]
    public void An_address_of_a_sandbox_that_is_another_machine_is_refused(string variable)
    {
        var elsewhere = CloudEndpoints.FromEnvironment(name => name == variable ? "https://iam.googleapis.com" : null, [variable]) with
        {
            IsSandbox = true,
        };

        var refused = Assert.Throws<FindingException>(() => new GoogleCloud(elsewhere, _time));

        var finding = Assert.Single(refused.Findings);
        Assert.Equal((FindingCodes.EndpointUnreachable, "iam.googleapis.com"), (finding.Code, finding.Actual));
        Assert.StartsWith($"{variable} leads to iam.googleapis.com", finding.Cause, StringComparison.Ordinal);
    }

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<IReadOnlyList<Finding>> ConfirmAsync(params Workload[] workloads)
    {
        using var cloud = new GoogleCloud(_google.Endpoints, _time);
        return await cloud.ConfirmAsync(Given.Input(workloads), TestContext.Current.CancellationToken);
    }
}
