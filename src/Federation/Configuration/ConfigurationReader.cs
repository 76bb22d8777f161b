using Federation.Configuration.Yaml;
using Federation.Findings;

namespace Federation.Configuration;

/// <summary>What a configuration file turned out to be.</summary>
/// <param name="Configuration">Null exactly where a finding is an error.</param>
/// <param name="Findings">Every problem of the file, in the order of its lines; warnings too.</param>
public sealed record ConfigurationResult(FederationConfiguration? Configuration, IReadOnlyList<Finding> Findings);

/// <summary>Reads <c>federation.yaml</c>. Pure but for what is passed in: no file, network or clock is touched, and no input makes it throw.</summary>
public static class ConfigurationReader
{
    /// <summary>
    /// Reads a whole configuration and reports all that is wrong with it in one run, each problem at its line and column.
    /// Only what is no YAML at all ends the reading at its first fault.
    /// </summary>
    /// <param name="fileName">How findings call the file.</param>
    /// <param name="utf8">The content: YAML 1.2 in UTF-8, with or without byte-order mark.</param>
    /// <param name="policyTemplates">The policy templates by name, with the parameters each takes. Null: what is said about them is not checked.</param>
    /// <param name="hasPolicyFile">Whether there is a file at a path that the configuration gives a policy. Null: that is not checked.</param>
    public static ConfigurationResult Read(
        string fileName,
        ReadOnlyMemory<byte> utf8,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? policyTemplates = null,
        Func<string, bool>? hasPolicyFile = null
    )
    {
        var reading = new Reading(fileName, FederationKeys.Root.Section)
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
