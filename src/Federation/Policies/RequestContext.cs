namespace Federation.Policies;

/// <summary>What is known of a condition key of a request.</summary>
internal enum KeyState
{
    /// <summary>It has values.</summary>
    Known,

    /// <summary>Such a request never has it.</summary>
    Absent,

    /// <summary>Such a request always has it; its value cannot be known from here.</summary>
    Present,

    /// <summary>Whether the request has it cannot be known from here.</summary>
    Unknown,
}

/// <summary>The condition keys of a request, looked up in any case.</summary>
public sealed class RequestContext
{
    private readonly Dictionary<string, IReadOnlyList<string>> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly Func<string, KeyState> _others;

    /// <param name="values">The keys whose values are known; one without values is absent.</param>
    /// <param name="others">The state of every other key.</param>
    internal RequestContext(IReadOnlyDictionary<string, IReadOnlyList<string>> values, Func<string, KeyState> others)
    {
        foreach (var (key, found) in values)
        {
            _values[key] = found;
        }

        _others = others;
    }

    /// <summary>The complete context of a service that decides itself: other keys are absent.</summary>
    public static implicit operator RequestContext(Dictionary<string, IReadOnlyList<string>> values) => FromDictionary(values);

    public static RequestContext FromDictionary(IReadOnlyDictionary<string, IReadOnlyList<string>> values) =>
        new(values, static _ => KeyState.Absent);

    /// <param name="values">Empty unless the key is known.</param>
    internal KeyState Find(string key, out IReadOnlyList<string> values)
    {
        if (_values.TryGetValue(key, out var found))
        {
            values = found;
            return found.Count == 0 ? KeyState.Absent : KeyState.Known;
        }

        values = [];
        return _others(key);
    }
}
