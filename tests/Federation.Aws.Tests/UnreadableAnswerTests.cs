using Amazon.Runtime;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;

namespace Federation.Aws.Tests;

/// <summary>What is neither an answer nor an error of AWS ends in a finding that says what was tried and where it went.</summary>
public sealed class UnreadableAnswerTests
{
    private const string Page = "<html><body>Please log in to the network.</body>";

    private readonly ImpatientTime _time = new();

    [Theory]
    [InlineData(200, "", "text/xml", "HTTP 200, text/xml")]
    [InlineData(200, Page, "text/html", "HTTP 200, text/html")]
    [InlineData(200, "<html><body>Signed in.</body></html>", "text/html", "HTTP 200, text/html")]
    [InlineData(200, "<GetRoleResponse><GetRoleResult><Role><Path>/</Path>", "text/xml", "HTTP 200, text/xml")]
    [InlineData(400, "", "text/plain", "HTTP 400, text/plain")]
    [InlineData(403, Page, "text/html", "HTTP 403, text/html")]
    [InlineData(502, Page, "text/html", "HTTP 502, text/html")]
    [InlineData(503, "", "text/plain", "HTTP 503, text/plain")]
    public async Task An_unreadable_answer_is_reported_with_its_endpoint_and_not_quoted(int status, string body, string type, string answer)
    {
        using var endpoint = new Endpoint(_ => new Answer(status, body, type));

        var refused = await RefusalAsync(endpoint, Given.Workload());

        var finding = Assert.Single(refused.Findings);
        Assert.Equal(("FED8005", "aws/123456789012/role/gke-exports"), (finding.Code, finding.Resource));
        Assert.Equal(
            $"The answer to iam:GetRole in accounts.data (123456789012) cannot be read: {Authority(endpoint)} sent {answer}, which is "
                + "neither an answer nor an error of AWS.",
            finding.Cause
        );
        Assert.Contains("proxy", finding.Fix, StringComparison.Ordinal);
        Assert.DoesNotContain("log in to the network", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_truncated_answer_is_a_lost_connection_and_tried_again()
    {
        using var endpoint = new Endpoint(_ => Answer.BrokenOff);

        var finding = Assert.Single((await RefusalAsync(endpoint, Given.Workload())).Findings);

        Assert.Equal("FED8005", finding.Code);
        Assert.Contains(
            $"could not be reached for iam:GetRole in accounts.data (123456789012) at {Authority(endpoint)}",
            finding.Cause,
            StringComparison.Ordinal
        );
        Assert.Equal(5, endpoint.Requests.Count);
    }

    [Fact]
    public async Task Credentials_in_an_unreadable_answer_come_out_nowhere()
    {
        using var endpoint = new Endpoint(_ => new Answer(
            200,
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><SecretAccessKey>hush</Secret>"
        ));
        var workload = Given.Workload() with { Account = Given.Account with { AssumeRole = "arn:aws:iam::123456789012:role/deployer" } };

        var refused = await RefusalAsync(endpoint, workload);

        Assert.Contains("sts:AssumeRole", Assert.Single(refused.Findings).Cause, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_other_exception_of_the_SDK_is_reported_with_what_was_being_done()
    {
        foreach (
            var fault in (Exception[])[new InvalidOperationException("Sequence contains no elements"), new AmazonClientException("Odd.")]
        )
        {
            var refused = await Assert.ThrowsAsync<FindingException>(() =>
                new AwsCalls(_time).CallAsync<AmazonWebServiceResponse>(
                    new AwsCall(Given.Account, "iam:GetRole", ResourceId.Aws(Given.Account.Id, ResourceKind.Role, "gke-exports")),
                    _ => throw fault,
                    TestContext.Current.CancellationToken
                )
            );

            var finding = Assert.Single(refused.Findings);
            Assert.Equal(("FED8017", "aws/123456789012/role/gke-exports"), (finding.Code, finding.Resource));
            Assert.Contains("iam:GetRole in accounts.data (123456789012)", finding.Cause, StringComparison.Ordinal);
            Assert.Contains(fault.Message, finding.Cause, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_cancelled_run_ends_with_its_cancellation()
    {
        using var stop = new CancellationTokenSource();
        using var endpoint = new Endpoint(request =>
        {
            _ = stop.CancelAsync();
            return Answer.Error(503, "ServiceUnavailable");
        });
        using var cloud = Cloud(endpoint);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReadAsync(cloud, stop.Token));
    }

    private static string Authority(Endpoint endpoint) => endpoint.Clouds.Aws!.Url.GetLeftPart(UriPartial.Authority);

    private AwsCloud Cloud(Endpoint endpoint) => new(Given.Configuration(), new Directory(), endpoint.Clouds, _time);

    private async Task<FindingException> RefusalAsync(Endpoint endpoint, Configuration.Workload workload)
    {
        using var cloud = Cloud(endpoint);
        return await Assert.ThrowsAsync<FindingException>(() => ReadAsync(cloud, TestContext.Current.CancellationToken, workload));
    }

    private static Task<IReadOnlyList<Observation>> ReadAsync(
        AwsCloud cloud,
        CancellationToken cancellationToken,
        Configuration.Workload? workload = null
    ) => cloud.ReadAsync([.. cloud.Desire(Given.Input(Given.Rendered(workload ?? Given.Workload()))).OfType<Role>()], cancellationToken);
}
