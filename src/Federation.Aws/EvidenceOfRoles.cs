using System.Collections.Immutable;
using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Policies;
using Federation.Resources;
using PoliciesReading = Federation.Diagnosis.Evidence.Reading<System.Collections.Generic.IReadOnlyList<Federation.Policies.NamedPolicy>>;

namespace Federation.Aws;

/// <summary>An account's roles for a diagnosis, with everything that bears on who may assume them and what they may then do.</summary>
internal sealed class EvidenceOfRoles(RoleReader roles, Account account, CancellationToken cancellationToken)
{
    private const string AllOfIt = "who may assume the role, and what it may do";

    /// <returns>By the role's name, ignoring case as IAM does.</returns>
    public async Task<IReadOnlyDictionary<string, Reading<RoleEvidence>>> ReadAsync(IEnumerable<string> names)
    {
        var evidence = await Task.WhenAll(
            (await roles.ReadAsync(names, cancellationToken)).Select(async role =>
                KeyValuePair.Create(role.Key, await EvidenceAsync(role.Value))
            )
        );
        return evidence.ToDictionary(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>All policies of a role.</summary>
    public async Task<PoliciesReading> PoliciesAsync(LiveRole live) =>
        Join(Inline(live.InlinePolicies), await AttachedAsync(live.ManagedPolicies));

    private async Task<Reading<RoleEvidence>> EvidenceAsync(Reading<LiveRole> role)
    {
        if (role.Found is not { } live)
        {
            return new() { Refused = role.Refused?.Unchecked(AllOfIt) };
        }

        var trust = Parse(live.TrustPolicy, $"the trust policy of {live.Arn}");
        return trust.Found is { } readable
            ? Reading.Of(await EvidenceAsync(live, readable))
            : new() { Refused = trust.Refused?.Unchecked(AllOfIt) };
    }

    private async Task<RoleEvidence> EvidenceAsync(LiveRole live, PolicyDocument trust)
    {
        var boundary = live.PermissionsBoundary is { } arn ? ManagedAsync(arn) : null;
        return new RoleEvidence(live.Arn)
        {
            Created = live.Created,
            MaxSessionDuration = TimeSpan.FromSeconds(live.MaxSessionDuration),
            TrustPolicy = trust,
            Tags = live
                .Tags.Where(tag => tag.Key.StartsWith(Mark.TagPrefix, StringComparison.Ordinal))
                .ToImmutableSortedDictionary(StringComparer.Ordinal),
            Policies = await PoliciesAsync(live),
            BoundaryArn = live.PermissionsBoundary,
            Boundary = boundary is null ? null : await boundary,
        };
    }

    private PoliciesReading Inline(Reading<IReadOnlyList<LivePolicy>> policies) =>
        policies.Found is { } found
            ? Join([.. found.Select(policy => Named(policy.Name, Document(policy.Name, policy.Document)))])
            : new() { Refused = policies.Refused?.Unchecked("what the role's inline policies allow") };

    private async Task<PoliciesReading> AttachedAsync(Reading<IReadOnlyList<string>> arns) =>
        arns.Found is { } found
            ? Join(await Task.WhenAll(found.Select(async arn => Named(arn, await ManagedAsync(arn)))))
            : new() { Refused = arns.Refused?.Unchecked("what the role's managed policies allow") };

    private async Task<Reading<PolicyDocument>> ManagedAsync(string arn) =>
        Document(arn, await Reading.TryAsync(() => roles.FindManagedPolicyAsync(arn, cancellationToken)));

    private Reading<PolicyDocument> Document(string name, Reading<string> text)
    {
        var document = text.Found is { } found ? Parse(found, $"the policy {name}") : new() { Refused = text.Refused };
        return document with { Refused = document.Refused?.Unchecked($"what the policy {name} says") };
    }

    private static PoliciesReading Named(string name, Reading<PolicyDocument> document) =>
        new()
        {
            Found =
                document.Refused is not null ? null
                : document.Found is { } found ? [new NamedPolicy(name, found)]
                : [],
            Refused = document.Refused,
        };

    /// <summary>What could be read of all, and why not the rest.</summary>
    private static PoliciesReading Join(params PoliciesReading[] parts) =>
        new()
        {
            Found =
                parts.Length > 0 && Array.TrueForAll(parts, part => part.Found is null)
                    ? null
                    : [.. parts.SelectMany(part => part.Found ?? [])],
            Refused = Array.Find(parts, part => part.Refused is not null)?.Refused,
        };

    private Reading<PolicyDocument> Parse(string document, string what)
    {
        try
        {
            return Reading.Of(PolicyDocument.Parse(document));
        }
        catch (PolicyFormatException malformed)
        {
            return new()
            {
                Refused = new Finding
                {
                    Code = FindingCodes.EndpointUnreachable,
                    Cause = $"IAM's answer for {what} in accounts.{account.Key} ({account.Id}) cannot be read: {malformed.Message}",
                    Fix = "Look at the document with `aws iam`, and replace it if it is damaged.",
                },
            };
        }
    }
}
