using Federation.Findings;
using Federation.Planning;
using Federation.Sandbox.Hosting;
using Microsoft.AspNetCore.Http;

namespace Federation.Google.Tests;

/// <summary>Answers that are not what was asked for: every failure of a call is a finding that says what was tried.</summary>
public sealed class FaultTests : IAsyncLifetime
{
    private const string Page = "<html><title>Sign in to the network</title></html>";
    private readonly ImpatientTime _time = new();
    private LiveGoogle _google = null!;

    public async ValueTask InitializeAsync() => _google = await LiveGoogle.StartAsync();

    public ValueTask DisposeAsync() => _google.DisposeAsync();

    [Theory]
    [InlineData(200, "")]
    [InlineData(200, Page)]
    [InlineData(200, "[]")]
    [InlineData(200, """{"nodePools":5}""")]
    [InlineData(200, "{}")]
    [InlineData(302, "")]
    [InlineData(403, Page)]
    [InlineData(404, "")]
    [InlineData(404, Page)]
    [InlineData(407, Page)]
    [InlineData(502, Page)]
    [InlineData(502, "null")]
    public async Task An_answer_that_is_not_Googles_says_nothing_about_the_cluster(int status, string body)
    {
        _google.Replying = _ => (status, body);
        using var cloud = new GoogleCloud(_google.Endpoints, _time);

        var refused = await Assert.ThrowsAsync<FindingException>(() =>
            cloud.ReadClustersAsync([Given.Cluster], TestContext.Current.CancellationToken)
        );

        var finding = Assert.Single(refused.Findings);
        Assert.Equal(FindingCodes.AnswerUnreadable, finding.Code);
        Assert.Contains("cluster", finding.Cause, StringComparison.Ordinal);
        Assert.Equal(body == Page, finding.Cause.Contains($"beginning with \"{Page}\"", StringComparison.Ordinal));
        Assert.Equal(5, cloud.Calls);
    }

    [Fact]
    public async Task A_certificate_that_is_not_base64_is_an_answer_that_cannot_be_read()
    {
        _google.Replying = _ => (200, """{"name":"main","masterAuth":{"clusterCaCertificate":"not base64!"}}""");
        using var cloud = new GoogleCloud(_google.Endpoints, _time);

        var refused = await Assert.ThrowsAsync<FindingException>(() =>
            cloud.ReadClustersAsync([Given.Cluster], TestContext.Current.CancellationToken)
        );

        Assert.Equal(FindingCodes.AnswerUnreadable, Assert.Single(refused.Findings).Code);
    }

    [Fact]
    public async Task A_project_that_GKE_does_not_know_has_no_cluster()
    {
        _google.Refusing = _ => (404, "Not found: projects/acme-prod.");
        using var cloud = new GoogleCloud(_google.Endpoints, _time);

        var refused = await Assert.ThrowsAsync<FindingException>(() =>
            cloud.ReadClustersAsync([Given.Cluster], TestContext.Current.CancellationToken)
        );

        var finding = Assert.Single(refused.Findings);
        Assert.Equal(FindingCodes.ClusterNotFound, finding.Code);
        Assert.Equal("There is no cluster main in asia-south1-a of the project acme-prod.", finding.Cause);
    }

    [Theory]
    [InlineData("\"a text\"")]
    [InlineData("5")]
    [InlineData("[5]")]
    [InlineData("""[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","metadata":"a text"}]""")]
    [InlineData("""[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":{"a":1}}]""")]
    public async Task A_refusal_with_details_of_another_shape_is_still_a_refusal(string details)
    {
        const string Start = """{"error":{"code":403,"message":"Required \"container.clusters.get\".","details":""";
        _google.Replying = _ => (403, Start + details + "}}");
        using var cloud = new GoogleCloud(_google.Endpoints, _time);

        var refused = await Assert.ThrowsAsync<FindingException>(() =>
            cloud.ReadClustersAsync([Given.Cluster], TestContext.Current.CancellationToken)
        );

        Assert.Equal(
            (FindingCodes.GooglePermissionDenied, "container.clusters.get"),
            (Assert.Single(refused.Findings).Code, refused.Findings[0].Expected)
        );
    }

