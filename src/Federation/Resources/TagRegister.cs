using System.Collections.Immutable;

namespace Federation.Resources;

/// <summary>
/// The names of those parts of a resource that are this federation's, kept in IAM tags of the resource itself. So what leaves the
/// configuration can be taken away, and what somebody else put there stays. A tag's value holds 256 characters; a longer list
/// takes several tags.
/// </summary>
/// <param name="Key">The key of the first tag; further ones are <c>KEY:2</c>, <c>KEY:3</c> and so on.</param>
/// <param name="Entries">Names without white space, of at most 256 characters, in the alphabet of a tag's value.</param>
public sealed record TagRegister(string Key, ImmutableSortedSet<string> Entries)
{
    private const int LongestTag = 256;

    /// <summary>The register under this key; null where the tags have none, as on a resource of a version without registers.</summary>
    public static TagRegister? Read(string key, IReadOnlyDictionary<string, string> tags)
    {
        var values = tags.Where(tag => IsOf(key, tag.Key)).Select(tag => tag.Value).ToList();
        return values.Count == 0
            ? null
            : new(key, [.. values.SelectMany(value => value.Split(' ', StringSplitOptions.RemoveEmptyEntries))]);
    }

    /// <summary>These tags, with the entries of this register added to those that they already list under its key.</summary>
    public ImmutableSortedDictionary<string, string> AddTo(ImmutableSortedDictionary<string, string> tags)
    {
        var united = this with { Entries = Entries.Union(Read(Key, tags)?.Entries ?? []) };
        return tags.RemoveRange(tags.Keys.Where(tag => IsOf(Key, tag))).AddRange(united.Write());
    }

    /// <summary>The tags: as few as hold the entries, in their order.</summary>
    public ImmutableSortedDictionary<string, string> Write()
    {
        var tags = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var value = "";
        foreach (var entry in Entries)
        {
            if (value.Length + 1 + entry.Length > LongestTag)
            {
                Close();
                value = "";
            }

            value = value.Length == 0 ? entry : $"{value} {entry}";
        }

        Close();
        return tags.ToImmutable();

        void Close()
        {
            if (value.Length > 0)
            {
                tags.Add(tags.Count == 0 ? Key : $"{Key}:{tags.Count + 1}", value);
            }
        }
    }

    /// <summary>Whether a tag belongs to the register under this key.</summary>
    private static bool IsOf(string key, string tag) =>
        tag == key
        || tag.StartsWith(key + ":", StringComparison.Ordinal)
            && tag.AsSpan(key.Length + 1) is { IsEmpty: false } number
            && !number.ContainsAnyExceptInRange('0', '9');
}
