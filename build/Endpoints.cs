using Federation.Findings;
using Federation.Sandbox;

namespace Build;

/// <summary>The environment variables that lead cloud clients elsewhere: the one way into the sandbox, and into any other emulator.</summary>
internal static class Endpoints
{
    private static readonly string[] Names =
    [
        "AWS_ENDPOINT_URL",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM",
        "FEDERATION_CA_FILE",
        "FEDERATION_CONNECT_TO",
    ];

    /// <summary>Every override in force, by its variable.</summary>
    public static IReadOnlyDictionary<string, string> Overridden()
    {
        var overridden = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (
            var (key, value) in Environment
                .GetEnvironmentVariables()
                .Cast<System.Collections.DictionaryEntry>()
                .Select(entry => ((string)entry.Key, (string?)entry.Value))
        )
        {
            if (
                !string.IsNullOrEmpty(value)
                && (Names.Contains(key, StringComparer.Ordinal) || key.StartsWith("AWS_ENDPOINT_URL_", StringComparison.Ordinal))
            )
            {
                overridden[key] = value;
            }
        }

        return overridden;
    }

    /// <summary>
    /// Clears every ambient cloud variable, then sets the sandbox's: from here on nothing differs from a live run
    /// but the addresses, and each of them must be this machine's own.
    /// </summary>
    public static void Enter(SandboxClouds sandbox)
    {
        foreach (var name in sandbox.Unset)
        {
            Environment.SetEnvironmentVariable(name, null);
        }

        foreach (var (name, value) in sandbox.Environment)
        {
            Environment.SetEnvironmentVariable(name, value);
        }

        foreach (var (name, value) in Overridden())
        {
            if (Uri.TryCreate(value, UriKind.Absolute, out var address) && address is { Scheme: "http" or "https", IsLoopback: false })
            {
                throw new FindingException(
                    new Finding
                    {
                        Code = FindingCodes.EndpointUnreachable,
                        Cause = $"{name} leads to {value}, which is not this machine. With --cloud=sandbox nothing else is called.",
                        Fix = $"Unset {name}.",
                    }
                );
            }
        }
    }
}