    [Theory]
    [InlineData(404, Page)]
    [InlineData(404, "")]
    public async Task A_404_that_is_not_Googles_does_not_mean_that_the_account_is_absent(int status, string body)
    {
        _google.Replying = path => path.Contains("serviceAccounts", StringComparison.Ordinal) ? (status, body) : null;
        using var cloud = new GoogleCloud(_google.Endpoints, _time);

        var refused = await Assert.ThrowsAsync<FindingException>(() => Given.PlanAsync(cloud, Given.Input(Given.Workload())));

        Assert.Equal(FindingCodes.AnswerUnreadable, Assert.Single(refused.Findings).Code);
    }

    [Theory]
    [InlineData(":setIamPolicy", 200, "", 1)]
    [InlineData(":setIamPolicy", 200, Page, 1)]
    [InlineData(":setIamPolicy", 200, "{}", 1)]
    [InlineData(":setIamPolicy", 400, Page, 1)]
    [InlineData(":setIamPolicy", 409, Page, 1)]
    [InlineData("/serviceAccounts", 200, "", 0)]
    [InlineData("/serviceAccounts", 200, Page, 0)]
    [InlineData("/serviceAccounts", 409, Page, 0)]
    [InlineData("/serviceAccounts", 400, """{"error":{"code":400,"message":"Service account limit reached."}}""", 0)]
    public async Task A_write_that_Google_did_not_confirm_is_a_failed_step(string path, int status, string body, int done)
    {
        _google.Replying = asked => asked.EndsWith(path, StringComparison.Ordinal) ? (status, body) : null;
        using var cloud = new GoogleCloud(_google.Endpoints, _time);

        var progress = await Given.ApplyAsync(cloud, Given.Input(Given.Workload()));

        Assert.Equal(done, progress.Count(one => one.State == StepState.Done));
        var failed = Assert.Single(progress, one => one.State == StepState.Failed);
        Assert.Equal(
            body.StartsWith("""{"error""", StringComparison.Ordinal) ? FindingCodes.EndpointUnreachable : FindingCodes.AnswerUnreadable,
            Assert.Single(failed.Findings).Code
        );
        Assert.Equal(failed.Step.Resource.Value, failed.Findings[0].Resource);
    }

    [Fact]
    public async Task A_policy_whose_write_was_answered_without_the_change_is_read_again()
    {
        var lies = 1;
        _google.Answering = (path, answer) =>
        {
            if (path.EndsWith(":setIamPolicy", StringComparison.Ordinal) && lies-- > 0)
            {
                answer.Remove("bindings");
            }
        };
        using var cloud = new GoogleCloud(_google.Endpoints, _time);

        var progress = await Given.ApplyAsync(cloud, Given.Input(Given.Workload()));

        Assert.All(progress, one => Assert.Equal(StepState.Done, one.State));
    }

