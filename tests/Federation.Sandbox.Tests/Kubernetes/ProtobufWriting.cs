using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes;
using Federation.Sandbox.Kubernetes.Schemas;

namespace Federation.Sandbox.Tests.Kubernetes;

/// <summary>Writes the protobuf form of objects, as clients written in Go do.</summary>
internal static class ProtobufWriting
{
    public static byte[] Object(string apiVersion, string kind, JsonObject value, StructType type) =>
        [
            .. "k8s\0"u8,
            .. Bytes(1, [.. Bytes(1, Encoding.UTF8.GetBytes(apiVersion)), .. Bytes(2, Encoding.UTF8.GetBytes(kind))]),
            .. Bytes(2, Message(value, type)),
        ];

    private static byte[] Message(JsonObject value, StructType type)
    {
        List<byte> message = [];
        foreach (var group in type.Fields.Values.Where(field => value[field.Name] is not null).GroupBy(static field => field.Within))
        {
            byte[] fields = [.. group.SelectMany(field => Field(field, value[field.Name]!))];
            message.AddRange(group.Key == 0 ? fields : Bytes(group.Key, fields));
        }

        return [.. message];
    }

    private static IEnumerable<byte> Field(Field field, JsonNode node) =>
        field.Type switch
        {
            ListType list => node.AsArray().SelectMany(item => Single(field.Number, item!, list.Element)),
            MapType map => node.AsObject()
                .SelectMany(pair =>
                    Bytes(field.Number, [.. Bytes(1, Encoding.UTF8.GetBytes(pair.Key)), .. Single(2, pair.Value!, map.Element)])
                ),
            _ => Single(field.Number, node, field.Type),
        };

    private static byte[] Single(int number, JsonNode node, FieldType type) =>
        type switch
        {
            StructType structure => Bytes(number, Message((JsonObject)node, structure)),
            ScalarType { Name: "bool" } => [.. Varint((ulong)number << 3), .. Varint(node.GetValue<bool>() ? 1u : 0u)],
            ScalarType { Name: "int32" or "int64" } => [.. Varint((ulong)number << 3), .. Varint((ulong)node.Integer!.Value)],
            ScalarType { Name: "bytes" } => Bytes(number, Convert.FromBase64String(node.GetValue<string>())),
            ScalarType { Name: "quantity" } => Bytes(number, Bytes(1, Encoding.UTF8.GetBytes(node.GetValue<string>()))),
            ScalarType { Name: "time" } => Bytes(
                number,
                [8, .. Varint((ulong)DateTimeOffset.Parse(node.GetValue<string>(), CultureInfo.InvariantCulture).ToUnixTimeSeconds())]
            ),
            ScalarType { Name: "intOrString" } => Bytes(
                number,
                node.Integer is { } integer
                    ? [8, 0, 16, .. Varint((ulong)integer), .. Bytes(3, [])]
                    : [8, 1, 16, 0, .. Bytes(3, Encoding.UTF8.GetBytes(node.GetValue<string>()))]
            ),
            _ => Bytes(number, Encoding.UTF8.GetBytes(node.GetValue<string>())),
        };

    private static byte[] Bytes(int number, byte[] content) =>
        [.. Varint(((ulong)number << 3) | 2), .. Varint((ulong)content.Length), .. content];

    private static byte[] Varint(ulong value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }
}
