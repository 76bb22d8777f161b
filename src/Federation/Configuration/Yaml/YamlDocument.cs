using Federation.Findings;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Federation.Configuration.Yaml;

/// <summary>
/// Builds the document of a YAML stream from its events. It does not recurse, and enforces <see cref="Limits"/> while the
/// events arrive, so that whatever walks the nodes afterwards may recurse.
/// </summary>
internal sealed class YamlDocument
{
    private readonly FileReading _reading;
    private readonly Stack<Open> _open = new();
    private readonly Dictionary<string, Node?> _anchors = new(StringComparer.Ordinal);
    private Node? _root;
    private long _size;
    private bool _broken;

    private YamlDocument(FileReading reading) => _reading = reading;

    /// <summary>A list or mapping that has begun but not ended; of a mapping also the key whose value comes next.</summary>
    private sealed class Open(Node node, bool flow, string? anchor)
    {
        public Node Node { get; } = node;

        public bool Flow { get; } = flow;

        public string? Anchor { get; } = anchor;

        public bool ExpectsValue { get; set; }

        public ScalarNode? Key { get; set; }

        public List<(ScalarNode Key, Node Value)>? Merges { get; set; }
    }

    /// <summary>Returns the root node, or null if the text is not one YAML document, which is then reported.</summary>
    public static Node? Parse(string text, FileReading reading)
    {
        var document = new YamlDocument(reading);
        var parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
        try
        {
            while (!document._broken && parser.MoveNext())
            {
                document.Take(parser.Current!);
            }
        }
        catch (YamlException fault)
        {
            document.ReportSyntax(text, PositionOf(fault.Start), fault.Message);
        }
        catch (Exception fault)
            when (fault is InvalidOperationException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            // The parser throws these on some broken input. They have no position, so the last event's is used.
            document.ReportSyntax(
                text,
                parser.Current is { } last ? PositionOf(last.End) : Position.Start,
                "what follows here is not valid YAML"
            );
        }

        if (document._broken)
        {
            return null;
        }

        if (document._root is null or ScalarNode { Type: ScalarKind.Null })
        {
            reading.Invalid(
                Position.Start,
                "the file is empty",
                "Write at least clusters, accounts and workloads; templates/federation.example.yaml shows how."
            );
            return null;
        }

        return document._root;
    }

    private void Take(ParsingEvent current)
    {
        var at = PositionOf(current.Start);
        switch (current)
        {
            case DocumentStart when _root is not null:
                Break(
                    at,
                    "a second YAML document begins here; a federation is one document",
                    "Remove the \"---\", or move what follows into a file of its own."
                );
                break;
            case Scalar scalar:
                RejectForeignTag(scalar, at);
                var plain = scalar is { Style: ScalarStyle.Plain, IsPlainImplicit: true };
                if (Count(1, at))
                {
                    Place(new ScalarNode(at, scalar.Value, plain), AnchorOf(scalar));
                }

                break;
            case SequenceStart sequence:
                RejectForeignTag(sequence, at);
                Begin(new SequenceNode(at), sequence.Style is SequenceStyle.Flow, AnchorOf(sequence));
                break;
            case MappingStart mapping:
                RejectForeignTag(mapping, at);
                Begin(new MappingNode(at), mapping.Style is MappingStyle.Flow, AnchorOf(mapping));
                break;
            case SequenceEnd or MappingEnd:
                End();
                break;
            case AnchorAlias alias:
                TakeAlias(alias.Value.Value, at);
                break;
        }
    }

    private void Begin(Node node, bool flow, string? anchor)
    {
        if (_open.Count == Limits.Depth)
        {
            Break(
                node.At,
                $"this is nested deeper than {Limits.Depth} levels",
                "A federation needs seven; look for a bracket or an indentation too many."
            );
            return;
        }

        if (!Count(1, node.At))
        {
            return;
        }

        if (anchor is not null)
        {
            _anchors[anchor] = null;
        }

        _open.Push(new Open(node, flow, anchor));
    }

    private void End()
    {
        var ended = _open.Pop();
        if (ended.Merges is { } merges && ended.Node is MappingNode mapping)
        {
            foreach (var (key, value) in merges)
            {
                Merge(mapping, key, value);
            }
        }

        Place(ended.Node, ended.Anchor);
    }

    /// <summary>Adds a finished node to its parent: as key, value or item. Without a parent it is the root.</summary>
    private void Place(Node node, string? anchor)
    {
        if (anchor is not null)
        {
            _anchors[anchor] = node;
        }

        if (!_open.TryPeek(out var parent))
        {
            _root = node;
            return;
        }

        switch (parent.Node)
        {
            case SequenceNode sequence:
                sequence.Items.Add(node);
                Grow(parent.Node, node);
                break;
            case MappingNode when !parent.ExpectsValue:
                parent.ExpectsValue = true;
                parent.Key = node as ScalarNode;
                if (parent.Key is null)
                {
                    _reading.Invalid(node.At, $"a key must be text, not {node.Kind}", "Write the key as a word before the colon.");
                }

                break;
            case MappingNode mapping:
                parent.ExpectsValue = false;
                if (parent.Key is { } key)
                {
                    AddEntry(parent, mapping, key, node);
                }

                break;
        }
    }

