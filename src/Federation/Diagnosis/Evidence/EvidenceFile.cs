using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Federation.Findings;
using Federation.Policies;

namespace Federation.Diagnosis.Evidence;

/// <summary>Evidence as a file: what a run read, to be judged later or elsewhere, or sent with a bug report.</summary>
public sealed record EvidenceFile
{
    public const string CurrentSchema = "federation-evidence/1";

    public string Schema { get; init; } = CurrentSchema;

    /// <summary>When it was read; the diagnosis takes this time as now.</summary>
    public required DateTimeOffset Taken { get; init; }

    public required IReadOnlyList<WorkloadEvidence> Workloads { get; init; }

    // No source generation: generated code sets every init property, so that absent ones lose their default.
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        IgnoreReadOnlyProperties = true,
        AllowDuplicateProperties = false,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(), new PolicyDocumentJson() },
    };

    /// <summary>Indented JSON with a final line feed.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Readable) + "\n";

    /// <exception cref="FindingException">
    /// The text is not an evidence file, or has a schema that this version does not know (FED8013).
    /// </exception>
    public static EvidenceFile Parse(string json, string path)
    {
        try
        {
            var file = JsonNode.Parse(json, documentOptions: new() { AllowDuplicateProperties = false });
            var schema =
                file is JsonObject root && root["schema"] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
            if (schema != CurrentSchema)
            {
                throw new FindingException(
                    new Finding
                    {
                        Code = FindingCodes.ArgumentInvalid,
                        Cause = schema is null
                            ? $"--evidence={path}: this is not an evidence file."
                            : $"--evidence={path}: its schema is {schema}, which this version does not read.",
                        Fix = "Give a file that `--target=Diagnose --evidence=FILE` wrote.",
                        Expected = CurrentSchema,
                        Actual = schema,
                    }
                );
            }

            return HasNullMember(file)
                ? throw new JsonException("a list has null for a member")
                : JsonSerializer.Deserialize<EvidenceFile>(json, Readable)!;
        }
        catch (Exception malformed)
            when (malformed
                    is JsonException
                        or PolicyFormatException
                        or NotSupportedException
                        or ArgumentException
                        or InvalidOperationException
            )
        {
            // InvalidOperationException: a text escapes half a surrogate pair, which is noticed only when it is read.
            throw new FindingException(
                new Finding
                {
                    Code = FindingCodes.ArgumentInvalid,
                    Cause = $"--evidence={path}: this is not an evidence file: {malformed.Message}",
                    Fix = "Give a file that `--target=Diagnose --evidence=FILE` wrote.",
                },
                malformed
            );
        }
    }

    /// <summary>Whether a list has null as a member, which the serializer would accept. In a token's claims it is allowed.</summary>
    private static bool HasNullMember(JsonNode? node) =>
        node switch
        {
            JsonArray list => list.Any(member => member is null || HasNullMember(member)),
            JsonObject members => members.Any(member => member.Key != "claims" && HasNullMember(member.Value)),
            _ => false,
        };
}

/// <summary>Writes a policy document as the JSON object that it is.</summary>
internal sealed class PolicyDocumentJson : JsonConverter<PolicyDocument>
{
    public override PolicyDocument Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return PolicyDocument.Parse(document.RootElement.GetRawText());
    }

    public override void Write(Utf8JsonWriter writer, PolicyDocument value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.ToMinifiedJson());
}