    [Fact]
    public async Task A_policy_that_is_answered_without_its_etag_is_not_used()
    {
        await _google.CreateAccountAsync("Shared.");
        _google.Answering = (_, answer) => answer.Remove("etag");
        using var cloud = new GoogleCloud(_google.Endpoints, _time);

        var refused = await Assert.ThrowsAsync<FindingException>(() => Given.PlanAsync(cloud, Given.Input(Given.Workload())));

        var finding = Assert.Single(refused.Findings);
        Assert.Equal(FindingCodes.AnswerUnreadable, finding.Code);
        Assert.Contains("it sent a JSON object without a policy's etag.", finding.Cause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200, "", FindingCodes.AnswerUnreadable, 5)]
    [InlineData(200, Page, FindingCodes.AnswerUnreadable, 5)]
    [InlineData(200, "{}", FindingCodes.AnswerUnreadable, 5)]
    [InlineData(503, Page, FindingCodes.AnswerUnreadable, 5)]
    [InlineData(500, """{"error":"internal_failure"}""", FindingCodes.AnswerUnreadable, 5)]
    [InlineData(429, """{"error":"rate_limit_exceeded"}""", FindingCodes.Throttled, 5)]
    [InlineData(400, """{"error":"invalid_grant"}""", FindingCodes.GoogleCredentialsMissing, 1)]
    [InlineData(403, Page, FindingCodes.GoogleCredentialsMissing, 1)]
    public async Task A_token_endpoint_that_gives_no_token_is_named(int status, string body, string code, int asked)
    {
        var requests = 0;
        using var authority = CertificateAuthority.Create(["127.0.0.1"]);
        var listener = new WebListener(
            isTls: false,
            port: 0,
            async context =>
            {
                Interlocked.Increment(ref requests);
                context.Response.StatusCode = status;
                await context.Response.WriteAsync(body, context.RequestAborted);
            }
        );
        await using var listeners = await WebListeners.StartAsync([listener], authority, TestContext.Current.CancellationToken);
        var address = new Uri($"http://{listener.HostAndPort}/token");
        await _google.FetchTokensAtAsync(address);
        using var cloud = new GoogleCloud(_google.Endpoints, _time);

        var refused = await Assert.ThrowsAsync<FindingException>(() =>
            cloud.ReadClustersAsync([Given.Cluster], TestContext.Current.CancellationToken)
        );

        var finding = Assert.Single(refused.Findings);
        Assert.Equal((code, 0, asked), (finding.Code, cloud.Calls, requests));
        Assert.Contains(address.AbsoluteUri, finding.Cause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_certificate_that_is_not_trusted_is_said_at_once(bool isOfTheTokenEndpoint)
    {
        using var authority = CertificateAuthority.Create(["127.0.0.1"]);
        var listener = new WebListener(isTls: true, port: 0, _ => Task.CompletedTask);
        await using var listeners = await WebListeners.StartAsync([listener], authority, TestContext.Current.CancellationToken);
        var address = new Uri($"https://{listener.HostAndPort}/");
        if (isOfTheTokenEndpoint)
        {
            await _google.FetchTokensAtAsync(address);
        }
        else
        {
            _google.Endpoints = _google.Endpoints with { GoogleContainer = address };
        }

        using var cloud = new GoogleCloud(_google.Endpoints, _time);

        var refused = await Assert.ThrowsAsync<FindingException>(() =>
            cloud.ReadClustersAsync([Given.Cluster], TestContext.Current.CancellationToken)
        );

        var finding = Assert.Single(refused.Findings);
        Assert.Equal((FindingCodes.CertificateNotTrusted, "CN=sandbox"), (finding.Code, finding.Actual));
        Assert.Contains(address.AbsoluteUri, finding.Cause, StringComparison.Ordinal);
        Assert.Contains("it comes from an authority that is not trusted here", finding.Cause, StringComparison.Ordinal);
        Assert.Equal(isOfTheTokenEndpoint ? 0 : 1, cloud.Calls);
    }

    [Fact]
    public async Task A_sandbox_never_fetches_a_token_from_another_machine()
    {
        await _google.FetchTokensAtAsync(new Uri("https://oauth2.googleapis.com/token"));
        using var cloud = new GoogleCloud(_google.Endpoints, _time);

        var refused = await Assert.ThrowsAsync<FindingException>(() => cloud.GetAccessTokenAsync(TestContext.Current.CancellationToken));

        Assert.Equal(
            (FindingCodes.EndpointUnreachable, "oauth2.googleapis.com"),
            (Assert.Single(refused.Findings).Code, refused.Findings[0].Actual)
        );
    }
}
