using System.Globalization;

namespace Federation.Configuration;

/// <summary>A fault that an embedded cloud can be made to have.</summary>
public enum SandboxFaultKind
{
    /// <summary>AWS calls are throttled.</summary>
    AwsThrottling,

    /// <summary>AWS calls fail with 503.</summary>
    AwsUnavailable,

    /// <summary>Google calls are throttled.</summary>
    GoogleThrottling,

    /// <summary>Google calls fail with 503.</summary>
    GoogleUnavailable,

    /// <summary>Kubernetes calls are throttled.</summary>
    KubernetesThrottling,

    /// <summary>Kubernetes calls fail with 503.</summary>
    KubernetesUnavailable,

    /// <summary>The issuers answer for their discovery document and keys later than STS waits.</summary>
    IssuerSlow,

    /// <summary>The issuers answer for their discovery document and keys with 503.</summary>
    IssuerUnavailable,

    /// <summary>STS sees a new role or a changed trust policy only after some time.</summary>
    IamPropagation,
}

/// <summary>A fault of the embedded clouds.</summary>
/// <param name="Number">
/// Every Nth call fails; for <see cref="SandboxFaultKind.IamPropagation"/>, a change is seen after N seconds.
/// </param>
public sealed record SandboxFault(SandboxFaultKind Kind, int Number)
{
    private const int Most = 999;

    /// <summary>The names, with the number that is used if none is given.</summary>
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

    /// <summary>A regular expression for a fault.</summary>
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
