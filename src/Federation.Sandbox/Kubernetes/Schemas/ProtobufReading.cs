using System.Text;
using System.Text.Json.Nodes;
using Federation.Sandbox.Hosting;

namespace Federation.Sandbox.Kubernetes.Schemas;

/// <summary>
/// Reads built-in kinds in protobuf, as Go clients send them; kubectl does so for <c>create namespace</c>,
/// <c>create deployment</c>, <c>create token</c> and <c>auth can-i</c>.
/// See <see href="https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding"/>.
/// </summary>
internal static class ProtobufReading
{
    private static readonly byte[] Magic = "k8s\0"u8.ToArray();

    /// <exception cref="FormatException">The bytes are not an object in this form.</exception>
    public static JsonObject Parse(ReadOnlySpan<byte> body, Schema schema)
    {
        if (!body.StartsWith(Magic))
        {
            throw new FormatException("provided data does not appear to be a protobuf message, expected prefix k8s");
        }

        // The envelope: type (apiVersion, kind) = 1, the object's bytes = 2.
        string apiVersion = "",
            kind = "";
        byte[] raw = [];
        var envelope = body[Magic.Length..];
        while (envelope.Length > 0)
        {
            var (number, wire, _) = Tag(ref envelope);
            var content = wire == 2 ? Bytes(ref envelope) : throw new FormatException("unexpected wire type in the envelope");
            if (number == 1)
            {
                while (content.Length > 0)
                {
                    var (inner, innerWire, _) = Tag(ref content);
                    var text = innerWire == 2 ? Encoding.UTF8.GetString(Bytes(ref content)) : "";
                    (apiVersion, kind) = inner == 1 ? (text, kind) : (apiVersion, text);
                }
            }
            else if (number == 2)
            {
                raw = content.ToArray();
            }
        }

        if (
            schema.Structs.FirstOrDefault(type => type.Name == kind) is not { } type
            || type.Fields.Values.All(static field => field.Number == 0)
        )
        {
            throw new FormatException($"no protobuf form is known of kind \"{kind}\"");
        }

        var value = Message(raw, type);
        value["apiVersion"] = apiVersion;
        value["kind"] = kind;
        return value;
    }

    private static JsonObject Message(ReadOnlySpan<byte> bytes, StructType type)
    {
        var value = new JsonObject();
        Fill(value, bytes, type, within: 0);
        return value;
    }

    private static void Fill(JsonObject value, ReadOnlySpan<byte> bytes, StructType type, int within)
    {
        while (bytes.Length > 0)
        {
            var (number, wire, varint) = Tag(ref bytes);
            var content = wire == 2 ? Bytes(ref bytes) : [];
            if (within == 0 && wire == 2 && type.Fields.Values.Any(field => field.Within == number))
            {
                Fill(value, content, type, number);
            }
            else if (type.Fields.Values.FirstOrDefault(field => field.Number == number && field.Within == within) is { } field)
            {
                Set(value, field, content, varint);
            }
        }
    }

    private static void Set(JsonObject value, Field field, ReadOnlySpan<byte> content, ulong varint)
    {
        switch (field.Type)
        {
            case ListType list:
                value.List(field.Name).Add(Value(content, varint, list.Element));
                break;
            case MapType map:
                // An entry is a message of key = 1 and value = 2.
                string key = "";
                JsonNode? entry = "";
                while (content.Length > 0)
                {
                    var (part, wire, _) = Tag(ref content);
                    var text = wire == 2 ? Bytes(ref content) : [];
                    if (part == 1)
                    {
                        key = Encoding.UTF8.GetString(text);
                    }
                    else
                    {
                        entry = Value(text, 0, map.Element);
                    }
                }

                value.Child(field.Name)[key] = entry;
                break;
            default:
                value[field.Name] = Value(content, varint, field.Type);
                break;
        }
    }

