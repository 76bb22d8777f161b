using Federation.Configuration.Yaml;

namespace Federation.Configuration.Schema;

/// <summary>The values of a section by key, as far as they could be read.</summary>
internal sealed class SectionFields(Position at, Section section)
{
    // An array by the key's index, since a large federation has tens of thousands of sections.
    private readonly (bool Written, object? Value, Position At)[] _values = new (bool, object?, Position)[section.Keys.Count];

    /// <summary>Where the section begins.</summary>
    public Position Begin { get; } = at;

    /// <summary>No error was found in the section.</summary>
    public bool Sound { get; set; }

    /// <summary>Whether the key is given, with a valid value or not.</summary>
    public bool Has(Key key) => _values[key.Index].Written;

    /// <summary>Whether the key is given with a value that could not be read.</summary>
    public bool IsWrong(Key key) => _values[key.Index] is { Written: true, Value: null };

    public bool IsEmpty => !Array.Exists(_values, entry => entry.Written);

    /// <summary>The position of the key's value, or of the section if the key is not given.</summary>
    public Position At(Key key) => _values[key.Index] is { Written: true, At: var at } ? at : Begin;

    /// <summary>The value, or the key's default.</summary>
    public T? Get<T>(Key<T> key) => _values[key.Index].Value is T value ? value : key.Default;

    /// <summary>A value that every sound section has.</summary>
    public T Need<T>(Key<T> key) => Get(key) ?? throw new InvalidOperationException($"The key {key.Name} was not read.");

    public void Mark(Key key, Position at) => _values[key.Index] = (true, null, at);

    public void Set<T>(Key<T> key, T value) => _values[key.Index].Value = value;
}
