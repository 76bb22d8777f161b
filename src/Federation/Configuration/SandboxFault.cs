using System.Globalization;

namespace Federation.Configuration;

/// <summary>What an embedded cloud can be made to get wrong.</summary>
public enum SandboxFaultKind
{
    /// <summary>AWS calls are refused as too many.</summary>
    AwsThrottling,

    /// <summary>AWS calls are refused with 503.</summary>
    AwsUnavailable,

    /// <summary>Google calls are refused as too many.</summary>
    GoogleThrottling,

    /// <summary>Google calls are refused with 503.</summary>
    GoogleUnavailable,

    /// <summary>Kubernetes calls are refused as too many.</summary>
    KubernetesThrottling,

    /// <summary>Kubernetes calls are refused with 503.</summary>
    KubernetesUnavailable,

    /// <summary>The issuers' discovery and keys come later than STS waits for them.</summary>
    IssuerSlow,

    /// <summary>The issuers' discovery and keys are refused with 503.</summary>
    IssuerUnavailable,

    /// <summary>STS does not see a new role or a changed trust policy until some time has passed.</summary>
    IamPropagation,
}

/// <summary>A fault that the embedded clouds show.</summary>
/// <param name="Number">
/// Every how many calls; for <see cref="SandboxFaultKind.IamPropagation"/> how many seconds.
/// </param>
public sealed record SandboxFault(SandboxFaultKind Kind, int Number)
{
    private const int Most = 999;

    /// <summary>The names, with the number that each has where none is given.</summary>
    private static readonly (string Name, SandboxFaultKind Kind, int Number)[] Known =
    [
        ("aws-throttling", SandboxFaultKind.AwsThrottling, 5),
        ("aws-unavailable", SandboxFaultKind.AwsUnavailable, 5),
        ("google-throttling", SandboxFaultKind.GoogleThrottling, 5),
        ("google-unavailable", SandboxFaultKind.GoogleUnavailable, 5),
        ("kubernetes-throttling", SandboxFaultKind.KubernetesThrottling, 5),
        ("kubernetes-unavailable", SandboxFaultKind.KubernetesUnavailable, 5),
        ("issuer-slow", SandboxFaultKind.IssuerSlow, 1),
        ("issuer-unavailable", SandboxFaultKind.IssuerUnavailable, 1),
        ("iam-propagation", SandboxFaultKind.IamPropagation, 10),
    ];

    /// <summary>Every name, for a message.</summary>
    public static string Names { get; } = string.Join(", ", Known.Select(known => known.Name));

    /// <summary>The form of a fault as a regular expression.</summary>
    internal static string Pattern { get; } = $"(?:{string.Join('|', Known.Select(known => known.Name))})(?::[1-9][0-9]{{0,2}})?";

    /// <summary>Reads <c>NAME</c> or <c>NAME:NUMBER</c>.</summary>
    public static bool TryParse(string text, out SandboxFault fault)
    {
        ArgumentNullException.ThrowIfNull(text);
        fault = new SandboxFault(default, default);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? text : text[..colon];
        var index = Array.FindIndex(Known, known => string.Equals(known.Name, name, StringComparison.Ordinal));
        var number = index < 0 ? 0 : Known[index].Number;
        if (
            index < 0
            || (
                colon >= 0
                && !(
                    int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number)
                    && number is > 0 and <= Most
                )
            )
        )
        {
            return false;
        }

        fault = new SandboxFault(Known[index].Kind, number);
        return true;
    }
}