    private static JsonNode? Value(ReadOnlySpan<byte> content, ulong varint, FieldType type) =>
        type switch
        {
            StructType structure => Message(content, structure),
            ScalarType { Name: "bool" } => JsonValue.Create(varint != 0),
            ScalarType { Name: "int32" or "int64" } => JsonValue.Create((long)varint),
            ScalarType { Name: "bytes" } => JsonValue.Create(Convert.ToBase64String(content)),
            ScalarType { Name: "time" } => Time(content, Moment.Seconds),
            ScalarType { Name: "microTime" } => Time(content, Moment.Microseconds),
            ScalarType { Name: "string" } => JsonValue.Create(Encoding.UTF8.GetString(content)),
            ScalarType { Name: "quantity" } => Parts(content).Text is { Length: > 0 } quantity
                ? JsonValue.Create(Encoding.UTF8.GetString(quantity))
                : null,
            ScalarType { Name: "intOrString" } => IntOrString(content),
            ScalarType { Name: "any" } => JsonReading.Parse(Parts(content).Text),
            _ => null,
        };

    // Field 1: whether it is a string; 2: the number; 3: the string.
    private static JsonValue IntOrString(ReadOnlySpan<byte> content)
    {
        var parts = Parts(content);
        return parts.First == 1 ? JsonValue.Create(Encoding.UTF8.GetString(parts.Text)) : JsonValue.Create((long)parts.Second);
    }

    private static JsonValue? Time(ReadOnlySpan<byte> content, Func<DateTimeOffset, string> format)
    {
        // Field 1: seconds since 1970; 2: nanoseconds. Without fields it is unset.
        var (seconds, nanoseconds) = ((long)Parts(content).First, (long)Parts(content).Second);
        const long lastSecond = 253_402_300_799;
        return seconds is > 0 and <= lastSecond && nanoseconds is >= 0 and < 1_000_000_000
            ? JsonValue.Create(format(DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanoseconds / 100)))
            : null;
    }

    /// <summary>The fields of the small messages that are scalars in JSON: the numbers 1 and 2, and a field of bytes.</summary>
    private static Small Parts(ReadOnlySpan<byte> content)
    {
        var parts = default(Small);
        while (content.Length > 0)
        {
            var (number, wire, varint) = Tag(ref content);
            switch (wire, number)
            {
                case (2, _):
                    parts.Text = Bytes(ref content);
                    break;
                case (0, 1):
                    parts.First = varint;
                    break;
                case (0, 2):
                    parts.Second = varint;
                    break;
            }
        }

        return parts;
    }

    private ref struct Small
    {
        public ulong First { get; set; }

        public ulong Second { get; set; }

        public ReadOnlySpan<byte> Text { get; set; }
    }

    private static (int Number, int Wire, ulong Varint) Tag(scoped ref ReadOnlySpan<byte> bytes)
    {
        var tag = Varint(ref bytes);
        var wire = (int)(tag & 7);
        switch (wire)
        {
            case 0:
                return ((int)(tag >> 3), wire, Varint(ref bytes));
            case 2:
                return ((int)(tag >> 3), wire, 0);
            case 1 or 5 when bytes.Length >= (wire == 1 ? 8 : 4):
                bytes = bytes[(wire == 1 ? 8 : 4)..];
                return ((int)(tag >> 3), wire, 0);
            default:
                throw new FormatException($"unexpected wire type {wire}");
        }
    }

    private static ReadOnlySpan<byte> Bytes(scoped ref ReadOnlySpan<byte> bytes)
    {
        var length = Varint(ref bytes);
        if (length > (ulong)bytes.Length)
        {
            throw new FormatException("unexpected EOF");
        }

        var content = bytes[..(int)length];
        bytes = bytes[(int)length..];
        return content;
    }

    private static ulong Varint(scoped ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (bytes.Length == 0)
            {
                throw new FormatException("unexpected EOF");
            }

            var next = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new FormatException("integer overflow");
    }
}
