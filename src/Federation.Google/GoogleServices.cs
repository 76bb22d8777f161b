using System.Text.Json;
using Federation.Findings;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Container.v1;
using Google.Apis.Iam.v1;
using Google.Apis.Services;

namespace Federation.Google;

/// <summary>
/// The API clients, on Application Default Credentials. <c>CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM</c> and
/// <c>_CONTAINER</c>, the gcloud CLI's own variables, lead them elsewhere.
/// </summary>
internal sealed class GoogleServices : IDisposable
{
    private readonly Lazy<Task<GoogleCredential>> _credential = new(FindCredentialAsync);
    private IamService? _iam;
    private ContainerService? _container;

    public async Task<IamService> IamAsync()
    {
        var credential = await _credential.Value;
        return _iam ??= new IamService(Initializer(credential, "IAM"));
    }

    public async Task<ContainerService> ContainerAsync()
    {
        var credential = await _credential.Value;
        return _container ??= new ContainerService(Initializer(credential, "CONTAINER"));
    }

    public async Task<string> GetAccessTokenAsync(CancellationToken cancellationToken) =>
        await (await _credential.Value).UnderlyingCredential.GetAccessTokenForRequestAsync(cancellationToken: cancellationToken);

    public void Dispose()
    {
        _iam?.Dispose();
        _container?.Dispose();
    }

    private static BaseClientService.Initializer Initializer(GoogleCredential credential, string api)
    {
        var endpoint = Environment.GetEnvironmentVariable("CLOUDSDK_API_ENDPOINT_OVERRIDES_" + api);
        return new BaseClientService.Initializer
        {
            HttpClientInitializer = credential,
            ApplicationName = "gke-to-aws-federation",
            // Relative paths are resolved against it: without the slash its last segment would be lost.
            BaseUri = string.IsNullOrEmpty(endpoint) ? null : endpoint.TrimEnd('/') + "/",
        };
    }

    /// <summary>
    /// The file that <c>GOOGLE_APPLICATION_CREDENTIALS</c> names, else where Application Default Credentials look
    /// next. The library finds the file too, but only once in the life of a process.
    /// </summary>
    private static async Task<GoogleCredential> FindCredentialAsync()
    {
        var file = Environment.GetEnvironmentVariable("GOOGLE_APPLICATION_CREDENTIALS");
        try
        {
            var credential = string.IsNullOrEmpty(file)
                ? await GoogleCredential.GetApplicationDefaultAsync()
                : await CredentialFactory.FromFileAsync(file, await TypeOfAsync(file), CancellationToken.None);
            return credential.CreateScoped(IamService.Scope.CloudPlatform);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // Any: the library's decoder of private keys throws whatever the bytes of a damaged key lead it to.
            throw new FindingException(
                GoogleFaults.CredentialsMissing(string.IsNullOrEmpty(file) ? fault.Message : $"{file} cannot be used: {fault.Message}"),
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
