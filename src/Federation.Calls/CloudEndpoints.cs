using System.Collections.Immutable;

namespace Federation.Calls;

/// <summary>
/// Where the clouds are, and by which files their clients prove who they are. A value: it is made once, from the
/// environment for the live clouds or by the sandbox, and handed to every client; no client reads a variable itself.
/// </summary>
public sealed record CloudEndpoints
{
    /// <summary>Where AWS is; null: wherever the SDK finds it, with the credentials of its own chain.</summary>
    public AwsEndpoint? Aws { get; init; }

    /// <summary>The base address of Google's IAM API; null: its own.</summary>
    public Uri? GoogleIam { get; init; }

    /// <summary>The base address of Google's GKE API; null: its own.</summary>
    public Uri? GoogleContainer { get; init; }

    /// <summary>The Google credential file; null: wherever Application Default Credentials are found.</summary>
    public string? GoogleCredentialsFile { get; init; }

    /// <summary>The kubeconfig files, read as one as kubectl does; null: the default one of the user.</summary>
    public ImmutableArray<string>? KubeConfigs { get; init; }

    /// <summary>Where connections to issuers go, in the syntax of curl's <c>--connect-to</c>; null: where their names lead.</summary>
    public string? IssuerConnectTo { get; init; }

    /// <summary>A PEM file of trust anchors for issuers, beside the system's; null: none.</summary>
    public string? IssuerAuthorityFile { get; init; }

    /// <summary>Every address that is not the cloud's own, by the variable that overrides it: shown, and reported.</summary>
    public ImmutableSortedDictionary<string, string> Overrides { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>They are a sandbox's: nothing but this machine may be called.</summary>
    public bool IsSandbox { get; init; }

    /// <summary>The clouds as the environment describes them.</summary>
    /// <param name="variable">Gives the value of an environment variable.</param>
    /// <param name="names">The names of all variables that are set.</param>
    public static CloudEndpoints FromEnvironment(Func<string, string?> variable, IEnumerable<string> names)
    {
        string? Value(string name) => variable(name) is { Length: > 0 } value ? value : null;
        Uri? Address(string name) => Value(name) is { } value ? new Uri(value.TrimEnd('/') + "/") : null;
        return new CloudEndpoints
        {
            GoogleIam = Address(Variables.GoogleIam),
            GoogleContainer = Address(Variables.GoogleContainer),
            GoogleCredentialsFile = Value(Variables.GoogleCredentials),
            KubeConfigs = Value(Variables.KubeConfig)?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).ToImmutableArray(),
            IssuerConnectTo = Value(Variables.IssuerConnectTo),
            IssuerAuthorityFile = Value(Variables.IssuerAuthority),
            Overrides = names
                .Where(Variables.IsOverride)
                .Where(name => Value(name) is not null)
                .Distinct(StringComparer.Ordinal)
                .ToImmutableSortedDictionary(name => name, name => Value(name)!, StringComparer.Ordinal),
        };
    }

    /// <summary>The environment variables that lead clients elsewhere.</summary>
    public static class Variables
    {
        public const string Aws = "AWS_ENDPOINT_URL";
        public const string GoogleIam = "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM";
        public const string GoogleContainer = "CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER";
        public const string GoogleCredentials = "GOOGLE_APPLICATION_CREDENTIALS";
        public const string KubeConfig = "KUBECONFIG";
        public const string IssuerConnectTo = "FEDERATION_CONNECT_TO";
        public const string IssuerAuthority = "FEDERATION_CA_FILE";

        /// <summary>The variable changes what address is called, or whose certificate is trusted.</summary>
        public static bool IsOverride(string name) =>
            name is Aws or GoogleIam or GoogleContainer or IssuerConnectTo or IssuerAuthority
            || name.StartsWith(Aws + "_", StringComparison.Ordinal);
    }
}

/// <summary>One endpoint for all of AWS, and the files of credentials that belong to it.</summary>
/// <param name="CredentialsFile">The shared credentials file, for accounts that name a profile.</param>
public sealed record AwsEndpoint(Uri Url, string AccessKeyId, string SecretAccessKey, string CredentialsFile)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{Url} as {AccessKeyId}";
}
