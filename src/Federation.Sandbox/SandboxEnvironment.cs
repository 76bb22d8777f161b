using System.Collections;
using System.Text;
using Federation.Sandbox.Hosting;

namespace Federation.Sandbox;

/// <summary>The variables that point real clients at a sandbox, and the shell file that sets them.</summary>
internal static class SandboxEnvironment
{
    public const string ConnectToVariable = "FEDERATION_CONNECT_TO";
    public const string CertificateAuthorityVariable = "FEDERATION_CA_FILE";
    public const string FileName = "env.sh";

    /// <summary>
    /// Variables of these clouds' tools, whatever follows: each could send a client elsewhere, or win over what is exported.
    /// </summary>
    private static readonly string[] Prefixes = ["AWS_", "GOOGLE_", "CLOUDSDK_", "GCE_", "GCLOUD_"];

    /// <summary>Those that are known to win, named so that they are unset whether or not they are set here.</summary>
    private static readonly string[] Known =
    [
        "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION",
        "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_S3", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_STS_REGIONAL_ENDPOINTS", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_CA_BUNDLE",
        "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_QUOTA_PROJECT", "GOOGLE_GHA_CREDS_PATH", "GOOGLE_API_USE_CLIENT_CERTIFICATE", "GOOGLE_API_USE_MTLS_ENDPOINT",
        "GCE_METADATA_HOST", "GCE_METADATA_IP", "GCE_METADATA_ROOT", "GCLOUD_PROJECT",
        "CLOUDSDK_ACTIVE_CONFIG_NAME", "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE", "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT",
        "CLOUDSDK_CORE_ACCOUNT", "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", "CLOUDSDK_COMPUTE_REGION", "CLOUDSDK_COMPUTE_ZONE", "CLOUDSDK_CONTAINER_CLUSTER",
        "CLOUDSDK_PROXY_ADDRESS", "CLOUDSDK_PROXY_PORT", "CLOUDSDK_PROXY_TYPE",
        "KUBECTL_EXTERNAL_DIFF",
    ];

    /// <summary>What is set around this process, or may be around another, and is not among the exported.</summary>
    public static IReadOnlyList<string> Unset(IReadOnlyDictionary<string, string> exported) => [.. Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .Select(variable => (string)variable.Key)
        .Where(name => Prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_'))
        .Concat(Known)
        .Where(name => !exported.ContainsKey(name))
        .Distinct(StringComparer.Ordinal)
        .Order(StringComparer.Ordinal)];

    /// <summary>A proxy would be asked for loopback addresses too: what already bypasses it, and these.</summary>
    public static string NoProxy()
    {
        var present = Environment.GetEnvironmentVariable("NO_PROXY") ?? Environment.GetEnvironmentVariable("no_proxy");
        return string.IsNullOrEmpty(present) ? "127.0.0.1,localhost" : "127.0.0.1,localhost," + present;
    }

    /// <summary>A file for POSIX shells: no value in it can be read as anything but a value.</summary>
    public static Task WriteAsync(
        string directory, IReadOnlyDictionary<string, string> exported, IReadOnlyList<string> unset, CancellationToken cancellationToken)
    {
        var script = new StringBuilder("# Points AWS, Google and Kubernetes clients at the sandbox: . ").Append(FileName).Append('\n');
        script.Append("unset ").AppendJoin(' ', unset).Append('\n');
        // Endpoints of single services win over the one endpoint of all, and there are hundreds.
        script.Append("for federation_name in $(env | sed -n 's/^\\(AWS_ENDPOINT_URL_[A-Za-z0-9_]*\\)=.*/\\1/p'); do unset \"$federation_name\"; done; unset federation_name\n");
        foreach (var (name, value) in exported.OrderBy(variable => variable.Key, StringComparer.Ordinal))
        {
            script.Append("export ").Append(name).Append("='").Append(value.Replace("'", "'\\''", StringComparison.Ordinal)).Append("'\n");
        }

        return PrivateFile.WriteAsync(Path.Combine(directory, FileName), script.ToString(), cancellationToken);
    }
}
