using System.Text.Json.Nodes;
using Federation.Configuration.Yaml;
using Federation.Findings;

namespace Federation.Configuration.Schema;

/// <summary>
/// What a key of the configuration may hold. Both the parser and the JSON Schema follow from it, so they accept the same.
/// </summary>
internal abstract class Value
{
    /// <summary>Such as "text" or "a list". It completes "… must be".</summary>
    public abstract string Kind { get; }

    /// <summary>The values that are part of this one.</summary>
    public virtual IEnumerable<Value> Parts => [];

    /// <summary>JSON Schema (draft 2020-12) for this value. Sections are put into <paramref name="definitions"/> and referenced.</summary>
    public abstract JsonObject Schema(JsonObject definitions);

    protected void RejectKind(Node node, string label, FileReading reading)
    {
        if (node is ScalarNode { Type: ScalarKind.Null })
        {
            reading.Invalid(node.At, $"{label} has no value", $"Give it one ({Kind}), or remove the line.");
        }
        else
        {
            reading.Invalid(node.At, $"{label} must be {Kind}, not {Describe(node)}", $"Write {Kind} here.");
        }
    }

    private static string Describe(Node node) => node is ScalarNode scalar ? $"{scalar.Kind} ({PlainText.Quoted(scalar.Text)})" : node.Kind;
}

/// <typeparam name="T">The type of the value that is read.</typeparam>
internal abstract class Value<T> : Value
{
    /// <summary>
    /// Reads a node and reports what is wrong with it. True if there is a value to go on with. That of a list or section may
    /// lack what could not be read.
    /// </summary>
    /// <param name="label">What messages call the value: <c>"namespace"</c>, <c>an item of "policies"</c>.</param>
    public abstract bool TryRead(Node node, string label, FileReading reading, out T value);
}
