using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Federation.Configuration.Yaml;

/// <summary>A position in a text. Both numbers start at one.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Position(int Line, int Column)
{
    public static Position Start => new(1, 1);

    public override string ToString() => $"line {Line}, column {Column}";
}

/// <summary>
/// A node of a YAML document. An alias is the same object as its anchor's node, so a document is a graph without cycles.
/// </summary>
internal abstract class Node(Position at)
{
    public Position At { get; } = at;

    /// <summary>The number of nodes from here down if the graph is walked as a tree: an alias counts as often as it is used.</summary>
    public int Size { get; set; } = 1;

    /// <summary>What it is, for messages: "text", "a list".</summary>
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

/// <summary>A scalar as it was written. <see cref="Type"/> follows from YAML 1.2's core schema.</summary>
internal sealed partial class ScalarNode(Position at, string text, bool plain) : Node(at)
{
    public string Text { get; } = text;

    /// <summary>Not quoted, not a block and not tagged as text, so that its type depends on how it looks.</summary>
    public bool Plain { get; } = plain;

    public ScalarKind Type { get; } = plain ? TypeOf(text) : ScalarKind.Text;

    public override string Kind =>
        Type switch
        {
            ScalarKind.Null => "nothing",
            ScalarKind.Boolean => "a boolean",
            ScalarKind.Integer or ScalarKind.Float => "a number",
            _ => "text",
        };

    private static ScalarKind TypeOf(string text) =>
        text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => ScalarKind.Null,
            "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => ScalarKind.Boolean,
            // Every number begins with one of these, so most scalars need no regular expression.
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

/// <summary>A mapping. Its keys are scalars and unique; merge keys (<c>&lt;&lt;</c>) are resolved.</summary>
internal sealed class MappingNode(Position at) : Node(at)
{
    // An index is worth its memory only beyond this number of keys; most mappings have a handful.
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

    /// <summary>Adds an entry. False if its key exists already.</summary>
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
