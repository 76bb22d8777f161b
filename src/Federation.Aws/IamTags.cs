using System.Collections.Immutable;
using Amazon.IdentityManagement.Model;

namespace Federation.Aws;

/// <summary>IAM's tags as a dictionary and back.</summary>
internal static class IamTags
{
    public static ImmutableSortedDictionary<string, string> Of(IEnumerable<Tag>? tags) =>
        (tags ?? []).ToImmutableSortedDictionary(tag => tag.Key, tag => tag.Value, StringComparer.Ordinal);

    public static List<Tag> Write(IEnumerable<KeyValuePair<string, string>> tags) =>
        [.. tags.Select(tag => new Tag { Key = tag.Key, Value = tag.Value })];
}
