using Federation.Calls;
using Federation.Findings;
using Federation.Planning;

namespace Federation.Aws.Tests;

/// <summary>Live runs: AWS is where the SDK finds it, with the credentials of the SDK's own chain.</summary>
[Collection(SdkEnvironment.Collection)]
public sealed class SdkChainTests
{
    private static readonly CloudEndpoints Live = new();

    [Fact]
    public async Task A_live_run_follows_the_environment()
    {
        using var endpoint = new Endpoint(_ => Answer.Error(404, "NoSuchEntity"));
        using var environment = new SdkEnvironment(endpoint.Clouds.Aws!.Url);
        using var cloud = Cloud(Live);

        await ReadAsync(cloud);

        Assert.Equal(["GetRole"], endpoint.Actions);
    }

    [Fact]
    public async Task A_run_that_is_given_an_endpoint_ignores_the_environment()
    {
        using var elsewhere = new Endpoint(_ => Answer.Error(404, "NoSuchEntity"));
        using var environment = new SdkEnvironment(elsewhere.Clouds.Aws!.Url, withCredentials: false);
        using var endpoint = new Endpoint(_ => Answer.Error(404, "NoSuchEntity"));
        using var cloud = Cloud(endpoint.Clouds);

        await ReadAsync(cloud);

        Assert.Empty(elsewhere.Actions);
        Assert.Equal(["GetRole"], endpoint.Actions);
    }

    [Fact]
    public async Task Without_credentials_the_finding_says_where_they_were_searched()
    {
        using var environment = new SdkEnvironment(new Uri("http://127.0.0.1:1"), withCredentials: false);
        using var cloud = Cloud(Live);

        var refused = await Assert.ThrowsAsync<FindingException>(() => ReadAsync(cloud));

        var finding = Assert.Single(refused.Findings);
        Assert.Equal("FED8001", finding.Code);
        Assert.Contains("aws sso login", finding.Fix, StringComparison.Ordinal);
        Assert.Equal(
            "There are no usable AWS credentials for accounts.data (123456789012): AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not "
                + "set, AWS_WEB_IDENTITY_TOKEN_FILE is not set to an absolute path, there is no profile default, and this machine has no "
                + "instance metadata that gives any.",
            finding.Cause
        );
    }

    private static AwsCloud Cloud(CloudEndpoints endpoints) => new(Given.Configuration(), new Directory(), endpoints, new ImpatientTime());

    private static Task<IReadOnlyList<Observation>> ReadAsync(AwsCloud cloud) =>
        cloud.ReadAsync(
            [.. cloud.Desire(Given.Input(Given.Rendered(Given.Workload()))).OfType<Role>()],
            TestContext.Current.CancellationToken
        );
}

/// <summary>Runs alone, because its tests change the environment of the whole process.</summary>
[CollectionDefinition(SdkEnvironment.Collection, DisableParallelization = true)]
public sealed class SdkEnvironmentRunsAlone;
