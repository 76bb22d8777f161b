using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Serialization;

namespace Federation.Sandbox.Kubernetes.Endpoints;

/// <summary>Objects as YAML, for clients that accept only that.</summary>
internal static class YamlWriting
{
    private static readonly ISerializer Serializer = new SerializerBuilder().WithQuotingNecessaryStrings().Build();

    public static string Write(JsonNode node) => Serializer.Serialize(Plain(node));

    private static object? Plain(JsonNode? node) =>
        node switch
        {
            null => null,
            JsonObject map => map.ToDictionary(static pair => pair.Key, static pair => Plain(pair.Value), StringComparer.Ordinal),
            JsonArray list => list.Select(Plain).ToList(),
            _ => node.GetValueKind() switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                JsonValueKind.Number => node.Integer is { } integer ? integer : node.GetValue<double>(),
                _ => node.GetValue<string>(),
            },
        };
}
