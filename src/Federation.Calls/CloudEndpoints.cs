using System.Collections.Immutable;
using System.Net;
using Federation.Findings;

namespace Federation.Calls;

/// <summary>
/// The addresses of the clouds, and the credential files of their clients. A value, created once: from the environment for
/// the live clouds, or by the sandbox. It is passed to every client; no client reads environment variables.
/// </summary>
public sealed record CloudEndpoints
{
    /// <summary>The endpoint of AWS; null: the SDK's default, with the credentials of its own chain.</summary>
    public AwsEndpoint? Aws { get; init; }

    /// <summary>The base address of Google's IAM API; null: its own.</summary>
    public Uri? GoogleIam { get; init; }

    /// <summary>The base address of Google's GKE API; null: its own.</summary>
    public Uri? GoogleContainer { get; init; }

    /// <summary>The Google credential file; null: Application Default Credentials.</summary>
    public string? GoogleCredentialsFile { get; init; }

    /// <summary>The kubeconfig files, merged as kubectl does; null: the user's default one.</summary>
    public ImmutableArray<string>? KubeConfigs { get; init; }

    /// <summary>Where connections to issuers go, in the syntax of curl's <c>--connect-to</c>; null: where their names lead.</summary>
    public string? IssuerConnectTo { get; init; }

    /// <summary>A PEM file of trust anchors for issuers, in addition to the system's; null: none.</summary>
    public string? IssuerAuthorityFile { get; init; }

    /// <summary>Every overridden address, by the variable that overrides it; shown and reported.</summary>
    public ImmutableSortedDictionary<string, string> Overrides { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>They are a sandbox's: only this machine may be called.</summary>
    public bool IsSandbox { get; init; }

    /// <summary>Other machines that a sandbox may call, because the user named them as its issuers.</summary>
    public ImmutableArray<string> IssuerHosts { get; init; } = [];

    /// <summary>The endpoints that the environment describes. Reads only its parameters.</summary>
    /// <param name="variable">Returns the value of an environment variable.</param>
    /// <param name="names">The names of all variables that are set.</param>
    /// <exception cref="FindingException">Addresses that cannot be used, all of them (FED8013).</exception>
    public static CloudEndpoints FromEnvironment(Func<string, string?> variable, IEnumerable<string> names)
    {
        var unusable = new List<Finding>();
        var endpoints = new CloudEndpoints
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
        return unusable.Count == 0 ? endpoints : throw new FindingException(unusable);

        string? Value(string name) => variable(name) is { Length: > 0 } value ? value : null;

        // A base address must end with a slash, otherwise a client that appends a path drops its last segment.
        Uri? Address(string name)
        {
            if (Value(name) is not { } value)
            {
                return null;
            }

            if (Uri.TryCreate(value.TrimEnd('/') + "/", UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
            {
                return address;
            }

            unusable.Add(Variables.Unusable(name, value, "it is not an http or https address"));
            return null;
        }
    }

    /// <summary>
    /// If these are a sandbox's endpoints, refuses a host that is neither this machine nor one of <see cref="IssuerHosts"/>.
    /// Live endpoints may be anywhere.
    /// </summary>
    /// <param name="host">A host name or an IP address, without a port.</param>
    /// <param name="source">What names the host, such as a variable's name.</param>
    /// <exception cref="FindingException">The host is another machine (FED8005).</exception>
    public void Confine(string host, string source)
    {
        if (IsSandbox && !IsThisMachine(host) && !IssuerHosts.Contains(host, StringComparer.OrdinalIgnoreCase))
        {
            throw new FindingException(
                new Finding
                {
                    Code = FindingCodes.EndpointUnreachable,
                    Cause = $"{source} leads to {host}, which is not this machine. With --cloud=sandbox only this machine is called.",
                    Fix = "Run with --cloud=live to call another machine.",
                    Actual = host,
                }
            );
        }
    }

    private static bool IsThisMachine(string host) =>
        IPAddress.TryParse(host, out var address)
            ? IPAddress.IsLoopback(address)
            : string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase);

    /// <summary>The environment variables that redirect clients.</summary>
    public static class Variables
    {
        public const string Aws = "AWS_ENDPOINT_URL";
        public const string GoogleIam = "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM";
        public const string GoogleContainer = "CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER";
        public const string GoogleCredentials = "GOOGLE_APPLICATION_CREDENTIALS";
        public const string KubeConfig = "KUBECONFIG";
        public const string IssuerConnectTo = "FEDERATION_CONNECT_TO";
        public const string IssuerAuthority = "FEDERATION_CA_FILE";

        /// <summary>The variable changes an address that is called, or which certificates are trusted.</summary>
        public static bool IsOverride(string name) =>
            name is Aws or GoogleIam or GoogleContainer or IssuerConnectTo or IssuerAuthority
            || name.StartsWith(Aws + "_", StringComparison.Ordinal);

        /// <summary>The finding about a variable whose value cannot be used (FED8013).</summary>
        /// <param name="why">Such as <c>it is not an http or https address</c>.</param>
        public static Finding Unusable(string name, string value, string why) =>
            new()
            {
                Code = FindingCodes.ArgumentInvalid,
                Cause = $"The environment variable {name} is set to {value}, which cannot be used: {why.TrimEnd('.')}.",
                Fix = $"Correct {name}, or unset it.",
                Actual = value,
            };
    }
}

/// <summary>One endpoint for all of AWS, and the files of credentials that belong to it.</summary>
/// <param name="CredentialsFile">The shared credentials file, for accounts that name a profile.</param>
public sealed record AwsEndpoint(Uri Url, string AccessKeyId, string SecretAccessKey, string CredentialsFile)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{Url} as {AccessKeyId}";
}