    private void AddEntry(Open parent, MappingNode mapping, ScalarNode key, Node value)
    {
        if (key is { Text: "<<", Plain: true })
        {
            (parent.Merges ??= []).Add((key, value));
        }
        else if (mapping.TryGet(key.Text, out var first))
        {
            _reading.Invalid(
                key.At,
                $"{PlainText.Quoted(key.Text)} is given twice; the first is at {first.Key.At}",
                "Keep one of the two."
            );
        }
        else
        {
            mapping.TryAdd((key, value));
            Grow(mapping, value);
        }
    }

    /// <summary>Resolves a merge key: adds the entries whose keys the mapping does not have. The first source wins.</summary>
    private void Merge(MappingNode mapping, ScalarNode merge, Node value)
    {
        foreach (var source in value is SequenceNode sequence ? sequence.Items : [value])
        {
            if (source is not MappingNode from)
            {
                _reading.Invalid(
                    source.At,
                    $"\"<<\" merges a mapping (or a list of them), not {source.Kind}",
                    "Let it name the anchor of a mapping, such as <<: *common."
                );
                continue;
            }

            foreach (var entry in from.Entries)
            {
                if (mapping.TryAdd(entry))
                {
                    Grow(mapping, entry.Value);
                    if (!Count(entry.Value.Size, merge.At))
                    {
                        return;
                    }
                }
            }
        }
    }

    private void TakeAlias(string name, Position at)
    {
        if (!_anchors.TryGetValue(name, out var node))
        {
            var near = NearMiss.Find(name, _anchors.Keys);
            Break(
                at,
                $"the alias *{name} has no anchor &{name} before it" + (near is null ? "" : $"; did you mean *{near}?"),
                $"Write &{name} before the value that is meant."
            );
        }
        else if (node is null)
        {
            Break(at, $"the alias *{name} is inside the value that it names", "A value cannot contain itself; write it out.");
        }
        else if (Count(node.Size, at))
        {
            Place(node, anchor: null);
        }
    }

    private static void Grow(Node parent, Node child) => parent.Size = (int)Math.Min(int.MaxValue, (long)parent.Size + child.Size);

    private bool Count(long nodes, Position at)
    {
        _size += nodes;
        if (_size <= Limits.Nodes)
        {
            return true;
        }

        if (!_broken)
        {
            Break(
                at,
                $"the file has more than {Limits.Nodes} values (an alias counts as all that it repeats)",
                "Split the federation, or use fewer aliases."
            );
        }

        return false;
    }

    private void RejectForeignTag(NodeEvent node, Position at)
    {
        if (node.Tag.IsEmpty || node.Tag.IsNonSpecific)
        {
            return;
        }

        if (node.Tag.Value is not ("tag:yaml.org,2002:str" or "tag:yaml.org,2002:map" or "tag:yaml.org,2002:seq"))
        {
            _reading.Invalid(at, $"the tag {PlainText.Quoted(node.Tag.Value)} has no meaning here", "Remove the tag.");
        }
    }

    private static string? AnchorOf(NodeEvent node) => node.Anchor.IsEmpty ? null : node.Anchor.Value;

    private static Position PositionOf(Mark mark) => new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    private void Break(Position at, string cause, string fix)
    {
        _broken = true;
        _reading.Invalid(at, cause, fix);
    }

    /// <summary>Reports a syntax error in words for somebody who edits the file.</summary>
    private void ReportSyntax(string text, Position at, string message)
    {
        if (message.Contains("tab", StringComparison.Ordinal) && FindTab(text, at) is { } tab)
        {
            Break(tab, "there is a tab in the indentation", "Indent with spaces: YAML allows no tabs there.");
        }
        else if (_open.TryPeek(out var open) && open.Flow)
        {
            var (what, bracket) = open.Node is SequenceNode ? ("list", "]") : ("mapping", "}");
            Break(
                open.Node.At,
                $"the {what} that begins here is not well formed up to {at}",
                $"Separate its items by commas and close it by \"{bracket}\"."
            );
        }
        else
        {
            var (cause, fix) = message switch
            {
                _ when message.Contains("invalid mapping", StringComparison.Ordinal) => (
                    "a colon is not allowed here: it is inside an unquoted value, or on a line indented too far",
                    "Put the value in quotes, or align the line with the keys beside it."
                ),
                _ when message.Contains("quoted scalar", StringComparison.Ordinal) => (
                    "the quoted text that begins here is not closed, or goes on in a line that is not indented",
                    "Close the quote."
                ),
                _ when message.Contains("cannot start any token", StringComparison.Ordinal) => (
                    "no unquoted value can begin with this character",
                    "Put the value in quotes."
                ),
                _ => (
                    "not valid YAML: " + char.ToLowerInvariant(message[0]) + message[1..].TrimEnd('.'),
                    "Fix the line: its indentation, its quotes, or the space after a colon."
                ),
            };
            Break(at, cause, fix);
        }
    }

    /// <summary>Finds the first tab in the indentation of a line, from the given line on.</summary>
    private static Position? FindTab(string text, Position from)
    {
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var blanks = line.Length - line.TrimStart(" \t").Length;
            if (number >= from.Line && line[..blanks].IndexOf('\t') is var tab and >= 0)
            {
                return new Position(number, tab + 1);
            }
        }

        return null;
    }
}
