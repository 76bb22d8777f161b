using Federation.Configuration.Yaml;
using Federation.Findings;

namespace Federation.Configuration;

/// <summary>The result of reading a configuration file.</summary>
/// <param name="Configuration">Null if and only if a finding is an error.</param>
/// <param name="Findings">Every error and warning, in the order of the file.</param>
public sealed record ConfigurationResult(FederationConfiguration? Configuration, IReadOnlyList<Finding> Findings);

/// <summary>Reads <c>federation.yaml</c>. Pure except for the functions that are passed in; no input makes it throw.</summary>
public static class ConfigurationReader
{
    /// <summary>
    /// Reads a configuration and reports everything that is wrong with it, with line and column. Only a syntax error of YAML
    /// ends it at once.
    /// </summary>
    /// <param name="fileName">What findings call the file.</param>
    /// <param name="utf8">The content: YAML 1.2 in UTF-8, with or without byte-order mark.</param>
    /// <param name="policyTemplates">
    /// The policy templates by name, with the parameters that each takes. Null: names and parameters are not checked.
    /// </param>
    /// <param name="hasPolicyFile">Whether a policy file exists at a path. Null: that is not checked.</param>
    public static ConfigurationResult Read(
        string fileName,
        ReadOnlyMemory<byte> utf8,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? policyTemplates = null,
        Func<string, bool>? hasPolicyFile = null
    )
    {
        var reading = new FileReading(fileName, FederationKeys.Root.Section)
        {
            PolicyTemplates = policyTemplates,
            HasPolicyFile = hasPolicyFile,
        };
        if (YamlText.Decode(utf8.Span, reading) is not { } text || YamlDocument.Parse(text, reading) is not { } root)
        {
            return new ConfigurationResult(null, reading.Findings());
        }

        FederationKeys.Root.Section.TryRead(root, "a federation", reading, out var fields);
        ConfigurationRules.Check(fields, reading);
        return new ConfigurationResult(reading.Errors == 0 ? ConfigurationBinding.Bind(fields, reading) : null, reading.Findings());
    }
}
