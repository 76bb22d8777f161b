using System.Collections.Immutable;
using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Planning;
using Federation.Policies;
using Federation.Resources;

namespace Federation.Aws;

/// <summary>A live role: its fields are the part that is ours, beside what is needed to write it without losing the rest.</summary>
/// <param name="RoleId">IAM's own id: another one after the role was deleted and recreated.</param>
/// <param name="Others">The trust policy without our statements; null where it cannot be read.</param>
internal sealed record RoleObservation(ResourceId Id, Account Account, string Name, string RoleId, RoleState State, LiveTrust? Others)
    : Observation(Id, State.Fields)
{
    /// <summary>The observation of a role that is desired.</summary>
    /// <param name="live">Null if it is absent.</param>
    /// <param name="facts">Of the role's clusters, by key; none where the role says nothing of them.</param>
    /// <exception cref="FindingException">A policy of it that must be compared could not be read.</exception>
    public static Observation Of(Role role, LiveRole? live, Mark mark, IReadOnlyDictionary<string, ClusterFacts> facts)
    {
        if (live is null)
        {
            return new Observation(role.Id, Fields: null)
            {
                Findings =
                [
                    .. RoleFindings.Oversized(role, role.State.Trust.ToMinifiedJson().Length),
                    .. RoleFindings.Open(role, others: null),
                ],
            };
        }

        var ours = role.OurSids(live.Tags, mark);
        var trust = TryParseTrust(live.TrustPolicy);
        var others = trust?.Without(ours);
        var state = StateOf(live);
        if (role.Existing)
        {
            state = state with { Trust = trust is null ? role.State.Trust : Meant(role.State.Trust, trust) };
            return new RoleObservation(role.Id, role.Account, live.Name, live.Id, state, others)
            {
                Fields = state.TrustFields,
                Ours = mark.IsOn(live.Tags),
                Findings = [.. RoleFindings.Open(role, others)],
            };
        }

        var register = PolicyRegister.On(live.Tags, mark);
        state = state with
        {
            Trust = trust is null ? role.State.Trust : Comparable(role.State.Trust, trust, others!, ours),
            UnreadableStatements = [.. (trust?.Only(ours).Unreadable ?? []).Select(statement => statement.Sid!)],
            // Any other policy is somebody else's.
            InlinePolicies = Inline(live, name => role.State.InlinePolicies.ContainsKey(name) || register.HasInline(name)),
            ManagedPolicies =
            [
                .. Needed(live.ManagedPolicies).Where(arn => role.State.ManagedPolicies.Contains(arn) || register.HasManaged(arn)),
            ],
        };
        var observation = new RoleObservation(role.Id, role.Account, live.Name, live.Id, state, others)
        {
            Ours = mark.IsOn(live.Tags),
            OtherOwner = mark.OtherOn(live.Tags),
            DependsOn = ProvidersOf(role.Account, state.Trust),
        };
        return observation with
        {
            Findings =
            [
                .. RoleFindings.Oversized(role, others?.With(role.State.Trust).Length ?? 0),
                .. RoleFindings.NoRoom(role, observation),
                .. RoleFindings.Unreadable(role, others),
                .. RoleFindings.Open(role, others),
                .. RoleFindings.Elsewhere(role, live),
                .. RoleFindings.Recreated(role, live, observation.Ours, trust?.Only(ours), facts),
            ],
        };
    }

    /// <summary>
    /// The observation of a role that carries the mark, whether or not it is desired. Its fields name all that goes with the role
    /// when it is deleted, other owners' statements and policies included.
    /// </summary>
    /// <exception cref="FindingException">A policy of it could not be read.</exception>
    public static RoleObservation OfOwned(Account account, LiveRole live)
    {
        var trust = TryParseTrust(live.TrustPolicy);
        var state = StateOf(live) with
        {
            Trust = new PolicyDocument { Version = trust?.Version ?? "", Statements = [.. trust?.Readable ?? []] },
            UnreadableStatements = trust is null
                ? ["(all)"]
                : [.. trust.Unreadable.Select((statement, at) => statement.Sid ?? $"(without Sid, {at + 1})")],
            InlinePolicies = Inline(live, _ => true),
            ManagedPolicies = [.. Needed(live.ManagedPolicies)],
        };
        return new(ResourceId.Aws(account.Id, ResourceKind.Role, live.Name), account, live.Name, live.Id, state, trust)
        {
            Ours = true,
            Workloads = Mark.OfTags(live.Tags)?.Workloads ?? [],
            Clusters = [.. Mark.ClustersOf(live.Tags)],
            DependsOn = ProvidersOf(account, state.Trust),
        };
    }

    /// <summary>The Sids of our statements.</summary>
    public IEnumerable<string> Sids => [.. State.Trust.Statements.Select(statement => statement.Sid!), .. State.UnreadableStatements];

    private static IReadOnlyList<ResourceId> ProvidersOf(Account account, PolicyDocument trust) =>
        [
            .. trust
                .Statements.SelectMany(statement => statement.Principals?.Values ?? [])
                .SelectMany(principals => principals)
                .Where(ProviderArn.Is)
                .Select(arn => Provider.IdOf(account, ProviderArn.UrlOf(arn)))
                .Distinct(),
        ];

    private static RoleState StateOf(LiveRole live) =>
        new()
        {
            Path = live.Path,
            Description = live.Description,
            MaxSessionDuration = live.MaxSessionDuration,
            PermissionsBoundary = live.PermissionsBoundary,
            Tags = live
                .Tags.Where(tag => tag.Key.StartsWith(Mark.TagPrefix, StringComparison.Ordinal))
                .ToImmutableSortedDictionary(StringComparer.Ordinal),
            Trust = new PolicyDocument { Statements = [] },
            InlinePolicies = ImmutableSortedDictionary<string, PolicyDocument?>.Empty,
            ManagedPolicies = [],
        };

    /// <summary>
    /// Our statements of the live policy. Where other statements keep the document at their version, ours cannot have another one,
    /// and the id of the document is not ours to change: neither is a difference.
    /// </summary>
    private static PolicyDocument Comparable(PolicyDocument desired, LiveTrust trust, LiveTrust others, IReadOnlySet<string> ours) =>
        new()
        {
            Version = others.VersionWith(desired) == trust.Version ? desired.Version : trust.Version,
            Id = desired.Id,
            Statements = [.. trust.Only(ours).Readable],
        };

    /// <summary>
    /// The desired statements that a role owned elsewhere has. Its owner names the statements, so their Sids do not count, only
    /// what they mean.
    /// </summary>
    private static PolicyDocument Meant(PolicyDocument desired, LiveTrust live)
    {
        var statements = live.Readable.Select(Unnamed).ToHashSet(StringComparer.Ordinal);
        return desired with { Statements = [.. desired.Statements.Where(statement => statements.Contains(Unnamed(statement)))] };

        static string Unnamed(PolicyStatement statement) =>
            new PolicyDocument { Statements = [statement with { Sid = null }] }.ToCanonicalJson();
    }

    private static ImmutableSortedDictionary<string, PolicyDocument?> Inline(LiveRole live, Func<string, bool> concerns) =>
        Needed(live.InlinePolicies)
            .Where(policy => concerns(policy.Name) && !policy.Document.IsAbsent)
            .ToImmutableSortedDictionary(policy => policy.Name, policy => TryParsePolicy(Needed(policy.Document)), StringComparer.Ordinal);

    private static T Needed<T>(Reading<T> reading)
        where T : class => reading.Found ?? throw new FindingException(reading.Refused!);

    private static LiveTrust? TryParseTrust(string trust)
    {
        try
        {
            return LiveTrust.Parse(trust);
        }
        catch (PolicyFormatException)
        {
            return null;
        }
    }

    private static PolicyDocument? TryParsePolicy(string policy)
    {
        try
        {
            return PolicyDocument.Parse(policy);
        }
        catch (PolicyFormatException)
        {
            return null;
        }
    }
}
