using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Federation.Tests.Templates;

/// <summary>
/// Reads YAML independently of the product: an unquoted scalar may be a number, a boolean or null, any other is a string.
/// </summary>
internal static class ParsedYaml
{
    public static JsonNode? Parse(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return Node(Assert.Single(stream.Documents).RootNode);
    }

    private static JsonNode? Node(YamlNode node) =>
        node switch
        {
            YamlMappingNode mapping => new JsonObject(
                mapping.Children.Select(entry => KeyValuePair.Create(((YamlScalarNode)entry.Key).Value!, Node(entry.Value)))
            ),
            YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(Node)]),
            YamlScalarNode { Style: ScalarStyle.Plain } plain => plain.Value switch
            {
                "null" => null,
                "true" => true,
                "false" => false,
                var text when double.TryParse(text, out _) => JsonNode.Parse(text!),
                var text => text,
            },
            YamlScalarNode scalar => scalar.Value,
            _ => throw new InvalidOperationException($"{node.NodeType} is not rendered."),
        };
}
