using System.Collections.Immutable;
using Federation.Resources;

namespace Federation.Aws;

/// <summary>
/// The policies of a role that were put there by us, kept in tags of the role: what leaves the configuration can then be
/// taken away, and what somebody else put or attached stays. Inline policies stand there by name, managed ones by
/// ARN without its beginning (<c>aws:policy/ReadOnlyAccess</c>); a tag's value holds 256 characters, so there are as
/// many tags as it takes.
/// </summary>
internal sealed record PolicyRegister(ImmutableSortedSet<string> Entries)
{
    private const string Key = Mark.TagPrefix + "policies";
    private const int LongestTag = 256;

    public static PolicyRegister Of(IEnumerable<string> inlineNames, IEnumerable<string> managedArns) =>
        new([.. inlineNames.Select(InlineEntry), .. managedArns.Select(ManagedEntry)]);

    public static PolicyRegister Read(IReadOnlyDictionary<string, string> tags) =>
        new([
            .. tags.Where(tag => tag.Key.StartsWith(Key, StringComparison.Ordinal))
                .SelectMany(tag => tag.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)),
        ]);

    public bool HasInline(string name) => Entries.Contains(InlineEntry(name));

    public bool HasManaged(string arn) => Entries.Contains(ManagedEntry(arn));

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

    // IAM allows a comma in the name of a policy and not in the value of a tag.
    private static string InlineEntry(string name) => name.Replace(',', '_');

    private static string ManagedEntry(string arn) => InlineEntry(arn[(arn.IndexOf("::", StringComparison.Ordinal) + 2)..]);
}
