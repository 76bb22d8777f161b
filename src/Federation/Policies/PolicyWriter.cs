using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Federation.Policies;

internal enum PolicyJsonStyle
{
    /// <summary>Indented; a list with one member is written as that member.</summary>
    Readable,

    /// <summary>Without white space; a list with one member is written as that member.</summary>
    Minified,

    /// <summary>Without white space; every list is written as a list.</summary>
    Canonical,
}

internal static class PolicyWriter
{
    // The text goes to IAM and to people, never into HTML: only what JSON requires is escaped.
    private static readonly JsonWriterOptions Indented = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Indented = true,
        NewLine = "\n",
    };
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="InvalidOperationException">A statement has the same operator and key twice, which JSON cannot say.</exception>
    public static string Write(PolicyDocument document, PolicyJsonStyle style)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, style is PolicyJsonStyle.Readable ? Indented : Plain))
        {
            json.WriteStartObject();
            json.WriteString("Version", document.Version);
            if (document.Id is not null)
            {
                json.WriteString("Id", document.Id);
            }

            json.WriteStartArray("Statement");
            foreach (var statement in document.Statements)
            {
                Write(json, statement, style);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static string Write(PolicyStatement statement, PolicyJsonStyle style)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, style is PolicyJsonStyle.Readable ? Indented : Plain))
        {
            Write(json, statement, style);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, PolicyStatement statement, PolicyJsonStyle style)
    {
        json.WriteStartObject();
        if (statement.Sid is not null)
        {
            json.WriteString("Sid", statement.Sid);
        }

        json.WriteString("Effect", statement.Effect is PolicyEffect.Allow ? "Allow" : "Deny");
        WritePrincipals(json, "Principal", statement.Principals, style);
        WritePrincipals(json, "NotPrincipal", statement.NotPrincipals, style);
        WriteList(json, "Action", statement.Actions, style);
        WriteList(json, "NotAction", statement.NotActions, style);
        WriteList(json, "Resource", statement.Resources, style);
        WriteList(json, "NotResource", statement.NotResources, style);
        if (statement.Conditions.Count > 0)
        {
            WriteConditions(json, statement, style);
        }

        json.WriteEndObject();
    }

    private static void WriteConditions(Utf8JsonWriter json, PolicyStatement statement, PolicyJsonStyle style)
    {
        json.WriteStartObject("Condition");
        foreach (var byOperator in statement.Conditions.GroupBy(condition => condition.Operator, StringComparer.Ordinal))
        {
            json.WriteStartObject(byOperator.Key);
            var keys = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            foreach (var condition in byOperator)
            {
                if (!keys.Add(condition.Key))
                {
                    throw new InvalidOperationException(
                        $"The statement {statement.Sid ?? "without Sid"} tests {condition.Key} twice under "
                            + $"{condition.Operator}; JSON can hold it once."
                    );
                }

                WriteList(json, condition.Key, condition.Values, style);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WritePrincipals(
        Utf8JsonWriter json,
        string name,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? principals,
        PolicyJsonStyle style
    )
    {
        if (principals is null)
        {
            return;
        }

        json.WriteStartObject(name);
        foreach (var (type, values) in principals)
        {
            WriteList(json, type, values, style);
        }

        json.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter json, string name, IReadOnlyList<string>? values, PolicyJsonStyle style)
    {
        if (values is null)
        {
            return;
        }

        if (values.Count == 1 && style is not PolicyJsonStyle.Canonical)
        {
            json.WriteString(name, values[0]);
            return;
        }

        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
