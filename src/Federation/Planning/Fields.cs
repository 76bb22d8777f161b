using System.Collections.Immutable;

namespace Federation.Planning;

/// <summary>
/// A resource's state, flattened to <c>path → value</c> in canonical form: two states mean the same exactly if their fields
/// are equal. Paths are readable (<c>trustPolicy.FederationAcmeMain36CC22DC.Condition.StringEquals.ISSUER:sub</c>,
/// <c>clientIds[sts.amazonaws.com]</c>); a set has one path per member.
/// </summary>
public sealed record Fields(ImmutableSortedDictionary<string, string> Values)
{
    public static Fields Empty { get; } = new(ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal));

    /// <summary>Adds a field; a null value adds nothing.</summary>
    public Fields With(string path, string? value) => value is null ? this : new(Values.SetItem(path, value));

    /// <summary>Adds one field per member of a set.</summary>
    public Fields WithSet(string path, IEnumerable<string> members) =>
        new(Values.SetItems(members.Select(member => KeyValuePair.Create($"{path}[{member}]", member))));

    /// <summary>Adds the fields of another state.</summary>
    public Fields With(Fields other) => new(Values.SetItems(other.Values));

    /// <summary>The fields that differ, in order of their paths. Equal states give none.</summary>
    public static IReadOnlyList<FieldChange> Between(Fields from, Fields to)
    {
        var changes = new List<FieldChange>();
        foreach (var path in from.Values.Keys.Union(to.Values.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var before = from.Values.GetValueOrDefault(path);
            var after = to.Values.GetValueOrDefault(path);
            if (!string.Equals(before, after, StringComparison.Ordinal))
            {
                changes.Add(new FieldChange(path, before, after));
            }
        }

        return changes;
    }
}

/// <summary>One field of a change; null means absent.</summary>
public sealed record FieldChange(string Path, string? From, string? To)
{
    /// <summary>It is a member of a set that is added or removed; its value is in the path.</summary>
    public bool IsMember => (From is null || To is null) && Path.EndsWith($"[{From ?? To}]", StringComparison.Ordinal);
}
