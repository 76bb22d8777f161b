using System.Xml.Linq;

namespace Federation.Sandbox.Aws;

/// <summary>The tags of an IAM resource, and how to replace them.</summary>
internal sealed record Tagged(IReadOnlyList<IamTag> Tags, Action<IReadOnlyList<IamTag>> Replace);

/// <summary>The tag operations of every IAM resource. Keys are unique ignoring case: a new tag replaces the old one.</summary>
internal static class IamTags
{
    /// <param name="find">Called once the parameters are known to be valid.</param>
    public static XElement[]? Add(QueryParameters parameters, Func<Tagged> find)
    {
        var tags = parameters.Tags();
        var resource = find();
        resource.Replace(Merge(resource.Tags, tags));
        return null;
    }

    /// <param name="find">Called once the parameters are known to be valid.</param>
    public static XElement[]? Remove(QueryParameters parameters, Func<Tagged> find)
    {
        var keys = parameters.List("TagKeys", 1, 128);
        var resource = find();
        resource.Replace(Without(resource.Tags, keys));
        return null;
    }

    private static IReadOnlyList<IamTag> Merge(IReadOnlyList<IamTag> tags, IReadOnlyList<IamTag> assigned)
    {
        IReadOnlyList<IamTag> merged = [.. Without(tags, [.. assigned.Select(tag => tag.Key)]), .. assigned];
        return merged.Count <= IamLimits.Tags
            ? merged
            : throw AwsException.LimitExceeded("The number of tags has reached the maximum limit.");
    }

    private static IReadOnlyList<IamTag> Without(IReadOnlyList<IamTag> tags, IReadOnlyList<string> keys) =>
        [.. tags.Where(tag => !keys.Contains(tag.Key, StringComparer.OrdinalIgnoreCase))];

    public static XElement Describe(IEnumerable<IamTag> tags) =>
        new("Tags", tags.Select(tag => new XElement("member", new XElement("Key", tag.Key), new XElement("Value", tag.Value))));

    public static XElement[] List(QueryParameters parameters, Tagged resource) =>
        Page.Of(
            parameters,
            resource.Tags.OrderBy(tag => tag.Key, StringComparer.Ordinal),
            tag => tag.Key,
            StringComparer.Ordinal,
            Describe
        );
}
