using System.Net;
using Federation.Findings;

namespace Federation.Google.Tests;

/// <summary>Tests that change the proxy of the whole process run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessProxy
{
    public const string Name = "the proxy of the process";
}

/// <summary>Endpoints that accept a connection and never answer: each is given up within a minute, and named.</summary>
[Collection(ProcessProxy.Name)]
public sealed class SilenceTests : IAsyncLifetime
{
    private const string Cluster = "get the cluster projects/acme-prod/locations/asia-south1-a/clusters/main";
    private LiveGoogle _google = null!;

    public async ValueTask InitializeAsync() => _google = await LiveGoogle.StartAsync();

    public ValueTask DisposeAsync() => _google.DisposeAsync();

    [Fact]
    public async Task A_silent_API_is_named()
    {
        var time = new ImpatientTime();
        await using var silent = new SilentEndpoint(time.EndTries);
        _google.Endpoints = _google.Endpoints with { GoogleContainer = silent.Address };

        await AssertGivenUpAsync(time, calls: 3, $"{silent.Address} did not answer within 15 seconds when asked to {Cluster}.");
    }

    [Fact]
    public async Task A_silent_token_endpoint_is_named()
    {
        var time = new ImpatientTime { TriesTimeOut = true };
        await using var silent = new SilentEndpoint(() => { });
        await _google.FetchTokensAtAsync(silent.Address);

        await AssertGivenUpAsync(
            time,
            calls: 0,
            $"{silent.Address} did not answer within 15 seconds when asked to get the token to {Cluster}."
        );
    }

    [Fact]
    public async Task A_silent_proxy_is_named_with_the_endpoint_and_without_its_password()
    {
        var time = new ImpatientTime();
        await using var silent = new SilentEndpoint(time.EndTries);
        var before = HttpClient.DefaultProxy;
        HttpClient.DefaultProxy = new WebProxy(
            new UriBuilder(silent.Address) { UserName = "me", Password = "secret" }.Uri,
            BypassOnLocal: true
        );
        try
        {
            _google.Endpoints = _google.Endpoints with { GoogleContainer = new Uri("http://container.example/"), IsSandbox = false };

            await AssertGivenUpAsync(
                time,
                calls: 3,
                $"http://container.example/ (through the proxy 127.0.0.1:{silent.Address.Port}) did not answer within 15 seconds "
                    + $"when asked to {Cluster}."
            );
        }
        finally
        {
            HttpClient.DefaultProxy = before;
        }
    }

    [Fact]
    public async Task A_cancelled_run_is_not_reported_as_silence()
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await using var silent = new SilentEndpoint(cancellation.Cancel);
        _google.Endpoints = _google.Endpoints with { GoogleContainer = silent.Address };
        using var cloud = new GoogleCloud(_google.Endpoints, new ImpatientTime());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cloud.ReadClustersAsync([Given.Cluster], cancellation.Token));
    }

    private async Task AssertGivenUpAsync(ImpatientTime time, int calls, string cause)
    {
        using var cloud = new GoogleCloud(_google.Endpoints, time);

        var refused = await Assert.ThrowsAsync<FindingException>(() =>
            cloud.ReadClustersAsync([Given.Cluster], TestContext.Current.CancellationToken)
        );

        var finding = Assert.Single(refused.Findings);
        Assert.Equal((FindingCodes.EndpointUnreachable, cause), (finding.Code, finding.Cause));
        Assert.Equal(calls, cloud.Calls);
        Assert.Equal(5, time.Waits.Count);
        Assert.InRange(time.Waits.Aggregate(TimeSpan.Zero, (sum, wait) => sum + wait), TimeSpan.FromSeconds(45), TimeSpan.FromSeconds(60));
    }
}
