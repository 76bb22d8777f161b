using Amazon.Runtime;
using Federation.Calls;

namespace Federation.Aws;

/// <summary>The one HTTP client of all AWS clients of a run.</summary>
/// <param name="endpoint">Where AWS is; a proxy is never asked for an address of this machine.</param>
internal sealed class AwsHttp(AwsEndpoint? endpoint) : HttpClientFactory, IDisposable
{
    private readonly HttpClient _client = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = endpoint is not { Url.IsLoopback: true },
        }
    );

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => _client;

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

    public void Dispose() => _client.Dispose();
}
