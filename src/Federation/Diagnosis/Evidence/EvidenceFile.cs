using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Federation.Findings;
using Federation.Policies;

namespace Federation.Diagnosis.Evidence;

/// <summary>Evidence as a file: what a run read, to be judged later and elsewhere, and to be sent with a bug report.</summary>
public sealed record EvidenceFile
{
    public const string CurrentSchema = "federation-evidence/1";

    public string Schema { get; init; } = CurrentSchema;

    /// <summary>When it was read: the moment that a judgement takes for now.</summary>
    public required DateTimeOffset Taken { get; init; }

    public required IReadOnlyList<WorkloadEvidence> Workloads { get; init; }

    // Not from generated code: that sets every init property, to null where the file says nothing, and the default is lost.
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

    /// <exception cref="FindingException">The text is no evidence, or of a schema this version does not know (FED8013).</exception>
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
                        Cause =
                            $"--evidence={path}: {(schema is null ? "this is no evidence file" : $"its schema is {schema}, which this version does not read")}.",
                        Fix = "Give a file that `--target=Diagnose --evidence=FILE` wrote.",
                        Expected = CurrentSchema,
                        Actual = schema,
                    }
                );
            }

            return HasGap(file)
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
            // The last of them: a text escapes half a surrogate pair, which shows only when it is read.
            throw new FindingException(
                new Finding
                {
                    Code = FindingCodes.ArgumentInvalid,
                    Cause = $"--evidence={path}: this is no evidence file: {malformed.Message}",
                    Fix = "Give a file that `--target=Diagnose --evidence=FILE` wrote.",
                },
                malformed
            );
        }
    }

    /// <summary>A list with a member that is null, which the serializer takes for one; a token's claims are whatever they are.</summary>
    private static bool HasGap(JsonNode? node) =>
        node switch
        {
            JsonArray list => list.Any(member => member is null || HasGap(member)),
            JsonObject members => members.Any(member => member.Key != "claims" && HasGap(member.Value)),
            _ => false,
        };
}

/// <summary>A policy document stands in a file as the JSON it is.</summary>
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
