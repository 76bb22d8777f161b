using System.Text.RegularExpressions;

namespace Federation.Sandbox.Kubernetes.Admission;

/// <summary>
/// The rules for names (RFC 1123 and RFC 1035). Each answers what is wrong with a name, in the API server's words, or null.
/// </summary>
internal static partial class Names
{
    private const string LabelForm = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private const string ConfigMapKeyForm = "[-._a-zA-Z0-9]+";
    private const string SubdomainForm = @"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";

    public static string? Label(string name) =>
        name.Length > 63 ? "must be no more than 63 characters"
        : LabelPattern().IsMatch(name) ? null
        : "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
            + $"alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{LabelForm}')";

    public static string? Subdomain(string name) =>
        name.Length > 253 ? "must be no more than 253 characters"
        : SubdomainPattern().IsMatch(name) ? null
        : "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
            + $"alphanumeric character (e.g. 'example.com', regex used for validation is '{SubdomainForm}')";

    /// <summary>The name of a role, which must be usable as one segment of a path.</summary>
    public static string? PathSegment(string name) =>
        name is "." or ".." ? $"may not be '{name}'"
        : name.Contains('/', StringComparison.Ordinal) ? "may not contain '/'"
        : name.Contains('%', StringComparison.Ordinal) ? "may not contain '%'"
        : null;

    /// <summary>Everything that is wrong with a key of a ConfigMap's or Secret's data, which is also a file name.</summary>
    public static IEnumerable<string> ConfigMapKey(string key)
    {
        if (key.Length > 253)
        {
            yield return "must be no more than 253 characters";
        }

        if (!ConfigMapKeyPattern().IsMatch(key))
        {
            yield return "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
                + $"(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '{ConfigMapKeyForm}')";
        }

        if (key.StartsWith("..", StringComparison.Ordinal) || key == ".")
        {
            yield return key is "." or ".." ? $"must not be '{key}'" : "must not start with '..'";
        }
    }

    public static string? LabelValue(string value) =>
        value.Length > 63 ? "must be no more than 63 bytes"
        : value.Length == 0 || QualifiedPart().IsMatch(value) ? null
        : "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
            + "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
            + "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

    /// <summary>The key of a label or annotation.</summary>
    public static string? QualifiedName(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        var prefix = slash < 0 ? "" : key[..slash];
        var name = key[(slash + 1)..];
        if (slash == 0)
        {
            return "prefix part must be non-empty";
        }

        if (prefix.Length > 0 && Subdomain(prefix) is { } wrong)
        {
            return "prefix part " + wrong;
        }

        return name.Length == 0 ? "name part must be non-empty"
            : name.Length > 63 ? "name part must be no more than 63 bytes"
            : QualifiedPart().IsMatch(name) ? null
            : "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
                + "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    }

    [GeneratedRegex($@"\A{ConfigMapKeyForm}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ConfigMapKeyPattern();

    [GeneratedRegex($@"\A{LabelForm}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LabelPattern();

    [GeneratedRegex($@"\A{SubdomainForm}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SubdomainPattern();

    [GeneratedRegex(@"\A([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex QualifiedPart();
}
