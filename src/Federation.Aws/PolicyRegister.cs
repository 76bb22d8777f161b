using Federation.Resources;

namespace Federation.Aws;

/// <summary>
/// The policies of a role that this federation put there, in the role's own tags. Inline policies are listed by name, managed
/// ones by ARN without its beginning (<c>aws:policy/ReadOnlyAccess</c>).
/// </summary>
internal static class PolicyRegister
{
    public const string Key = Mark.TagPrefix + "policies";

    public static TagRegister Of(IEnumerable<string> inlineNames, IEnumerable<string> managedArns) =>
        new(Key, [.. inlineNames.Select(InlineEntry), .. managedArns.Select(ManagedEntry)]);

    /// <summary>The register of a live role; empty where it has none, or where it is another federation's.</summary>
    public static TagRegister On(IReadOnlyDictionary<string, string> tags, Mark mark) =>
        mark.IsOn(tags) && TagRegister.Read(Key, tags) is { } register ? register : new(Key, []);

    public static bool HasInline(this TagRegister register, string name) => register.Entries.Contains(InlineEntry(name));

    public static bool HasManaged(this TagRegister register, string arn) => register.Entries.Contains(ManagedEntry(arn));

    // IAM allows a comma in the name of a policy and not in the value of a tag.
    private static string InlineEntry(string name) => name.Replace(',', '_');

    private static string ManagedEntry(string arn) => InlineEntry(arn[(arn.IndexOf("::", StringComparison.Ordinal) + 2)..]);
}
