using Google.Apis.Auth.OAuth2;
using Google.Apis.Auth.OAuth2.Responses;
using Google.Apis.Container.v1;
using Google.Apis.Iam.v1;
using Google.Apis.Services;
using Federation.Diagnosis;

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

    private static async Task<GoogleCredential> FindCredentialAsync()
    {
        try
        {
            return (await GoogleCredential.GetApplicationDefaultAsync()).CreateScoped(IamService.Scope.CloudPlatform);
        }
        catch (Exception fault) when (fault is InvalidOperationException or TokenResponseException or IOException)
        {
            throw new FindingException(GoogleFaults.CredentialsMissing(fault.Message), fault);
        }
    }
}
