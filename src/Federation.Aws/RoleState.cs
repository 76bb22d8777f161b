using System.Collections.Immutable;
using Federation.Planning;
using Federation.Policies;

namespace Federation.Aws;

/// <summary>A role as it should be, or the part of a live one that is ours: the same shape, so that one is compared with the other.</summary>
internal sealed record RoleState
{
    public required string Path { get; init; }

    public required string Description { get; init; }

    /// <summary>In seconds.</summary>
    public required int MaxSessionDuration { get; init; }

    /// <summary>The ARN of a managed policy.</summary>
    public required string? PermissionsBoundary { get; init; }

    public required ImmutableSortedDictionary<string, string> Tags { get; init; }

    /// <summary>Our statements of the trust policy.</summary>
    public required PolicyDocument Trust { get; init; }

    /// <summary>Inline policies by name.</summary>
    public required ImmutableSortedDictionary<string, PolicyDocument> InlinePolicies { get; init; }

    /// <summary>The ARNs of attached managed policies.</summary>
    public required ImmutableSortedSet<string> ManagedPolicies { get; init; }

    public Fields TrustFields => Document(Fields.Empty, "trustPolicy", Trust);

    public Fields Fields
    {
        get
        {
            var fields = TrustFields
                .With("path", Path)
                .With("description", Description.Length == 0 ? null : Description)
                .With("maxSessionDuration", $"{MaxSessionDuration}s")
                .With("permissionsBoundary", PermissionsBoundary)
                .WithSet("managedPolicies", ManagedPolicies);
            fields = Tags.Aggregate(fields, (so, tag) => so.With($"tags[{tag.Key}]", tag.Value));
            return InlinePolicies.Aggregate(fields, (so, policy) => Document(so, $"inlinePolicies[{policy.Key}]", policy.Value));
        }
    }

    private static Fields Document(Fields fields, string path, PolicyDocument document) =>
        PolicyFields.Flatten(document, path).Aggregate(fields, (so, field) => so.With(field.Key, field.Value));
}
