using System.Collections.Concurrent;
using System.Collections.Immutable;
using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Policies;
using Federation.Resources;
using PoliciesReading = Federation.Diagnosis.Evidence.Reading<System.Collections.Generic.IReadOnlyList<Federation.Policies.NamedPolicy>>;

namespace Federation.Aws;

/// <summary>An account's roles with everything that bears on who may assume them and what they may then do. Managed policies are read once.</summary>
internal sealed class RoleEvidenceReader(RoleCalls roles, Account account, CancellationToken cancellationToken)
{
    private const string Unchecked = "who may assume the role, and what it may do";

    private readonly ConcurrentDictionary<string, Lazy<Task<Reading<PolicyDocument>>>> _managed = new(StringComparer.Ordinal);

    /// <returns>By the role's name, ignoring case as IAM does.</returns>
    public async Task<IReadOnlyDictionary<string, Reading<RoleEvidence>>> ReadAsync(IEnumerable<string> names)
    {
        var wanted = names.Distinct(StringComparer.OrdinalIgnoreCase).ToArray();
        var read = RoleCalls.AreMany(wanted.Length) ? await ReadAccountAsync(wanted) : await Task.WhenAll(wanted.Select(ReadByNameAsync));
        return wanted.Zip(read).ToDictionary(role => role.First, role => role.Second, StringComparer.OrdinalIgnoreCase);
    }

    private async Task<Reading<RoleEvidence>> ReadByNameAsync(string name)
    {
        // All at once: of a role that is absent the listings are refused, and nobody looks at them.
        var policies = Task.WhenAll(InlineAsync(name), AttachedAsync(name));
        var role = await Reading.TryAsync(
            Unchecked,
            async () => await roles.GetAsync(name, cancellationToken) is { } live ? await EvidenceAsync(live, policies) : null
        );
        await policies;
        return role;
    }

    private async Task<Reading<RoleEvidence>[]> ReadAccountAsync(IReadOnlyList<string> names)
    {
        var read = await Reading.TryAsync<AccountRoles>(
            Unchecked,
            async () => await roles.ReadAccountAsync(withManagedPolicies: true, cancellationToken)
        );
        if (read.Found is not { } found)
        {
            return [.. names.Select(_ => new Reading<RoleEvidence> { Refused = read.Refused })];
        }

        foreach (var (arn, document) in found.ManagedPolicies)
        {
            _managed[arn] = new(() => DocumentAsync(arn, () => Task.FromResult<string?>(document)));
        }

        return await Task.WhenAll(
            names.Select(name =>
                found.Roles.GetValueOrDefault(name) is not { } role
                    ? Task.FromResult(new Reading<RoleEvidence>())
                    : Reading.TryAsync(
                        Unchecked,
                        async () =>
                            (RoleEvidence?)
                                await EvidenceAsync(
                                    role.Role,
                                    Task.WhenAll([
                                        .. role.InlinePolicies.Select(policy =>
                                            PolicyAsync(policy.PolicyName, () => Task.FromResult<string?>(policy.PolicyDocument))
                                        ),
                                        ManagedAsync(role.ManagedPolicies),
                                    ])
                                )
                    )
            )
        );
    }

    private async Task<RoleEvidence> EvidenceAsync(LiveRole live, Task<PoliciesReading[]> policies)
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
            Policies = Join(await policies),
            BoundaryArn = live.PermissionsBoundary,
            Boundary = boundary is null ? null : await boundary,
        };
    }

    private async Task<PoliciesReading> InlineAsync(string role)
    {
        var names = await Reading.TryAsync<IReadOnlyList<string>>(
            "what the role's inline policies allow",
            async () => await roles.ListPoliciesAsync(role, cancellationToken)
        );
        return names.Found is null
            ? new() { Refused = names.Refused }
            : Join(
                await Task.WhenAll(
                    names.Found.Select(policy =>
                        PolicyAsync(policy, async () => (await roles.GetPolicyAsync(role, policy, cancellationToken))?.PolicyDocument)
                    )
                )
            );
    }

    private async Task<PoliciesReading> AttachedAsync(string role)
    {
        var arns = await Reading.TryAsync<IReadOnlyList<string>>(
            "what the role's managed policies allow",
            async () => await roles.ListAttachedPoliciesAsync(role, cancellationToken)
        );
        return arns.Found is null ? new() { Refused = arns.Refused } : await ManagedAsync(arns.Found);
    }

    private async Task<PoliciesReading> ManagedAsync(IEnumerable<string> arns) =>
        Join(await Task.WhenAll(arns.Select(async arn => Named(arn, await ManagedAsync(arn)))));

    private Task<Reading<PolicyDocument>> ManagedAsync(string arn) =>
        _managed.GetOrAdd(arn, _ => new(() => DocumentAsync(arn, () => roles.GetManagedPolicyAsync(arn, cancellationToken)))).Value;

    private async Task<PoliciesReading> PolicyAsync(string name, Func<Task<string?>> read) => Named(name, await DocumentAsync(name, read));

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

    /// <summary>What could be read of all; why not the rest.</summary>
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
                    Fix = "Look at the document with `aws iam`; write it anew if it is damaged.",
                },
                malformed
            );
        }
    }
}
