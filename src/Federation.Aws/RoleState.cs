using System.Collections.Immutable;
using Federation.Planning;
using Federation.Policies;

namespace Federation.Aws;

/// <summary>A role as it should be, or the part of a live one that is ours: the same shape, so that they can be compared.</summary>
internal sealed record RoleState
{
    private const string Unreadable = "(cannot be read)";

    public required string Path { get; init; }

    public required string Description { get; init; }

    /// <summary>In seconds.</summary>
    public required int MaxSessionDuration { get; init; }

    /// <summary>The ARN of a managed policy.</summary>
    public required string? PermissionsBoundary { get; init; }

    public required ImmutableSortedDictionary<string, string> Tags { get; init; }

    /// <summary>Our statements of the trust policy.</summary>
    public required PolicyDocument Trust { get; init; }

    /// <summary>The Sids of those of our statements that the policy grammar cannot read: they are rewritten.</summary>
    public ImmutableArray<string> UnreadableStatements { get; init; } = [];

    /// <summary>Inline policies by name; null for one that the policy grammar cannot read: it is rewritten.</summary>
    public required ImmutableSortedDictionary<string, PolicyDocument?> InlinePolicies { get; init; }

    /// <summary>The ARNs of attached managed policies.</summary>
    public required ImmutableSortedSet<string> ManagedPolicies { get; init; }

    public Fields TrustFields =>
        UnreadableStatements.Aggregate(
            Document(Fields.Empty, "trustPolicy", Trust),
            (so, sid) => so.With($"trustPolicy.{sid}", Unreadable)
        );

    /// <summary>Whom the role trusts, and what it may do.</summary>
    public Fields PolicyFields =>
        InlinePolicies.Aggregate(
            TrustFields.WithSet("managedPolicies", ManagedPolicies),
            (so, policy) => Document(so, $"inlinePolicies[{policy.Key}]", policy.Value)
        );

    public Fields Fields =>
        Tags.Aggregate(
            PolicyFields
                .With("path", Path)
                .With("description", Description.Length == 0 ? null : Description)
                .With("maxSessionDuration", $"{MaxSessionDuration}s")
                .With("permissionsBoundary", PermissionsBoundary),
            (so, tag) => so.With($"tags[{tag.Key}]", tag.Value)
        );

    private static Fields Document(Fields fields, string path, PolicyDocument? document) =>
        document is null
            ? fields.With(path, Unreadable)
            : Policies.PolicyFields.Flatten(document, path).Aggregate(fields, (so, field) => so.With(field.Key, field.Value));
}
