using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.Credentials;

namespace Federation.Sandbox.AwsCli;

/// <summary>A service refused a call: exit code 254.</summary>
internal sealed class ServiceException(string operation, AmazonServiceException cause)
    : Exception($"An error occurred ({cause.ErrorCode}) when calling the {operation} operation: {cause.Message}", cause);

internal static class Service
{
    public static void Configure(ClientConfig config, CommandLine line, string service)
    {
        if (line.EndpointUrl(service) is { } endpoint)
        {
            config.ServiceURL = endpoint;
            config.AuthenticationRegion = line.Region;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(line.Region);
        }

        // A validation should fail soon.
        config.MaxErrorRetry = 1;
        config.Timeout = TimeSpan.FromSeconds(20);
    }

    /// <exception cref="ServiceException">The service refused.</exception>
    public static async Task<T> CallAsync<T>(string operation, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (AmazonServiceException exception) when (!string.IsNullOrEmpty(exception.ErrorCode))
        {
            throw new ServiceException(operation, exception);
        }
    }
}

/// <summary>Credentials from the SDK's chain: keys in the environment, a web identity token, a profile.</summary>
internal static class Credentials
{
    private const string Missing = "Unable to locate credentials. You can configure credentials by running \"aws configure\".";

    /// <summary>Fetches the credentials at once, so that a refused token is not taken for a refused call.</summary>
    /// <exception cref="ConfigurationException">There are no credentials, or the token file cannot be read.</exception>
    /// <exception cref="ServiceException">STS refused the token.</exception>
    public static async Task<AWSCredentials> ResolveAsync(CommandLine line)
    {
        // The chain's STS client reads its region from this variable; and no pod runs on EC2.
        Environment.SetEnvironmentVariable("AWS_REGION", line.Region);
        Environment.SetEnvironmentVariable("AWS_EC2_METADATA_DISABLED", "true");
        if (
            CommandLine.Variable("AWS_WEB_IDENTITY_TOKEN_FILE") is { } file
            && CommandLine.Variable("AWS_ACCESS_KEY_ID") is null
            && !File.Exists(file)
        )
        {
            throw new ConfigurationException($"[Errno 2] No such file or directory: '{file}'");
        }

        try
        {
            var credentials = DefaultAWSCredentialsIdentityResolver.GetCredentials();
            await credentials.GetCredentialsAsync();
            return credentials;
        }
        catch (Exception exception) when (Refusal(exception) is { } refusal)
        {
            throw new ServiceException("AssumeRoleWithWebIdentity", refusal);
        }
        catch (Exception exception) when (exception is AmazonClientException or AmazonServiceException)
        {
            throw exception.GetBaseException() is HttpRequestException unreachable
                ? unreachable
                : new ConfigurationException(CommandLine.Variable("AWS_WEB_IDENTITY_TOKEN_FILE") is null ? Missing : exception.Message);
        }
    }

    private static AmazonServiceException? Refusal(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is AmazonServiceException { ErrorCode.Length: > 0 } refusal)
            {
                return refusal;
            }
        }

        return null;
    }
}
