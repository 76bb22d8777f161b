using System.Xml;
using Amazon.Runtime;
using Federation.Calls;

namespace Federation.Aws;

/// <summary>
/// The one HTTP client of all AWS clients of a run. It records in <see cref="CallTrace"/> where each call went and what came, and
/// lets through no success that is not AWS's.
/// </summary>
/// <param name="endpoint">Where AWS is. An address of this machine is never reached through a proxy.</param>
internal sealed class AwsHttp(AwsEndpoint? endpoint) : HttpClientFactory, IDisposable
{
    private readonly HttpClient _client = new(
        new TracingHandler(
            new SocketsHttpHandler
            {
                ConnectTimeout = CallPolicy.ConnectTimeout,
                AllowAutoRedirect = false,
                UseCookies = false,
                UseProxy = endpoint is not { Url.IsLoopback: true },
                SslOptions = { RemoteCertificateValidationCallback = CertificateNotTrustedException.ThrowUnlessTrusted },
            }
        )
    )
    {
        // AwsCalls bounds each try.
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => _client;

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

    public void Dispose() => _client.Dispose();

    private sealed class TracingHandler(SocketsHttpHandler sockets) : DelegatingHandler(sockets)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var trace = CallTrace.Current;
            if (trace is not null && request.RequestUri is { } address)
            {
                trace.Endpoint = address;
                trace.Proxy =
                    sockets.UseProxy && !HttpClient.DefaultProxy.IsBypassed(address) ? HttpClient.DefaultProxy.GetProxy(address) : null;
            }

            var response = await base.SendAsync(request, cancellationToken);
            if (trace is null)
            {
                return response;
            }

            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            trace.Answer = UnreadableAnswerException.Describe(response, body);
            if (!response.IsSuccessStatusCode || IsAnswer(body, trace.Operation))
            {
                return response;
            }

            using (response)
            {
                throw new UnreadableAnswerException(trace.Answer);
            }
        }

        /// <summary>A whole answer of the AWS Query protocol to the operation. Each has a request id.</summary>
        private static bool IsAnswer(byte[] body, string operation)
        {
            try
            {
                using var content = new MemoryStream(body, writable: false);
                using var xml = XmlReader.Create(content);
                var isItsAnswer = xml.MoveToContent() == XmlNodeType.Element && xml.LocalName == operation + "Response";
                var hasId = false;
                while (isItsAnswer && xml.Read())
                {
                    hasId |= xml is { NodeType: XmlNodeType.Element, LocalName: "RequestId", IsEmptyElement: false };
                }

                return hasId;
            }
            catch (XmlException)
            {
                return false;
            }
        }
    }
}

/// <summary>Where the last try of a call went and what came back: what a finding names when the answer itself says nothing.</summary>
/// <param name="operation">The name of the operation that is called, such as <c>GetRole</c>.</param>
internal sealed class CallTrace(string operation)
{
    private static readonly AsyncLocal<CallTrace?> Flow = new();

    /// <summary>The trace of the call that is being made in this flow of control; null outside of calls.</summary>
    public static CallTrace? Current => Flow.Value;

    public string Operation => operation;

    /// <summary>The tries made so far.</summary>
    public int Tries { get; private set; }

    /// <summary>Null if nothing was sent.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>Null where the connection was to the endpoint itself.</summary>
    public Uri? Proxy { get; set; }

    /// <summary>The answer as <see cref="UnreadableAnswerException.Answer"/> says it; null if there was none.</summary>
    public string? Answer { get; set; }

    /// <summary>Begins a try of this call in the current flow of control.</summary>
    public void BeginTry()
    {
        (Endpoint, Proxy, Answer) = (null, null, null);
        Tries++;
        Flow.Value = this;
    }
}
