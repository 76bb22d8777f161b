using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes.Schemas;

/// <summary>
/// Reads the protobuf form in which kubectl sends what it makes itself (<c>create namespace</c>, <c>create token</c>,
/// <c>auth can-i</c>), as far as the field numbers are known.
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
        string apiVersion = "", kind = "";
        byte[] raw = [];
        for (var envelope = body[Magic.Length..]; envelope.Length > 0;)
        {
            var (number, wire, _) = Tag(ref envelope);
            var content = wire == 2 ? Bytes(ref envelope) : throw new FormatException("unexpected wire type in the envelope");
            if (number == 1)
            {
                while (content.Length > 0)
                {
                    var (inner, _, _) = Tag(ref content);
                    var text = Encoding.UTF8.GetString(Bytes(ref content));
                    (apiVersion, kind) = inner == 1 ? (text, kind) : (apiVersion, text);
                }
            }
            else if (number == 2)
            {
                raw = content.ToArray();
            }
        }

        if (schema.Structs.FirstOrDefault(type => type.Name == kind) is not { } type || type.Fields.Values.All(static field => field.Number == 0))
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
        while (bytes.Length > 0)
        {
            var (number, wire, varint) = Tag(ref bytes);
            var content = wire == 2 ? Bytes(ref bytes) : [];
            if (type.Fields.Values.FirstOrDefault(field => field.Number == number) is not { } field)
            {
                continue;
            }

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
                        var (part, _, _) = Tag(ref content);
                        var text = Bytes(ref content);
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

        return value;
    }

    private static JsonNode? Value(ReadOnlySpan<byte> content, ulong varint, FieldType type) => type switch
    {
        StructType structure => Message(content, structure),
        ScalarType { Name: "bool" } => JsonValue.Create(varint != 0),
        ScalarType { Name: "int32" or "int64" } => JsonValue.Create((long)varint),
        ScalarType { Name: "bytes" } => JsonValue.Create(Convert.ToBase64String(content)),
        ScalarType { Name: "time" } => Time(content),
        ScalarType { Name: "string" } => JsonValue.Create(Encoding.UTF8.GetString(content)),
        _ => null,
    };

    // Seconds since 1970 = 1; no bytes is no time.
    private static JsonValue? Time(ReadOnlySpan<byte> content)
    {
        while (content.Length > 0)
        {
            var (number, _, varint) = Tag(ref content);
            if (number == 1 && (long)varint > 0)
            {
                return JsonValue.Create(DateTimeOffset.FromUnixTimeSeconds((long)varint).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            }
        }

        return null;
    }

    private static (int Number, int Wire, ulong Varint) Tag(ref ReadOnlySpan<byte> bytes)
    {
        var tag = Varint(ref bytes);
        var wire = (int)(tag & 7);
        switch (wire)
        {
            case 0:
                return ((int)(tag >> 3), wire, Varint(ref bytes));
            case 2:
                return ((int)(tag >> 3), wire, 0);
            default:
                throw new FormatException($"unexpected wire type {wire}");
        }
    }

    private static ReadOnlySpan<byte> Bytes(ref ReadOnlySpan<byte> bytes)
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

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
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
