using System.Buffers;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Federation.Configuration.Yaml;
using Federation.Findings;

namespace Federation.Configuration.Schema;

/// <summary>A mistake that was recognised, and its fix. <paramref name="Meant"/> is the value that was probably meant.</summary>
internal sealed record Mistake(string Cause, string Fix, string? Meant = null);

/// <summary>
/// Text that follows a rule. Unquoted text that YAML reads as a number, a boolean or null is refused with the advice to quote
/// it. With <see cref="AllowsInteger"/>, digits are taken as they were written.
/// </summary>
internal sealed class Text : Value<string>
{
    private readonly Lazy<Regex> _regex;

    public Text() => _regex = new(() => new Regex($@"\A(?:{Pattern})\z", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)));

    /// <summary>What it is, after "not a valid": "namespace", "role name".</summary>
    public required string Noun { get; init; }

    /// <summary>What it must look like: completes the sentence "Write …".</summary>
    public required string Requirement { get; init; }

    /// <summary>
    /// Regular expression for the whole text. Use only syntax shared by .NET and ECMAScript: it is also the schema's pattern.
    /// </summary>
    public required string Pattern { get; init; }

    public string Code { get; init; } = FindingCodes.ConfigurationInvalid;

    public int Least { get; init; } = 1;

    public int Most { get; init; } = 1024;

    /// <summary>The allowed characters, used to point at the first wrong one.</summary>
    public SearchValues<char>? Alphabet { get; init; }

    /// <summary>Recognises a usual mistake. Null if it is none of those.</summary>
    public Func<string, Mistake?> Explain { get; init; } = _ => null;

    public bool AllowsInteger { get; init; }

    public override string Kind => "text";

    public override bool TryRead(Node node, string label, FileReading reading, out string value)
    {
        value = "";
        if (node is not ScalarNode scalar || scalar.Type is ScalarKind.Null)
        {
            RejectKind(node, label, reading);
            return false;
        }

        var isText = scalar.Type is ScalarKind.Text || (AllowsInteger && scalar.Type is ScalarKind.Integer);
        if (!isText && (AllowsInteger ? Examine(scalar.Text) : Explain(scalar.Text)) is { } mistake)
        {
            Reject(mistake, scalar, reading);
        }
        else if (!isText)
        {
            reading.Invalid(
                node.At,
                $"{label} must be text, but YAML reads {scalar.Text} as {scalar.Kind}",
                $"Put it in quotes: \"{scalar.Text}\".",
                expected: $"\"{scalar.Text}\"",
                actual: scalar.Text
            );
        }
        else if (Examine(scalar.Text) is { } fault)
        {
            Reject(fault, scalar, reading);
        }
        else
        {
            value = scalar.Text;
            return true;
        }

        return false;
    }

    /// <summary>Checks a key that the user chose. Keys are text whatever they look like.</summary>
    public void CheckName(ScalarNode key, FileReading reading)
    {
        if (Examine(key.Text) is { } mistake)
        {
            Reject(mistake, key, reading);
        }
    }

    public bool Accepts(string text) => text.Length >= Least && text.Length <= Most && _regex.Value.IsMatch(text);

    /// <summary>What is wrong with the text, or null.</summary>
    public Mistake? Examine(string text)
    {
        if (Accepts(text))
        {
            return null;
        }

        if (Explain(text) is { } known)
        {
            return known;
        }

        var meant = Repair(text);
        var problem = Problem(text);
        return new Mistake(
            text.Length == 0
                ? $"the {Noun} is empty"
                : $"{PlainText.Quoted(text)} is not a valid {Noun}" + (problem is null ? "" : ": " + problem),
            $"Write {Requirement}" + (meant is null ? "." : $", for example {PlainText.Quoted(meant)}."),
            meant
        );
    }

    public override JsonObject Schema(JsonObject definitions)
    {
        var schema = new JsonObject { ["type"] = AllowsInteger ? new JsonArray("string", "integer") : "string" };
        if (Least > 0)
        {
            schema["minLength"] = Least;
        }

        schema["maxLength"] = Most;
        schema["pattern"] = $"^(?:{Pattern})$";
        return schema;
    }

    private void Reject(Mistake mistake, ScalarNode scalar, FileReading reading) =>
        reading.Add(Code, scalar.At, mistake.Cause, mistake.Fix, mistake.Meant, scalar.Text);

    private string? Problem(string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        if (Alphabet is not null && text.AsSpan().IndexOfAnyExcept(Alphabet) is var at and >= 0)
        {
            var wrong = char.IsSurrogate(text[at]) && at + 1 < text.Length ? text.Substring(at, 2) : text[at].ToString();
            return $"{PlainText.Quoted(wrong)} (character {at + 1}) is not allowed there";
        }

        if (text.Length > Most)
        {
            return $"it has {text.Length} characters, at most {Most} are allowed";
        }

        if (text.Length < Least)
        {
            return $"it has {text.Length} {(text.Length == 1 ? "character" : "characters")}, at least {Least} are needed";
        }

        return null;
    }

    /// <summary>A text that follows the rule, if a simple change leads to one.</summary>
    private string? Repair(string text)
    {
        if (text.Length > 2 * Most)
        {
            return null;
        }

        var trimmed = text.Trim();
        var lower = trimmed.ToLowerInvariant();
        var hyphens = new string([.. lower.Select(c => c is '_' or ' ' or '.' ? '-' : c)]).Trim('-');
        return new[] { trimmed, lower, hyphens }.FirstOrDefault(Accepts);
    }
}
