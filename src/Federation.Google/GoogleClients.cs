using System.Text.Json;
using Federation.Calls;
using Federation.Findings;
using Federation.Resources;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Auth.OAuth2.Flows;
using Google.Apis.Container.v1;
using Google.Apis.Iam.v1;
using Google.Apis.Services;

namespace Federation.Google;

/// <summary>The API clients and the credentials that they share.</summary>
internal sealed class GoogleClients : IDisposable
{
    private readonly ICredential _credential;
    private readonly GoogleHttp _http;

    private GoogleClients(GoogleCredential credential, CloudEndpoints endpoints)
    {
        _credential = credential.UnderlyingCredential;
        _http = new GoogleHttp(endpoints, isOfApi: true);
        Iam = new IamService(Initializer(endpoints.GoogleIam));
        Container = new ContainerService(Initializer(endpoints.GoogleContainer));

        BaseClientService.Initializer Initializer(Uri? address) =>
            new()
            {
                HttpClientInitializer = credential,
                HttpClientFactory = _http,
                ApplicationName = Mark.Tool,
                BaseUri = address?.AbsoluteUri,
            };
    }

    public IamService Iam { get; }

    public ContainerService Container { get; }

    /// <summary>Where access tokens come from.</summary>
    public GoogleEndpoint TokenEndpoint =>
        EndpointOf(
            _credential switch
            {
                ServiceCredential service => service.TokenServerUrl,
                UserCredential { Flow: AuthorizationCodeFlow flow } => flow.TokenServerUrl,
                _ => "the token endpoint of the Google credentials",
            },
            issuesTokens: true
        );

    public GoogleEndpoint EndpointOf(IClientService service) => EndpointOf(service.BaseUri, issuesTokens: false);

    /// <exception cref="FindingException">There are no usable credentials (FED8007).</exception>
    public static async Task<GoogleClients> CreateAsync(CloudEndpoints endpoints) =>
        new(await FindCredentialAsync(endpoints, new GoogleHttp(endpoints, isOfApi: false)), endpoints);

    /// <summary>An access token that is valid for some minutes more. It is cached and renewed shortly before it expires.</summary>
    /// <returns>Null or empty if the token endpoint's answer has none.</returns>
    public async Task<string?> GetAccessTokenAsync(CancellationToken cancellationToken) =>
        await _credential.GetAccessTokenForRequestAsync(cancellationToken: cancellationToken);

    public void Dispose()
    {
        Iam.Dispose();
        Container.Dispose();
    }

    private GoogleEndpoint EndpointOf(string address, bool issuesTokens) =>
        new(
            address,
            _http.UsesProxy && Uri.TryCreate(address, UriKind.Absolute, out var uri) && !HttpClient.DefaultProxy.IsBypassed(uri)
                ? HttpClient.DefaultProxy.GetProxy(uri)
                : null,
            issuesTokens
        );

    /// <summary>
    /// The credentials of the configured file; without one, those that the library finds (Application Default
    /// Credentials). The library would read <c>GOOGLE_APPLICATION_CREDENTIALS</c> too, but only once in a process.
    /// </summary>
    private static async Task<GoogleCredential> FindCredentialAsync(CloudEndpoints endpoints, GoogleHttp http)
    {
        var file = endpoints.GoogleCredentialsFile;
        try
        {
            var credential = file switch
            {
                not null => await CredentialFactory.FromFileAsync(file, await TypeOfAsync(file), CancellationToken.None),
                // The search would call the metadata server, which is another machine.
                null when endpoints.IsSandbox => throw new InvalidOperationException("the sandbox has given no credential file."),
                null => await GoogleCredential.GetApplicationDefaultAsync(),
            };
            return credential.CreateWithHttpClientFactory(http).CreateScoped(IamService.Scope.CloudPlatform);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // Any exception: decoding a damaged private key may throw anything.
            throw new FindingException(
                GoogleFaults.CredentialsMissing(file is null ? fault.Message : $"{file} cannot be used: {fault.Message}"),
                fault
            );
        }
    }

    private static async Task<string> TypeOfAsync(string file)
    {
        await using var content = File.OpenRead(file);
        using var document = await JsonDocument.ParseAsync(content);
        return document.RootElement.TryGetProperty("type", out var type) && type.GetString() is { } name
            ? name
            : throw new InvalidOperationException("a Google credential file has a \"type\", and it has none.");
    }
}

/// <summary>An endpoint that is called.</summary>
/// <param name="Proxy">The proxy that the call goes through.</param>
/// <param name="IssuesTokens">The call is for an access token that the caller's own call needs.</param>
internal sealed record GoogleEndpoint(string Address, Uri? Proxy, bool IssuesTokens)
{
    /// <summary>For messages. Shows only host and port of a proxy, because its address may contain a password.</summary>
    public override string ToString() => Proxy is null ? Address : $"{Address} (through the proxy {Proxy.Host}:{Proxy.Port})";
}
