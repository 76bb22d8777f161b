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

    private Task<Reading<RoleEvidence>> EvidenceAsync(Reading<LiveRole> role) =>
        Reading.TryAsync(
            "who may assume the role, and what it may do",
            async () =>
                role.Refused is { } refused ? throw new FindingException(refused)
                : role.Found is { } live ? await EvidenceAsync(live)
                : null
        );

    private async Task<RoleEvidence> EvidenceAsync(LiveRole live)
    {
        var boundary = live.PermissionsBoundary is { } arn ? ManagedAsync(arn) : null;
        return new RoleEvidence(live.Arn)
        {
            Created = live.Created,
            MaxSessionDuration = TimeSpan.FromSeconds(live.MaxSessionDuration),
            TrustPolicy = Parse(live.TrustPolicy, $"the trust policy of {live.Arn}"),
            Tags = live
                .Tags.Where(tag => tag.Key.StartsWith(Mark.TagPrefix, StringComparison.Ordinal))
                .ToImmutableSortedDictionary(StringComparer.Ordinal),
            Policies = Join(await Task.WhenAll(InlineAsync(live.InlinePolicies), AttachedAsync(live.ManagedPolicies))),
            BoundaryArn = live.PermissionsBoundary,
            Boundary = boundary is null ? null : await boundary,
        };
    }

    private async Task<PoliciesReading> InlineAsync(Reading<IReadOnlyList<LivePolicy>> policies) =>
        policies.Found is not { } found
            ? new() { Refused = policies.Refused?.Unchecked("what the role's inline policies allow") }
            : Join(
                await Task.WhenAll(
                    found.Select(async policy =>
                        Named(
                            policy.Name,
                            await DocumentAsync(
                                policy.Name,
                                () =>
                                    policy.Document.Refused is { } refused
                                        ? throw new FindingException(refused)
                                        : Task.FromResult(policy.Document.Found)
                            )
                        )
                    )
                )
            );

    private async Task<PoliciesReading> AttachedAsync(Reading<IReadOnlyList<string>> arns) =>
        arns.Found is not { } found
            ? new() { Refused = arns.Refused?.Unchecked("what the role's managed policies allow") }
            : Join(await Task.WhenAll(found.Select(async arn => Named(arn, await ManagedAsync(arn)))));

    private Task<Reading<PolicyDocument>> ManagedAsync(string arn) =>
        DocumentAsync(arn, () => roles.FindManagedPolicyAsync(arn, cancellationToken));

    private Task<Reading<PolicyDocument>> DocumentAsync(string name, Func<Task<string?>> read) =>
        Reading.TryAsync(
            $"what the policy {name} says",
            async () => await read() is { } document ? Parse(document, $"the policy {name}") : null
        );

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
    private static PoliciesReading Join(PoliciesReading[] parts) =>
        new()
        {
            Found =
                parts.Length > 0 && Array.TrueForAll(parts, part => part.Found is null)
                    ? null
                    : [.. parts.SelectMany(part => part.Found ?? [])],
            Refused = Array.Find(parts, part => part.Refused is not null)?.Refused,
        };

    private PolicyDocument Parse(string document, string what)
    {
        try
        {
            return PolicyDocument.Parse(document);
        }
        catch (PolicyFormatException malformed)
        {
            throw new FindingException(
                new Finding
                {
                    Code = FindingCodes.EndpointUnreachable,
                    Cause = $"IAM's answer for {what} in accounts.{account.Key} ({account.Id}) cannot be read: {malformed.Message}",
                    Fix = "Look at the document with `aws iam`, and replace it if it is damaged.",
                },
                malformed
            );
        }
    }
}
