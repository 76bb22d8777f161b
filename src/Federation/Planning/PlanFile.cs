using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Federation.Findings;
using Federation.Templates;

namespace Federation.Planning;

/// <summary>
/// A plan to review: <c>plan.json</c>. It is never carried out. A run that is given one makes its own plan, and goes on only
/// if the two agree. It has no secret, and the same plan gives the same bytes.
/// </summary>
public sealed record PlanFile
{
    private const string CurrentSchema = "federation-plan/1";

    private static readonly JsonSerializerOptions Options = new(PlanFileJson.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public required string Schema { get; init; }

    /// <summary>The name of the federation.</summary>
    public required string Federation { get; init; }

    /// <summary>The <see cref="DigestOf(ReadOnlySpan{byte})"/> of the configuration.</summary>
    public required string Configuration { get; init; }

    /// <summary>The digest of the rendered documents of each workload that was selected, by its name.</summary>
    public required IReadOnlyDictionary<string, string> Documents { get; init; }

    /// <summary>In the order in which they would be carried out.</summary>
    public required IReadOnlyList<PlannedStep> Steps { get; init; }

    public static PlanFile Of(string federation, string configurationDigest, IEnumerable<RenderedWorkload> selected, Plan plan) =>
        new()
        {
            Schema = CurrentSchema,
            Federation = federation,
            Configuration = configurationDigest,
            Documents = new SortedDictionary<string, string>(
                selected.ToDictionary(documents => documents.Workload.Name, DigestOf, StringComparer.Ordinal),
                StringComparer.Ordinal
            ),
            Steps = [.. plan.Steps.Select(PlannedStep.Of)],
        };

    /// <summary>Indented JSON with a final line feed.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Options) + "\n";

    /// <summary>
    /// What a reviewer passes on: the SHA-256 of the file, in lower-case hexadecimal digits, as <c>sha256sum</c> prints it.
    /// </summary>
    public static string ChecksumOf(ReadOnlySpan<byte> file) => Convert.ToHexStringLower(SHA256.HashData(file));

    /// <summary>The SHA-256 of a text, in lower-case hexadecimal digits. Line ends of Windows count as line feeds.</summary>
    public static string DigestOf(ReadOnlySpan<byte> utf8) =>
        ChecksumOf(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(utf8).ReplaceLineEndings("\n")));

    /// <param name="path">How messages name the file.</param>
    /// <exception cref="FindingException">It is no plan, or one of a schema that this version does not know (FED8013).</exception>
    public static PlanFile Parse(ReadOnlySpan<byte> json, string path)
    {
        try
        {
            var file = JsonSerializer.Deserialize<PlanFile>(json, Options);
            if (file?.Schema != CurrentSchema)
            {
                throw new FindingException(NotAPlan(path, $"its schema is {file?.Schema ?? "absent"}, not {CurrentSchema}"));
            }

            // What the serializer would accept, and this tool never wrote.
            var isWhole =
                file.Steps.All(step => step?.Fields.All(field => field is not null) == true)
                && file.Steps.DistinctBy(step => step.Id, StringComparer.Ordinal).Count() == file.Steps.Count;
            return isWhole ? file : throw new FindingException(NotAPlan(path, "a step is null, or is there twice"));
        }
        catch (JsonException malformed)
        {
            var place = malformed.LineNumber is { } line ? $"it cannot be read beyond line {line + 1}" : "parts of one are missing";
            throw new FindingException(NotAPlan(path, place), malformed);
        }
    }

