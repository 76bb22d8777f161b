using Federation.Calls;
using Federation.Configuration;
using Federation.Findings;

namespace Federation.Aws.Tests;

/// <summary>A call to a port that accepts and never answers ends within a minute of the clock, and the port is named.</summary>
[Collection(SdkEnvironment.Collection)]
public sealed class SilenceTests
{
    private readonly ImpatientTime _time = new();

    [Fact]
    public async Task A_silent_endpoint_is_named()
    {
        using var silent = new SilentEndpoint(_time.EndLimits);

        var finding = await ReadingFailsAsync(Given.CloudsAt(silent.Url), Given.Account);

        Assert.Equal("FED8005", finding.Code);
        Assert.Equal(
            $"AWS did not answer iam:GetRole in accounts.data (123456789012): {Authority(silent)} sent no answer within 15 seconds, in the "
                + "last of 3 tries.",
            finding.Cause
        );
        Assert.InRange(_time.Passed, TimeSpan.FromSeconds(45), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_silent_endpoint_is_named_while_a_role_is_assumed_for_credentials()
    {
        using var silent = new SilentEndpoint(_time.EndLimits);
        var account = Given.Account with { AssumeRole = "arn:aws:iam::123456789012:role/ci/deployer" };

        var finding = await ReadingFailsAsync(Given.CloudsAt(silent.Url), account);

        Assert.Equal(("FED8005", "aws/123456789012/role/deployer"), (finding.Code, finding.Resource));
        Assert.Contains(
            $"did not answer sts:AssumeRole in accounts.data (123456789012): {Authority(silent)}",
            finding.Cause,
            StringComparison.Ordinal
        );
        Assert.InRange(_time.Passed, TimeSpan.FromSeconds(45), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_silent_proxy_is_named_beside_the_endpoint()
    {
        using var silent = new SilentEndpoint(_time.EndLimits);
        using var environment = new SdkEnvironment(new Uri("http://aws.example"));
        var before = HttpClient.DefaultProxy;
        HttpClient.DefaultProxy = new System.Net.WebProxy(silent.Url);
        try
        {
            var finding = await ReadingFailsAsync(new CloudEndpoints(), Given.Account);

            Assert.Equal("FED8005", finding.Code);
            Assert.Contains(
                $"http://aws.example (through the proxy {silent.Url.Authority}) sent no answer",
                finding.Cause,
                StringComparison.Ordinal
            );
            Assert.Contains("NO_PROXY", finding.Fix, StringComparison.Ordinal);
        }
        finally
        {
            HttpClient.DefaultProxy = before;
        }
    }

    [Fact]
    public async Task An_endless_search_for_credentials_is_told_apart_from_a_call()
    {
        using var silent = new SilentEndpoint(_time.EndLimits);
        using var environment = new SdkEnvironment(new Uri("http://127.0.0.1:1"), withCredentials: false);
        environment.Set("AWS_CONTAINER_CREDENTIALS_FULL_URI", silent.Url.AbsoluteUri);

        var finding = await ReadingFailsAsync(new CloudEndpoints(), Given.Account);

        Assert.Equal(
            (
                "FED8001",
                "There are no usable AWS credentials for accounts.data (123456789012): the AWS SDK's search for them did not end within "
                    + "40 seconds."
            ),
            (finding.Code, finding.Cause)
        );
        Assert.Equal(TimeSpan.FromSeconds(40), _time.Passed);
    }

    private static string Authority(SilentEndpoint silent) => silent.Url.GetLeftPart(UriPartial.Authority);

    private async Task<Finding> ReadingFailsAsync(CloudEndpoints clouds, Account account)
    {
        using var cloud = new AwsCloud(Given.Configuration(), new Directory(), clouds, _time);
        var roles = cloud.Desire(Given.Input(Given.Rendered(Given.Workload() with { Account = account }))).OfType<Role>();
        var refused = await Assert.ThrowsAsync<FindingException>(() => cloud.ReadAsync([.. roles], TestContext.Current.CancellationToken));
        return Assert.Single(refused.Findings);
    }
}
