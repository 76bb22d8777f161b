using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Federation.Configuration.Yaml;

/// <summary>A place in a text; both numbers count from one.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Position(int Line, int Column)
{
    public static Position Start => new(1, 1);

    public override string ToString() => $"line {Line}, column {Column}";
}

/// <summary>
/// A node of a YAML document. An alias is the very node of its anchor, so a document is a graph without cycles:
/// <see cref="Size"/> is what it amounts to when walked as a tree.
/// </summary>
internal abstract class Node(Position at)
{
    public Position At { get; } = at;

    /// <summary>The number of nodes from here down, aliases counted as often as they are used.</summary>
    public int Size { get; set; } = 1;

    /// <summary>What stands here, for a message: "text", "a list".</summary>
    public abstract string Kind { get; }
}

internal enum ScalarKind
{
    Text,
    Null,
    Boolean,
    Integer,
    Float,
}

/// <summary>A scalar as it was written; <see cref="Type"/> is what YAML 1.2's core schema takes it for.</summary>
internal sealed partial class ScalarNode(Position at, string text, bool plain) : Node(at)
{
    public string Text { get; } = text;

    /// <summary>Neither quoted, nor a block, nor tagged as text: YAML decides by its looks what it is.</summary>
    public bool Plain { get; } = plain;

    public ScalarKind Type { get; } = plain ? TypeOf(text) : ScalarKind.Text;

    public override string Kind =>
        Type switch
        {
            ScalarKind.Null => "nothing",
            ScalarKind.Boolean => "a truth value",
            ScalarKind.Integer or ScalarKind.Float => "a number",
            _ => "text",
        };

    private static ScalarKind TypeOf(string text) =>
        text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => ScalarKind.Null,
            "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => ScalarKind.Boolean,
            // Every number begins with one of these: most scalars need no closer look.
            [(>= '0' and <= '9') or '-' or '+' or '.', ..] when text.Length <= 400 => NumberOf(text),
            _ => ScalarKind.Text,
        };

    private static ScalarKind NumberOf(string text) =>
        Integer().IsMatch(text) ? ScalarKind.Integer
        : Float().IsMatch(text) ? ScalarKind.Float
        : ScalarKind.Text;

    [GeneratedRegex(@"\A(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Integer();

    [GeneratedRegex(
        @"\A(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\z",
        RegexOptions.None,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Float();
}

internal sealed class SequenceNode(Position at) : Node(at)
{
    public List<Node> Items { get; } = [];

    public override string Kind => "a list";
}

/// <summary>A mapping whose keys are scalars and stand once; merge keys (<c>&lt;&lt;</c>) are resolved.</summary>
internal sealed class MappingNode(Position at) : Node(at)
{
    // Most mappings have a handful of keys, and there are tens of thousands of them: an index pays only beyond that.
    private const int Indexed = 16;

    private readonly List<(ScalarNode Key, Node Value)> _entries = [];
    private Dictionary<string, int>? _index;

    public IReadOnlyList<(ScalarNode Key, Node Value)> Entries => _entries;

    public override string Kind => "a mapping";

    public bool TryGet(string key, out (ScalarNode Key, Node Value) entry)
    {
        var found = _index is null
            ? _entries.FindIndex(candidate => string.Equals(candidate.Key.Text, key, StringComparison.Ordinal))
            : _index.GetValueOrDefault(key, -1);
        entry = found >= 0 ? _entries[found] : default;
        return found >= 0;
    }

    /// <summary>Adds an entry unless its key is there.</summary>
    public bool TryAdd((ScalarNode Key, Node Value) entry)
    {
        if (TryGet(entry.Key.Text, out _))
        {
            return false;
        }

        _entries.Add(entry);
        if (_index is not null)
        {
            _index.Add(entry.Key.Text, _entries.Count - 1);
        }
        else if (_entries.Count == Indexed)
        {
            _index = _entries.Select((added, place) => (added.Key.Text, place)).ToDictionary(StringComparer.Ordinal);
        }

        return true;
    }
}
