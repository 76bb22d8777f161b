using Federation.Configuration.Schema;

namespace Federation.Configuration;

/// <summary>The clusters or the accounts of a file, found by the names that workloads use for them.</summary>
internal sealed class NamedSections
{
    private readonly Dictionary<string, Named<SectionFields>> _byName;

    private NamedSections(Key key, IReadOnlyList<Named<SectionFields>> all)
    {
        (Key, All) = (key, all);
        _byName = all.ToDictionary(section => section.Name, StringComparer.Ordinal);
    }

    public Key Key { get; }

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<Named<SectionFields>> All { get; }

    public IEnumerable<string> Names => All.Select(section => section.Name);

    public static NamedSections Of(SectionFields root, Key<IReadOnlyList<Named<SectionFields>>> key) => new(key, root.Get(key) ?? []);

    /// <summary>The one that a workload names, or the only one if it names none.</summary>
    public Named<SectionFields>? Find(SectionFields workload, Key<string> key) =>
        workload.Has(key)
            ? workload.Get(key) is { } name
                ? _byName.GetValueOrDefault(name)
                : null
            : All is [var only]
                ? only
                : null;
}
