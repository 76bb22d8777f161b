using System.Text.Json;
using Federation.Calls;
using Federation.Findings;
using Federation.Resources;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Container.v1;
using Google.Apis.Iam.v1;
using Google.Apis.Services;

namespace Federation.Google;

/// <summary>The API clients and the credentials they share. Made when they are first asked for.</summary>
internal sealed class GoogleServices : IDisposable
{
    private readonly CloudEndpoints _endpoints;
    private readonly Lazy<Task<GoogleCredential>> _credential;
    private IamService? _iam;
    private ContainerService? _container;

    /// <exception cref="FindingException">A sandbox's endpoints lead to another machine (FED8005).</exception>
    public GoogleServices(CloudEndpoints endpoints)
    {
        Confine(endpoints.GoogleIam, CloudEndpoints.Variables.GoogleIam);
        Confine(endpoints.GoogleContainer, CloudEndpoints.Variables.GoogleContainer);
        _endpoints = endpoints;
        _credential = new(FindCredentialAsync);

        void Confine(Uri? address, string variable)
        {
            if (address is not null)
            {
                endpoints.Confine(address.Host, variable);
            }
        }
    }

    public async Task<IamService> IamAsync()
    {
        var credential = await _credential.Value;
        return _iam ??= new IamService(Initializer(credential, _endpoints.GoogleIam));
    }

    public async Task<ContainerService> ContainerAsync()
    {
        var credential = await _credential.Value;
        return _container ??= new ContainerService(Initializer(credential, _endpoints.GoogleContainer));
    }

    public async Task<string> GetAccessTokenAsync(CancellationToken cancellationToken) =>
        await (await _credential.Value).UnderlyingCredential.GetAccessTokenForRequestAsync(cancellationToken: cancellationToken);

    public void Dispose()
    {
        _iam?.Dispose();
        _container?.Dispose();
    }

    private static BaseClientService.Initializer Initializer(GoogleCredential credential, Uri? address) =>
        new()
        {
            HttpClientInitializer = credential,
            ApplicationName = Mark.Tool,
            BaseUri = address?.AbsoluteUri,
        };

    /// <summary>
    /// The credentials of the configured file; without one, those that the library finds (Application Default
    /// Credentials). The library would read <c>GOOGLE_APPLICATION_CREDENTIALS</c> too, but only once in a process.
    /// </summary>
    private async Task<GoogleCredential> FindCredentialAsync()
    {
        var file = _endpoints.GoogleCredentialsFile;
        try
        {
            var credential = file switch
            {
                not null => await CredentialFactory.FromFileAsync(file, await TypeOfAsync(file), CancellationToken.None),
                // A search would ask the metadata server, which is another machine.
                null when _endpoints.IsSandbox => throw new InvalidOperationException("the sandbox has given no credential file."),
                null => await GoogleCredential.GetApplicationDefaultAsync(),
            };
            return credential.CreateScoped(IamService.Scope.CloudPlatform);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // Every exception: decoding a damaged private key may throw anything.
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
            : throw new InvalidOperationException("it is no Google credential file, which has a \"type\".");
    }
}
