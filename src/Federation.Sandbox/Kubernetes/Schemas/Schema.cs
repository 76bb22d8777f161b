namespace Federation.Sandbox.Kubernetes.Schemas;

/// <summary>The type of a value, with the rules for merging and owning it.</summary>
internal abstract record FieldType
{
    /// <summary>The value has one owner and is replaced as a whole.</summary>
    public abstract bool IsAtomic { get; }
}

internal sealed record ScalarType(string Name) : FieldType
{
    public override bool IsAtomic => true;
}

internal sealed record StructType(string Name, bool Atomic) : FieldType
{
    private readonly Dictionary<string, Field> _fields = new(StringComparer.Ordinal);

    public override bool IsAtomic => Atomic;

    /// <summary>In the order of the API's output.</summary>
    public IReadOnlyDictionary<string, Field> Fields => _fields;

    internal void Add(Field field) => _fields.Add(field.Name, field);

    // Types refer to each other in cycles, so equality is by name.
    public bool Equals(StructType? other) => other is not null && other.Name == Name;

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Name);
}

/// <param name="Keys">The fields that identify an item of an associative list.</param>
/// <param name="IsSet">Values are unique, and each is its own key.</param>
internal sealed record ListType(FieldType Element, IReadOnlyList<string> Keys, bool IsSet) : FieldType
{
    public override bool IsAtomic => Keys.Count == 0 && !IsSet;
}

internal sealed record MapType(FieldType Element, bool Atomic) : FieldType
{
    public override bool IsAtomic => Atomic;
}

/// <param name="OmitZero">The zero value is not stored.</param>
/// <param name="AlwaysWritten">Written as null when unset.</param>
/// <param name="Number">The field's number in protobuf; 0 if it has none.</param>
/// <param name="Within">The number of the message that has the field in protobuf, where JSON has it inline; 0: the struct itself.</param>
internal sealed record Field(string Name, FieldType Type, bool OmitZero, bool AlwaysWritten, int Number, int Within);

/// <summary>The struct types of an API, by name. Any other type is a scalar.</summary>
internal sealed class Schema
{
    private readonly Dictionary<string, StructType> _structs = new(StringComparer.Ordinal);

    public StructType this[string name] => _structs[name];

    public IEnumerable<StructType> Structs => _structs.Values;

    /// <summary>Reads the notation of <see cref="KubernetesTypes"/>.</summary>
    public static Schema Parse(params IEnumerable<string> texts)
    {
        var schema = new Schema();
        string[] lines = [.. texts.SelectMany(static text => text.Split('\n')).Select(static line => line.TrimEnd())];
        foreach (var line in lines.Where(IsHeader))
        {
            var words = line.Split(' ');
            schema._structs.Add(words[0], new StructType(words[0], words.Length > 1));
        }

        StructType? current = null;
        foreach (var line in lines)
        {
            if (IsHeader(line))
            {
                current = schema._structs[line.Split(' ')[0]];
            }
            else
            {
                foreach (var field in line.Trim().TrimEnd(';').Split("; "))
                {
                    current!.Add(schema.ParseField(field.Split(' ')));
                }
            }
        }

        return schema;
    }

    private static bool IsHeader(string line) => line[0] != ' ';

    private Field ParseField(string[] words)
    {
        var type = words[1];
        var always = type.EndsWith('!');
        var omitZero = type.EndsWith('?');
        int[] number = words.Length > 2 ? [.. words[2][1..].Split('.').Select(int.Parse)] : [0];
        return new Field(words[0], ParseType(type.TrimEnd('!', '?')), omitZero, always, number[^1], number.Length > 1 ? number[0] : 0);
    }

    private FieldType ParseType(string text)
    {
        if (text.EndsWith(']'))
        {
            var open = text.LastIndexOf('[');
            var keys = text[(open + 1)..^1];
            return new ListType(ParseType(text[..open]), keys is "" or "set" ? [] : keys.Split(','), keys == "set");
        }

        if (text.EndsWith('}'))
        {
            var open = text.LastIndexOf('{');
            return new MapType(ParseType(text[..open]), text[(open + 1)..^1] == "atomic");
        }

        return _structs.TryGetValue(text, out var known) ? known : new ScalarType(text);
    }
}
