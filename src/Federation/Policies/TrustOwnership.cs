using System.Collections.Immutable;
using Federation.Resources;

namespace Federation.Policies;

/// <summary>Which statements of a role's trust policy are this federation's. Any other is another owner's and is never touched.</summary>
public static class TrustOwnership
{
    /// <summary>The key of the role's tags that list the Sids: see <see cref="TagRegister"/>.</summary>
    public const string RegisterKey = Mark.TagPrefix + "statements";

    /// <summary>The register of a role that has statements with these Sids from its federation.</summary>
    public static TagRegister Register(IEnumerable<string?> sids) => new(RegisterKey, [.. sids.OfType<string>()]);

    /// <summary>
    /// The exact Sids of the federation's own statements on a live role: those that are desired now, which carry the federation's
    /// name; and, if the role carries its mark, those in the role's register. A role written by a version without registers has
    /// the Sids which that version gave.
    /// </summary>
    /// <param name="tags">The tags of the live role.</param>
    /// <param name="former">The Sids that a version without registers gave to the desired statements.</param>
    public static ImmutableSortedSet<string> SidsOn(
        IReadOnlyDictionary<string, string> tags,
        Mark mark,
        PolicyDocument desired,
        IEnumerable<string> former
    )
    {
        var current = desired.Statements.Select(statement => statement.Sid).OfType<string>();
        return [.. current.Concat(mark.IsOn(tags) ? TagRegister.Read(RegisterKey, tags)?.Entries ?? former : [])];
    }
}
