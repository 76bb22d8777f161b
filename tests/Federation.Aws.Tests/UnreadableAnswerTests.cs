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
    [InlineData(200, "", "text/xml", "HTTP 200, text/xml, without content")]
    [InlineData(200, Page, "text/html", "HTTP 200, text/html, beginning with \"<html><body>Please log in to the network.</body>\"")]
    [InlineData(200, "<html/>\r\nmore", "text/html", "HTTP 200, text/html, beginning with \"<html/>\"")]
    [InlineData(200, "<GetRoleResponse><Role>", "text/xml", "HTTP 200, text/xml, beginning with \"<GetRoleResponse><Role>\"")]
    [InlineData(200, "<GetRoleResponse/>", "text/xml", "HTTP 200, text/xml, beginning with \"<GetRoleResponse/>\"")]
    [InlineData(200, "{}", "application/json", "HTTP 200, application/json, beginning with \"{}\"")]
    [InlineData(302, "", "text/html", "HTTP 302, text/html, without content")]
    [InlineData(400, "", "text/plain", "HTTP 400, text/plain, without content")]
    [InlineData(403, "<p>Go away.</p>", "text/html", "HTTP 403, text/html, beginning with \"<p>Go away.</p>\"")]
    [InlineData(502, "Bad gateway", "text/html", "HTTP 502, text/html, beginning with \"Bad gateway\"")]
    [InlineData(503, "", "text/plain", "HTTP 503, text/plain, without content")]
    public async Task An_answer_that_is_not_AWSs_is_requested_again_and_then_shown(int status, string body, string type, string answer)
    {
        using var endpoint = new Endpoint(_ => new Answer(status, body, type));

        var refused = await RefusalAsync(endpoint, Given.Workload());

        var finding = Assert.Single(refused.Findings);
        Assert.Equal(("FED8015", "aws/123456789012/role/gke-exports"), (finding.Code, finding.Resource));
        Assert.Equal(
            $"The answer to iam:GetRole in accounts.data (123456789012) cannot be read: {Authority(endpoint)} sent {answer}, which is "
                + "neither a whole answer nor an error of AWS.",
            finding.Cause
        );
        Assert.Contains("proxy", finding.Fix, StringComparison.Ordinal);
        Assert.Equal(5, endpoint.Requests.Count);
    }

    [Fact]
    public async Task An_answer_to_another_operation_is_not_taken_for_this_ones()
    {
        using var endpoint = new Endpoint(_ => Answer.Ok("ListRoles"));

        Assert.Equal("FED8015", Assert.Single((await RefusalAsync(endpoint, Given.Workload())).Findings).Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<Role><RoleName>gke-exports</RoleName></Role>")]
    public async Task An_answer_without_what_it_must_hold_does_not_mean_that_the_role_is_absent(string result)
    {
        using var endpoint = new Endpoint(_ => Answer.Ok("GetRole", result));

        Assert.Equal("FED8015", Assert.Single((await RefusalAsync(endpoint, Given.Workload())).Findings).Code);
        Assert.Equal(5, endpoint.Requests.Count);
    }

    [Theory]
    [InlineData("CreateRole")]
    [InlineData("PutRolePolicy")]
    [InlineData("CreateOpenIDConnectProvider")]
    public async Task A_write_that_a_page_answered_is_tried_again_and_never_taken_for_done(string action)
    {
        using var endpoint = new Endpoint(request =>
            request["Action"] == action ? new Answer(200, Page, "text/html") : Answer.Ok(request["Action"])
        );
        using var cloud = Cloud(endpoint);
        var desired = cloud.Desire(Given.Input(Given.Rendered(Given.Workload(), ("s3-list-buckets", Given.ListBuckets))));
        var plan = Planner.Plan(desired, [.. desired.Select(resource => new Observation(resource.Id, Fields: null))]);

        var progress = await Given.ApplyAsync(cloud, plan);

        Assert.Equal("FED8015", Assert.Single(progress.SelectMany(one => one.Findings)).Code);
        Assert.Equal(5, endpoint.Actions.Count(asked => asked == action));
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