    /// <summary>What differs between this plan and the one made now, in words; empty where nothing does.</summary>
    public IReadOnlyList<string> DifferencesTo(PlanFile now)
    {
        var differences = new List<string>();
        if (Federation != now.Federation)
        {
            differences.Add($"it is of the federation {Federation}, and this is {now.Federation}");
        }

        if (Configuration != now.Configuration)
        {
            differences.Add("the configuration has changed");
        }

        differences.AddRange(
            Between(
                Documents,
                now.Documents,
                (name, before, after) =>
                    (before, after) switch
                    {
                        (null, _) => $"the workload {name} was not selected",
                        (_, null) => $"the workload {name} is not selected any more",
                        _ when before == after => null,
                        _ => $"the documents of the workload {name} have changed",
                    }
            )
        );
        differences.AddRange(
            Between(
                Steps.ToDictionary(step => step.Id, StringComparer.Ordinal),
                now.Steps.ToDictionary(step => step.Id, StringComparer.Ordinal),
                PlannedStep.Difference
            )
        );
        if (
            differences.Count == 0
            && !Steps.Select(step => step.Id).SequenceEqual(now.Steps.Select(step => step.Id), StringComparer.Ordinal)
        )
        {
            differences.Add("the steps are in another order");
        }

        return differences;
    }

    private static IEnumerable<string> Between<T>(
        IReadOnlyDictionary<string, T> before,
        IReadOnlyDictionary<string, T> after,
        Func<string, T?, T?, string?> describe
    )
        where T : class =>
        before
            .Keys.Union(after.Keys, StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .Select(key => describe(key, before.GetValueOrDefault(key), after.GetValueOrDefault(key)))
            .OfType<string>();

    private static string DigestOf(RenderedWorkload documents)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in documents.Files)
        {
            // The digests have one length each, so that no two lists of files are spelt alike.
            hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(file.Path)));
            hash.AppendData(SHA256.HashData(file.Content.Span));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static Finding NotAPlan(string path, string reason) =>
        new()
        {
            Code = FindingCodes.ArgumentInvalid,
            Cause = $"--plan={path}: this is not a plan: {reason}.",
            Fix = "Give the plan.json that --target=Plan wrote with this version.",
        };
}

/// <summary>One step of a plan, as a reviewer sees it.</summary>
/// <param name="Id">The resource, and the stage where it is part of a move.</param>
/// <param name="Observed">The digest of the resource as it was read; null if it was absent.</param>
public sealed record PlannedStep(string Id, StepAction Action, StepReason Reason, string? Observed, IReadOnlyList<FieldChange> Fields)
{
    internal static PlannedStep Of(Step step) =>
        new(step.Id.ToString(), step.Action, step.Reason, step.Before.Fields is { } fields ? DigestOf(fields) : null, step.Fields);

    /// <summary>How a step differs from the one that was reviewed; null where it does not.</summary>
    internal static string? Difference(string id, PlannedStep? reviewed, PlannedStep? now)
    {
        if (reviewed is null || now is null)
        {
            return reviewed is null
                ? $"{id} was not in it, and is now {now!.What}"
                : $"{id} was {reviewed.What}, and is not in the plan now";
        }

        if ((reviewed.Action, reviewed.Reason) != (now.Action, now.Reason))
        {
            return $"{id} was {reviewed.What}, and is now {now.What}";
        }

        var before = reviewed.Fields.ToDictionary(field => field.Path, StringComparer.Ordinal);
        var after = now.Fields.ToDictionary(field => field.Path, StringComparer.Ordinal);
        var path = before
            .Keys.Union(after.Keys, StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .FirstOrDefault(path => before.GetValueOrDefault(path) != after.GetValueOrDefault(path));
        return path is not null ? $"{path} of {id} would change otherwise than it was to"
            : reviewed.Observed != now.Observed ? $"{id} has changed since"
            : null;
    }

    private string What =>
        Reason == StepReason.SuppressedByMode ? "suppressed by the mode"
        : Action == StepAction.Unchanged ? "unchanged"
        : $"to be {Action.ToString().ToLowerInvariant()}d";

    private static string DigestOf(Fields fields)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (path, value) in fields.Values)
        {
            hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(path)));
            hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(value)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    IgnoreReadOnlyProperties = true,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(CamelCaseEnum<StepAction>), typeof(CamelCaseEnum<StepReason>)]
)]
[JsonSerializable(typeof(PlanFile))]
internal sealed partial class PlanFileJson : JsonSerializerContext;
