using System.Collections.Immutable;
using Federation.Diagnosis.Evidence;

namespace Federation.Aws;

/// <summary>A role as IAM has it.</summary>
internal sealed record LiveRole
{
    /// <summary>IAM's own id of the role: another one after the role was deleted and recreated.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Arn { get; init; }

    public DateTimeOffset? Created { get; init; }

    public required string Path { get; init; }

    public required string Description { get; init; }

    /// <summary>In seconds.</summary>
    public required int MaxSessionDuration { get; init; }

    /// <summary>The ARN of a managed policy.</summary>
    public string? PermissionsBoundary { get; init; }

    public required ImmutableSortedDictionary<string, string> Tags { get; init; }

    /// <summary>The text of the trust policy, whether or not it can be read.</summary>
    public required string TrustPolicy { get; init; }

    public Reading<IReadOnlyList<LivePolicy>> InlinePolicies { get; init; } = Reading.Of<IReadOnlyList<LivePolicy>>([]);

    /// <summary>The ARNs of the attached managed policies.</summary>
    public Reading<IReadOnlyList<string>> ManagedPolicies { get; init; } = Reading.Of<IReadOnlyList<string>>([]);

    /// <summary>All of it could be read.</summary>
    public bool IsWhole =>
        ManagedPolicies.Refused is null && InlinePolicies.Found is { } policies && policies.All(policy => policy.Document.Refused is null);
}

/// <summary>An inline policy of a role.</summary>
/// <param name="Document">Its text; absent if it was deleted while the role was read.</param>
internal sealed record LivePolicy(string Name, Reading<string> Document);
