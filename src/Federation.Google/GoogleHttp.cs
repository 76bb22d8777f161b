using System.Net;
using Federation.Calls;
using Google.Apis.Http;

namespace Federation.Google;

/// <summary>
/// Creates the HTTP clients of Google's API clients and of their credentials: connections are bounded in time, nothing is
/// retried here (<see cref="CallPolicy"/> does that), a page in place of an answer is told apart from one, and a sandbox's
/// clients stay on this machine.
/// </summary>
/// <param name="isOfApi">
/// The clients call APIs, which answer with JSON objects. Those of credentials may read other things as well, such as the text of
/// a metadata server; only their POSTs, which fetch tokens, are answered so.
/// </param>
internal sealed class GoogleHttp(CloudEndpoints endpoints, bool isOfApi) : HttpClientFactory, IHttpClientFactory
{
    /// <summary>A proxy is another machine, and a sandbox needs none.</summary>
    public bool UsesProxy => !endpoints.IsSandbox;

    ConfigurableHttpClient IHttpClientFactory.CreateHttpClient(CreateHttpClientArgs args)
    {
        foreach (var retries in args.Initializers.OfType<ExponentialBackOffInitializer>().ToArray())
        {
            args.Initializers.Remove(retries);
        }

        return CreateHttpClient(args);
    }

    protected override HttpMessageHandler CreateHandler(CreateHttpClientArgs args) =>
        new Handler(
            endpoints,
            new JsonAnswers(request => isOfApi || request.Method == HttpMethod.Post)
            {
                InnerHandler = new SocketsHttpHandler
                {
                    ConnectTimeout = CallPolicy.ConnectTimeout,
                    AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Deflate,
                    // ConfigurableMessageHandler, which is put around this handler, follows redirects itself.
                    AllowAutoRedirect = false,
                    UseCookies = false,
                    UseProxy = UsesProxy,
                    SslOptions = { RemoteCertificateValidationCallback = CertificateNotTrustedException.ThrowUnlessTrusted },
                },
            }
        );

    private sealed class Handler(CloudEndpoints endpoints, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            endpoints.Confine(request.RequestUri!.Host, "A Google credential or a redirect");
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
            {
                // SocketsHttpHandler reports its connect timeout as a cancellation, which the library would swallow when
                // it fetches a token.
                throw new HttpRequestException(
                    HttpRequestError.ConnectionError,
                    $"no connection was made within {CallPolicy.ConnectTimeout.TotalSeconds:0} seconds",
                    late
                );
            }
        }
    }
}
