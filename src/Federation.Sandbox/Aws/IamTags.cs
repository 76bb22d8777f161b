using System.Xml.Linq;

namespace Federation.Sandbox.Aws;

/// <summary>Tags of IAM resources: keys are unique ignoring case, an assigned one replaces the old.</summary>
internal static class IamTags
{
    public static IReadOnlyList<IamTag> Merge(IReadOnlyList<IamTag> tags, IReadOnlyList<IamTag> assigned)
    {
        IReadOnlyList<IamTag> merged = [.. Without(tags, [.. assigned.Select(tag => tag.Key)]), .. assigned];
        return merged.Count <= IamLimits.Tags
            ? merged
            : throw AwsException.LimitExceeded("The number of tags has reached the maximum limit.");
    }

    public static IReadOnlyList<IamTag> Without(IReadOnlyList<IamTag> tags, IReadOnlyList<string> keys) =>
        [.. tags.Where(tag => !keys.Contains(tag.Key, StringComparer.OrdinalIgnoreCase))];

    public static XElement Describe(IEnumerable<IamTag> tags) =>
        new("Tags", tags.Select(tag => new XElement("member", new XElement("Key", tag.Key), new XElement("Value", tag.Value))));

    public static XElement[] List(QueryParameters parameters, IReadOnlyList<IamTag> tags) =>
        Page.Of(parameters, tags.OrderBy(tag => tag.Key, StringComparer.Ordinal), tag => tag.Key, StringComparer.Ordinal, Describe);
}
