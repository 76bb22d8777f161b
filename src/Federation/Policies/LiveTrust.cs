using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Federation.Policies;

/// <summary>
/// A role's trust policy as IAM has it, statement by statement. Statements of other owners are kept word for word and never
/// interpreted: nothing of them can be lost by being read and written.
/// </summary>
public sealed record LiveTrust
{
    private const string LegacyVersion = "2008-10-17";

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private LiveTrust() { }

    public required string Version { get; init; }

    public string? Id { get; private init; }

    /// <summary>In the order of the document.</summary>
    public required ImmutableArray<LiveStatement> Statements { get; init; }

    /// <exception cref="PolicyFormatException">The text is not a JSON object with statements.</exception>
    public static LiveTrust Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.ValueKind is not JsonValueKind.Object || !root.TryGetProperty("Statement", out var statements))
            {
                throw new PolicyFormatException("The trust policy is not a JSON object with a Statement", 1, 1);
            }

            return new LiveTrust
            {
                Version = Text(root, nameof(Version)) ?? LegacyVersion,
                Id = Text(root, nameof(Id)),
                Statements =
                    statements.ValueKind is JsonValueKind.Array ? [.. statements.EnumerateArray().Select(Read)] : [Read(statements)],
            };
        }
        catch (JsonException malformed)
        {
            throw new PolicyFormatException("The trust policy is not valid JSON", 1, 1, malformed);
        }
    }

    /// <summary>The statements that the policy grammar can read.</summary>
    public IEnumerable<PolicyStatement> Readable => Statements.Select(statement => statement.Parse()).OfType<PolicyStatement>();

    /// <summary>The statements that the policy grammar cannot read.</summary>
    public IEnumerable<LiveStatement> Unreadable => Statements.Where(statement => statement.Parse() is null);

    /// <summary>The policy with only the statements whose Sid is one of these.</summary>
    public LiveTrust Only(IReadOnlySet<string> sids) =>
        this with
        {
            Statements = Statements.RemoveAll(statement => !statement.IsOneOf(sids)),
        };

    /// <summary>The policy without the statements whose Sid is one of these.</summary>
    public LiveTrust Without(IReadOnlySet<string> sids) =>
        this with
        {
            Statements = Statements.RemoveAll(statement => statement.IsOneOf(sids)),
        };

    /// <summary>
    /// The policy as minified JSON, with further statements after its own, which stay as they are and in their order. An older
    /// <c>Version</c> is kept where a newer one would turn a text of its own statements into a variable.
    /// </summary>
    public string With(PolicyDocument statements)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString(nameof(Version), VersionWith(statements));
            if ((Id ?? statements.Id) is { } id)
            {
                json.WriteString(nameof(Id), id);
            }

            json.WriteStartArray("Statement");
            foreach (var statement in Statements)
            {
                json.WriteRawValue(statement.Json);
            }

            foreach (var statement in statements.Statements)
            {
                json.WriteRawValue(PolicyWriter.Write(statement, PolicyJsonStyle.Minified));
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>The <c>Version</c> that the policy has with these statements after its own.</summary>
    public string VersionWith(PolicyDocument statements) =>
        Statements.Any(statement => statement.Json.Contains("${", StringComparison.Ordinal)) ? Version : statements.Version;

    /// <summary>The statements of this policy that another one lacks; one that is there twice can be missing once or twice.</summary>
    public ImmutableArray<LiveStatement> MissingFrom(LiveTrust other)
    {
        var left = other.Statements.Select(statement => statement.Meaning).ToList();
        return Statements.RemoveAll(statement => left.Remove(statement.Meaning));
    }

    private static LiveStatement Read(JsonElement statement)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            statement.WriteTo(json);
        }

        return new LiveStatement(
            statement.ValueKind is JsonValueKind.Object ? Text(statement, "Sid") : null,
            Encoding.UTF8.GetString(buffer.ToArray())
        );
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}

/// <summary>One statement of a live policy.</summary>
/// <param name="Json">The statement as IAM has it, without white space.</param>
public sealed record LiveStatement(string? Sid, string Json)
{
    /// <summary>Equal for statements that mean the same; of one that cannot be read, the text itself.</summary>
    internal string Meaning =>
        Parse() is { } read ? PolicyWriter.Write(PolicyCanonicalForm.Canonicalize(read), PolicyJsonStyle.Canonical) : Json;

    public bool IsOneOf(IReadOnlySet<string> sids) => Sid is not null && sids.Contains(Sid);

    /// <summary>Null where the policy grammar cannot read it.</summary>
    public PolicyStatement? Parse()
    {
        try
        {
            return PolicyDocument.Parse($$"""{"Statement":[{{Json}}]}""").Statements[0];
        }
        catch (PolicyFormatException)
        {
            return null;
        }
    }
}
