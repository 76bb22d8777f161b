using System.Text;
using System.Text.Json;

namespace Federation.Policies;

/// <summary>Reads the JSON policy language, token by token, so that an error can name its place.</summary>
internal ref struct PolicyReader
{
    private const string LegacyVersion = "2008-10-17";

    private readonly ReadOnlySpan<byte> _text;
    private Utf8JsonReader _json;

    private PolicyReader(ReadOnlySpan<byte> text)
    {
        _text = text;
        _json = new Utf8JsonReader(text);
    }

    public static PolicyDocument Read(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        var text = Encoding.UTF8.GetBytes(json);
        var reader = new PolicyReader(text);
        try
        {
            reader._json.Read();
            var document = reader.Document();
            reader._json.Read();
            return document;
        }
        catch (JsonException e)
        {
            throw new PolicyFormatException(
                "The policy document is not valid JSON: " + Reason(e),
                (int)(e.LineNumber ?? 0) + 1,
                (int)(e.BytePositionInLine ?? 0) + 1,
                e
            );
        }
        catch (InvalidOperationException e)
        {
            throw reader.Fault("The text here is not valid Unicode", e);
        }
    }

    // Removes the position that System.Text.Json appends; ours replaces it.
    private static string Reason(JsonException e)
    {
        var end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? e.Message : e.Message[..end];
    }

    private PolicyDocument Document()
    {
        Expect(JsonTokenType.StartObject, "A policy document is a JSON object");
        string? version = null;
        string? id = null;
        List<PolicyStatement>? statements = null;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (NextProperty(seen, "the policy document") is { } name)
        {
            switch (name)
            {
                case "Version":
                    version = Text(name);
                    break;
                case "Id":
                    id = Text(name);
                    break;
                case "Statement":
                    statements = Statements();
                    break;
                default:
                    throw Unknown(name, "a policy document has Version, Id and Statement");
            }
        }

        return new PolicyDocument
        {
            Version = version ?? LegacyVersion,
            Id = id,
            Statements = statements ?? throw Fault("The policy document has no Statement"),
        };
    }

    private List<PolicyStatement> Statements()
    {
        if (_json.TokenType is JsonTokenType.StartObject)
        {
            return [Statement()];
        }

        Expect(JsonTokenType.StartArray, "Statement is an object or a list of objects");
        var statements = new List<PolicyStatement>();
        while (_json.Read() && _json.TokenType is not JsonTokenType.EndArray)
        {
            statements.Add(Statement());
        }

        return statements;
    }

    private PolicyStatement Statement()
    {
        Expect(JsonTokenType.StartObject, "A statement is a JSON object");
        PolicyEffect? effect = null;
        var statement = new PolicyStatement { Effect = PolicyEffect.Deny };
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (NextProperty(seen, "the statement") is { } name)
        {
            switch (name)
            {
                case "Sid":
                    statement = statement with { Sid = Text(name) };
                    break;
                case "Effect":
                    effect = Text(name) switch
                    {
                        "Allow" => PolicyEffect.Allow,
                        "Deny" => PolicyEffect.Deny,
                        var other => throw Fault($"Effect is \"{other}\": it must be Allow or Deny"),
                    };
                    break;
                case "Action":
                    statement = statement with { Actions = Texts(name) };
                    break;
                case "NotAction":
                    statement = statement with { NotActions = Texts(name) };
                    break;
                case "Resource":
                    statement = statement with { Resources = Texts(name) };
                    break;
                case "NotResource":
                    statement = statement with { NotResources = Texts(name) };
                    break;
                case "Principal":
                    statement = statement with { Principals = Principals(name) };
                    break;
                case "NotPrincipal":
                    statement = statement with { NotPrincipals = Principals(name) };
                    break;
                case "Condition":
                    statement = statement with { Conditions = Conditions() };
                    break;
                default:
                    throw Unknown(
                        name,
                        "a statement has Sid, Effect, Principal, Action, Resource and Condition, or NotPrincipal, NotAction and NotResource"
                    );
            }
        }

        return statement with
        {
            Effect = effect ?? throw Fault("The statement has no Effect"),
        };
    }

    private Dictionary<string, IReadOnlyList<string>> Principals(string name)
    {
        var principals = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        if (_json.TokenType is JsonTokenType.String)
        {
            var text = Text(name);
            if (text is not "*")
            {
                throw Fault(
                    $"{name} is \"{text}\": as a plain string it can only be \"*\"; otherwise give its type, such as {{ "
                        + "\"Federated\": \"…\" }"
                );
            }

            principals["AWS"] = ["*"];
            return principals;
        }

        Expect(JsonTokenType.StartObject, $"{name} is \"*\" or an object such as {{ \"Federated\": \"…\" }}");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (NextProperty(seen, name) is { } type)
        {
            principals[type] = Texts(type);
        }

        return principals;
    }

    private List<PolicyCondition> Conditions()
    {
        Expect(JsonTokenType.StartObject, "Condition is an object of operators");
        var conditions = new List<PolicyCondition>();
        var operators = new HashSet<string>(StringComparer.Ordinal);
        while (NextProperty(operators, "Condition") is { } @operator)
        {
            Expect(JsonTokenType.StartObject, $"{@operator} is an object of condition keys and their values");
            // Condition keys are case-insensitive, so two that differ only in case are one key given twice.
            var keys = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            while (NextProperty(keys, @operator) is { } key)
            {
                conditions.Add(new PolicyCondition(@operator, key, ConditionValues(key)));
            }
        }

        return conditions;
    }

    private List<string> ConditionValues(string key)
    {
        if (_json.TokenType is not JsonTokenType.StartArray)
        {
            return [ConditionValue(key)];
        }

        var values = new List<string>();
        while (_json.Read() && _json.TokenType is not JsonTokenType.EndArray)
        {
            values.Add(ConditionValue(key));
        }

        return values;
    }

    private readonly string ConditionValue(string key) =>
        _json.TokenType switch
        {
            JsonTokenType.String => _json.GetString()!,
            JsonTokenType.True => "true",
            JsonTokenType.False => "false",
            JsonTokenType.Number => Encoding.UTF8.GetString(_json.ValueSpan),
            var other => throw Fault(
                $"The value of {key} is {Describe(other)}: it must be a string, a number, a boolean or a list of those"
            ),
        };

    private List<string> Texts(string name)
    {
        if (_json.TokenType is not JsonTokenType.StartArray)
        {
            return [Text(name)];
        }

        var values = new List<string>();
        while (_json.Read() && _json.TokenType is not JsonTokenType.EndArray)
        {
            values.Add(Text(name));
        }

        return values;
    }

    private readonly string Text(string name) =>
        _json.TokenType is JsonTokenType.String
            ? _json.GetString()!
            : throw Fault($"{name} is {Describe(_json.TokenType)}: it must be a string");

    // Moves to the value of the next property; null at the object's end.
    private string? NextProperty(HashSet<string> seen, string where)
    {
        _json.Read();
        if (_json.TokenType is JsonTokenType.EndObject)
        {
            return null;
        }

        var name = _json.GetString()!;
        if (!seen.Add(name))
        {
            throw Fault($"{name} is given twice in {where}");
        }

        _json.Read();
        return name;
    }

    private readonly void Expect(JsonTokenType type, string rule)
    {
        if (_json.TokenType != type)
        {
            throw Fault($"{rule}, but here is {Describe(_json.TokenType)}");
        }
    }

    private readonly PolicyFormatException Unknown(string name, string known) =>
        Fault($"\"{name}\" is not an element of the policy language here: {known}");

    private readonly PolicyFormatException Fault(string message, Exception? inner = null)
    {
        var before = _text[..(int)_json.TokenStartIndex];
        var line = before.Count((byte)'\n') + 1;
        var column = Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1;
        return new PolicyFormatException(message, line, column, inner);
    }

    private static string Describe(JsonTokenType type) =>
        type switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "a list",
            JsonTokenType.String => "a string",
            JsonTokenType.Number => "a number",
            JsonTokenType.True or JsonTokenType.False => "a boolean",
            JsonTokenType.Null => "null",
            _ => "nothing",
        };
}
