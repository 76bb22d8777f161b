using Amazon.Runtime;

namespace Federation.Aws.Tests;

/// <summary>
/// Sets what the SDK's own chain finds in the environment, for one test. Tests that use it belong to one collection, because the
/// environment is that of the whole process.
/// </summary>
internal sealed class SdkEnvironment : IDisposable
{
    public const string Collection = "the SDK's own chain";

    private readonly Dictionary<string, string?> _before = new(StringComparer.Ordinal);

    public SdkEnvironment(Uri endpoint, bool withCredentials = true)
    {
        Set("AWS_ENDPOINT_URL", endpoint.ToString());
        Set("AWS_ACCESS_KEY_ID", withCredentials ? "AKIAIOSFODNN7EXAMPLE" : null);
        Set("AWS_SECRET_ACCESS_KEY", withCredentials ? "secret" : null);
        Set("AWS_EC2_METADATA_DISABLED", "true");
        Set("AWS_CONFIG_FILE", Path.Join(AppContext.BaseDirectory, "no-config"));
        Set("AWS_SHARED_CREDENTIALS_FILE", Path.Join(AppContext.BaseDirectory, "no-credentials"));
        FallbackRegionFactory.Reset();
    }

    public void Dispose()
    {
        foreach (var (name, value) in _before)
        {
            Environment.SetEnvironmentVariable(name, value);
        }
    }

    /// <summary>Sets a variable until the test ends.</summary>
    public void Set(string name, string? value)
    {
        _before.Add(name, Environment.GetEnvironmentVariable(name));
        Environment.SetEnvironmentVariable(name, value);
    }
}
