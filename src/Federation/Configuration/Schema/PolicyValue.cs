using System.Text.Json.Nodes;
using Federation.Configuration.Yaml;
using Federation.Findings;

namespace Federation.Configuration.Schema;

/// <summary>
/// A permissions policy: a name under templates/policies, the path of a JSON file, a managed-policy ARN, or a mapping of
/// <c>template</c> and that template's parameters.
/// </summary>
internal sealed class PolicyValue : Value<PolicyReference>
{
    private const string TemplateKey = "template";

    /// <summary>Its values become part of ARNs, where a wildcard or a slash would stand for more than one bucket.</summary>
    private const string BucketsParameter = "buckets";

    private static readonly Text File = Identifiers.Free("path of a policy file");
    private static readonly ParameterValue Parameter = new();

    public override string Kind => "a policy: a template's name, a file's path, a managed-policy ARN, or a mapping with \"template\"";

    public override bool TryRead(Node node, string label, FileReading reading, out PolicyReference value)
    {
        value = null!;
        switch (node)
        {
            case ScalarNode scalar when scalar.Text.StartsWith("arn:", StringComparison.Ordinal):
                if (!Identifiers.PolicyArn.TryRead(node, label, reading, out var arn))
                {
                    return false;
                }

                value = new PolicyReference.Managed(arn, reading.Locate(node.At));
                return true;
            case ScalarNode scalar when IsPath(scalar.Text):
                return TryReadFile(scalar, label, reading, out value);
            case ScalarNode:
                if (!Identifiers.PolicyName.TryRead(node, label, reading, out var name))
                {
                    return false;
                }

                value = new PolicyReference.Template(
                    name,
                    new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal),
                    reading.Locate(node.At)
                );
                return IsKnown(name, node, node, [], reading);
            case MappingNode mapping:
                return TryReadTemplate(mapping, reading, out value);
            default:
                RejectKind(node, label, reading);
                return false;
        }
    }

    public override JsonObject Schema(JsonObject definitions)
    {
        definitions.TryAdd(
            "policy",
            new JsonObject
            {
                ["anyOf"] = new JsonArray(
                    Identifiers.PolicyName.Schema(definitions),
                    // A file. Its name becomes the policy's name.
                    new JsonObject
                    {
                        ["type"] = "string",
                        ["maxLength"] = File.Most,
                        ["pattern"] = @"^(?!arn:)(?:[\s\S]*[/\\])?[A-Za-z0-9][-A-Za-z0-9_.]{0,127}(?:\.json)?$",
                    },
                    Identifiers.PolicyArn.Schema(definitions),
                    new JsonObject
                    {
                        ["type"] = "object",
                        ["properties"] = new JsonObject { [TemplateKey] = Identifiers.PolicyName.Schema(definitions) },
                        ["required"] = new JsonArray(TemplateKey),
                        ["propertyNames"] = Identifiers.ParameterName.Schema(definitions),
                        ["additionalProperties"] = Parameter.Schema(definitions),
                    }
                ),
            }
        );
        return new JsonObject { ["$ref"] = "#/$defs/policy" };
    }

    private static bool IsPath(string text) =>
        text.AsSpan().IndexOfAny('/', '\\') >= 0 || text.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    private static bool TryReadFile(ScalarNode scalar, string label, FileReading reading, out PolicyReference value)
    {
        value = null!;
        if (!File.TryRead(scalar, label, reading, out var path))
        {
            return false;
        }

        // Both separators on every system: a configuration means the same everywhere.
        var fileName = path[(path.AsSpan().LastIndexOfAny('/', '\\') + 1)..];
        var name = fileName.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? fileName[..^".json".Length] : fileName;
        if (!Identifiers.PolicyName.Accepts(name))
        {
            reading.Invalid(
                scalar.At,
                $"{PlainText.Quoted(path)} names no file whose name could be that of a policy",
                "Name the file with letters, digits, \"-\", \"_\" and \".\", at most 128, such as policies/exports.json."
            );
            return false;
        }

        path = path.Replace('\\', '/');
        if (reading.HasPolicyFile is { } exists && !exists(path))
        {
            reading.Add(
                FindingCodes.TemplateInvalid,
                scalar.At,
                $"there is no policy file {PlainText.Quoted(path)}",
                "Correct the path; it is looked up from the configuration's folder.",
                actual: path
            );
            return false;
        }

        value = new PolicyReference.File(name, path, reading.Locate(scalar.At));
        return true;
    }

    private static bool TryReadTemplate(MappingNode mapping, FileReading reading, out PolicyReference value)
    {
        value = null!;
        var before = reading.Errors;
        var name = "";
        if (!mapping.TryGet(TemplateKey, out var template))
        {
            var near = mapping.Entries.Select(entry => entry.Key).FirstOrDefault(key => NearMiss.Find(key.Text, [TemplateKey]) is not null);
            if (near is null)
            {
                reading.Invalid(
                    mapping.At,
                    "the policy has no \"template\"",
                    "Add \"template\": the name of a policy under templates/policies."
                );
            }
            else
            {
                reading.Invalid(
                    near.At,
                    $"unknown key {PlainText.Quoted(near.Text)}; did you mean \"template\"?",
                    "Write \"template\".",
                    TemplateKey,
                    near.Text
                );
            }
        }
        else
        {
            Identifiers.PolicyName.TryRead(template.Value, PlainText.Quoted(TemplateKey), reading, out name);
        }

        var parameters = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var (key, valueNode) in mapping.Entries.Where(entry => entry.Key.Text is not TemplateKey))
        {
            Identifiers.ParameterName.CheckName(key, reading);
            if (Parameter.TryRead(valueNode, $"the parameter {PlainText.Quoted(key.Text)}", reading, out var values))
            {
                parameters[key.Text] = values;
            }
        }

        if (reading.Errors != before)
        {
            return false;
        }

        value = new PolicyReference.Template(name, parameters, reading.Locate(mapping.At));
        return IsKnown(name, template.Value, mapping, [.. mapping.Entries.Where(entry => entry.Key.Text is not TemplateKey)], reading);
    }

    /// <summary>Checks the name, the parameters and the values against the templates that exist.</summary>
    private static bool IsKnown(string name, Node named, Node whole, IReadOnlyList<(ScalarNode Key, Node Value)> given, FileReading reading)
    {
        if (reading.PolicyTemplates is not { } templates)
        {
            return true;
        }

        if (!templates.TryGetValue(name, out var takes))
        {
            var near = NearMiss.Find(name, templates.Keys);
            reading.Add(
                FindingCodes.TemplateInvalid,
                named.At,
                $"there is no policy template {PlainText.Quoted(name)}; "
                    + (near is null ? $"there is {PlainText.Quoted(templates.Keys)}" : $"did you mean {PlainText.Quoted(near)}?"),
                near is null
                    ? $"Name one of these, or add policies/{name}.json to the folder of --templates."
                    : $"Write {PlainText.Quoted(near)}.",
                near,
                name
            );
            return false;
        }

        var before = reading.Errors;
        var missing = takes.Except(given.Select(parameter => parameter.Key.Text), StringComparer.Ordinal).ToList();
        foreach (var (key, value) in given)
        {
            if (key.Text is BucketsParameter)
            {
                foreach (var bucket in ParameterValue.ItemsOf(value).OfType<ScalarNode>())
                {
                    Identifiers.Bucket.CheckName(bucket, reading);
                }
            }

            if (takes.Contains(key.Text, StringComparer.Ordinal))
            {
                continue;
            }

            var near = NearMiss.Find(key.Text, takes);
            reading.Invalid(
                key.At,
                $"the policy template {PlainText.Quoted(name)} has no parameter {PlainText.Quoted(key.Text)}; "
                    + (
                        near is not null ? $"did you mean {PlainText.Quoted(near)}?"
                        : takes is [] ? "it takes none"
                        : $"it takes {PlainText.Quoted(takes)}"
                    ),
                near is null ? "Remove it." : $"Write {PlainText.Quoted(near)}.",
                near,
                key.Text
            );
            if (near is not null)
            {
                missing.Remove(near);
            }
        }

        foreach (var parameter in missing)
        {
            reading.Invalid(
                whole.At,
                $"the policy template {PlainText.Quoted(name)} needs its parameter {PlainText.Quoted(parameter)}",
                $"Write {{ template: {name}, {parameter}: […] }}."
            );
        }

        return reading.Errors == before;
    }

    /// <summary>The value of a template's parameter: a text, number or boolean, or a list of them.</summary>
    private sealed class ParameterValue : Value<IReadOnlyList<string>>
    {
        public override string Kind => "text or a list of texts";

        public override bool TryRead(Node node, string label, FileReading reading, out IReadOnlyList<string> value)
        {
            var read = new List<string>();
            value = read;
            var before = reading.Errors;
            foreach (var item in ItemsOf(node))
            {
                if (item is ScalarNode { Type: not ScalarKind.Null } scalar)
                {
                    read.Add(scalar.Text);
                }
                else
                {
                    RejectKind(item, node is SequenceNode ? $"an item of {label}" : label, reading);
                }
            }

            if (node is SequenceNode && read.Count == 0 && reading.Errors == before)
            {
                reading.Invalid(node.At, $"{label} is an empty list", "Give it at least one value.");
            }

            return reading.Errors == before;
        }

        public static List<Node> ItemsOf(Node node) => node is SequenceNode sequence ? sequence.Items : [node];

        public override JsonObject Schema(JsonObject definitions) =>
            new()
            {
                ["anyOf"] = new JsonArray(
                    Scalar(),
                    new JsonObject
                    {
                        ["type"] = "array",
                        ["items"] = Scalar(),
                        ["minItems"] = 1,
                    }
                ),
            };

        private static JsonObject Scalar() => new() { ["type"] = new JsonArray("string", "number", "boolean") };
    }
}
