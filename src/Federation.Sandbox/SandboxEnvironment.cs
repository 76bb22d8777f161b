using System.Security.Cryptography;
using System.Text;
using Federation.Calls;
using Federation.Issuers;
using Federation.Sandbox.Aws;
using Federation.Sandbox.Hosting;

namespace Federation.Sandbox;

/// <summary>The variables that point real clients at a sandbox, and the shell file that sets them.</summary>
internal static class SandboxEnvironment
{
    /// <summary>
    /// The prefixes of variables of these clouds' tools, each of which could lead a client elsewhere.
    /// </summary>
    private static readonly string[] Prefixes = ["AWS_", "GOOGLE_", "CLOUDSDK_", "GCE_", "GCLOUD_"];

    /// <summary>Variables that take precedence over the exported ones. They are unset even if they are not set here.</summary>
    private static readonly string[] Known =
    [
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_SECURITY_TOKEN",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_ENDPOINT_URL_IAM",
        "AWS_ENDPOINT_URL_STS",
        "AWS_ENDPOINT_URL_S3",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_STS_REGIONAL_ENDPOINTS",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_USE_DUALSTACK_ENDPOINT",
        "AWS_CA_BUNDLE",
        "GOOGLE_CLOUD_PROJECT",
        "GOOGLE_CLOUD_QUOTA_PROJECT",
        "GOOGLE_GHA_CREDS_PATH",
        "GOOGLE_API_USE_CLIENT_CERTIFICATE",
        "GOOGLE_API_USE_MTLS_ENDPOINT",
        "GCE_METADATA_HOST",
        "GCE_METADATA_IP",
        "GCE_METADATA_ROOT",
        "GCLOUD_PROJECT",
        "CLOUDSDK_ACTIVE_CONFIG_NAME",
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE",
        "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
        "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT",
        "CLOUDSDK_CORE_ACCOUNT",
        "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
        "CLOUDSDK_COMPUTE_REGION",
        "CLOUDSDK_COMPUTE_ZONE",
        "CLOUDSDK_CONTAINER_CLUSTER",
        "CLOUDSDK_PROXY_ADDRESS",
        "CLOUDSDK_PROXY_PORT",
        "CLOUDSDK_PROXY_TYPE",
        "KUBECTL_EXTERNAL_DIFF",
    ];

    /// <summary>The exported variables.</summary>
    public static IReadOnlyDictionary<string, string> Variables(
        SandboxOptions options,
        SandboxFiles files,
        Uri awsEndpoint,
        Uri googleEndpoint,
        AccessKey key,
        string googleAccessToken,
        ConnectTo connectTo
    )
    {
        // A proxy would be asked for loopback addresses too.
        var noProxy = string.IsNullOrEmpty(options.NoProxy) ? "127.0.0.1,localhost" : "127.0.0.1,localhost," + options.NoProxy;
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [CloudEndpoints.Variables.Aws] = awsEndpoint.AbsoluteUri.TrimEnd('/'),
            ["AWS_ACCESS_KEY_ID"] = key.AccessKeyId,
            ["AWS_SECRET_ACCESS_KEY"] = key.SecretAccessKey,
            ["AWS_REGION"] = options.Accounts[0].Region,
            ["AWS_DEFAULT_REGION"] = options.Accounts[0].Region,
            // aws caches a role's credentials in the home folder, by role and session name, so the name must be unique.
            ["AWS_ROLE_SESSION_NAME"] = "sandbox-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)),
            ["AWS_EC2_METADATA_DISABLED"] = "true",
            ["AWS_CONFIG_FILE"] = files.AwsConfig,
            ["AWS_SHARED_CREDENTIALS_FILE"] = files.AwsCredentials,
            ["CLOUDSDK_CONFIG"] = files.CloudSdkConfig,
            ["CLOUDSDK_CORE_PROJECT"] = options.Clusters[0].Project,
            ["CLOUDSDK_AUTH_ACCESS_TOKEN"] = googleAccessToken,
            [CloudEndpoints.Variables.GoogleIam] = googleEndpoint.AbsoluteUri,
            [CloudEndpoints.Variables.GoogleContainer] = googleEndpoint.AbsoluteUri,
            // No prompts, usage reports, metadata lookups, log files and update checks.
            ["CLOUDSDK_CORE_DISABLE_PROMPTS"] = "1",
            ["CLOUDSDK_CORE_DISABLE_USAGE_REPORTING"] = "true",
            ["CLOUDSDK_CORE_CHECK_GCE_METADATA"] = "false",
            ["CLOUDSDK_CORE_DISABLE_FILE_LOGGING"] = "true",
            ["CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK"] = "true",
            ["CLOUDSDK_SURVEY_DISABLE_PROMPTS"] = "true",
            [CloudEndpoints.Variables.GoogleCredentials] = files.GoogleKey,
            [CloudEndpoints.Variables.KubeConfig] = files.KubeConfig,
            ["KUBECACHEDIR"] = files.KubeCache,
            [CloudEndpoints.Variables.IssuerConnectTo] = connectTo.ToString(),
            [CloudEndpoints.Variables.IssuerAuthority] = files.Authority,
            ["NO_PROXY"] = noProxy,
            ["no_proxy"] = noProxy,
        };
    }

    /// <summary>The variables of pods: AWS's endpoint without credentials.</summary>
    public static IReadOnlyDictionary<string, string> OfPods(IReadOnlyDictionary<string, string> exported) =>
        ((string[])["AWS_ENDPOINT_URL", "AWS_EC2_METADATA_DISABLED", "NO_PROXY", "no_proxy"]).ToDictionary(
            name => name,
            name => exported[name],
            StringComparer.Ordinal
        );

    /// <summary>
    /// The variables to unset: those known to win over the exported ones, and those of the same tools among the ambient ones.
    /// </summary>
    public static IReadOnlyList<string> Unset(IEnumerable<string> ambient, IReadOnlyDictionary<string, string> exported) =>
        [
            .. ambient
                .Where(name =>
                    Prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                    && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_')
                )
                .Concat(Known)
                .Where(name => !exported.ContainsKey(name))
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>Writes a file for POSIX shells to source. Values are quoted.</summary>
    public static Task WriteAsync(
        string path,
        IReadOnlyDictionary<string, string> exported,
        IReadOnlyList<string> unset,
        CancellationToken cancellationToken
    )
    {
        var script = new StringBuilder("# Points AWS, Google and Kubernetes clients at the sandbox: . ")
            .Append(Path.GetFileName(path))
            .Append('\n');
        script.Append("unset ").AppendJoin(' ', unset).Append('\n');
        // The endpoints of single services take precedence, and there are hundreds of them.
        script.Append(
            "for federation_name in $(env | sed -n 's/^\\(AWS_ENDPOINT_URL_[A-Za-z0-9_]*\\)=.*/\\1/p'); do "
                + "unset \"$federation_name\"; done; unset federation_name\n"
        );
        foreach (var (name, value) in exported.OrderBy(variable => variable.Key, StringComparer.Ordinal))
        {
            script.Append("export ").Append(name).Append("='").Append(value.Replace("'", "'\\''", StringComparison.Ordinal)).Append("'\n");
        }

        return PrivateFile.WriteAsync(path, script.ToString(), cancellationToken);
    }
}
