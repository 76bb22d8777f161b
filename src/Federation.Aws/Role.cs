using System.Collections.Immutable;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Policies;
using Federation.Resources;
using Federation.Templates;

namespace Federation.Aws;

/// <summary>
/// The IAM role of one or more workloads of an account. It must be ours to be changed; of its trust policy only our statements
/// are changed. Of a role that is owned elsewhere, only the trust policy is compared.
/// </summary>
/// <param name="Federation">The name of the federation.</param>
internal sealed record Role(
    ResourceId Id,
    Account Account,
    string Name,
    RoleState State,
    ImmutableArray<Cluster> Clusters,
    string Federation
) : AwsResource(Id, Account)
{
    public override Fields Fields => Existing ? State.TrustFields : State.Fields;

    public override string MissingCode => FindingCodes.RoleMissing;

    /// <summary>The Sids that versions of this tool up to 1.0, which kept no register, gave to the statements.</summary>
    public ImmutableArray<string> FormerSids { get; private init; } = [];

    /// <summary>Warnings of the FED11xx group are errors.</summary>
    public bool Strict { get; private init; }

    /// <summary>The identities that the role is to trust, each with the name of its workload.</summary>
    public required ImmutableArray<WorkloadIdentity> Trusted { get; init; }

    /// <summary>
    /// Old statements of ours stand beside the new ones until these are proved, where the policy has room for both; otherwise the
    /// move is made at once, and <see cref="RoleFindings.NoRoom"/> says so.
    /// </summary>
    public override Move? MoveFrom(Observation observed) =>
        observed is RoleObservation { Others: { } others } live
        && WithBoth(live) is { } both
        && others.With(both.Trust).Length <= Account.TrustPolicyLimit
            ? new Move(this with { State = both }, live with { State = both, Fields = both.Fields })
            : null;

    /// <summary>The state with the old statements beside the new ones; null if there are no old ones.</summary>
    internal RoleState? WithBoth(RoleObservation live)
    {
        var old = OldTrust.On(this, live);
        if (old.Statements.IsEmpty)
        {
            return null;
        }

        var statements = TrustOwnership.Register(old.Statements.Select(statement => statement.Sid));
        return State with
        {
            Trust = State.Trust with { Statements = [.. State.Trust.Statements, .. old.Statements] },
            Tags = IdentityRegister.Of(old.Identities).AddTo(statements.AddTo(State.Tags)),
        };
    }

    /// <summary>The exact Sids of our statements on the live role.</summary>
    public ImmutableSortedSet<string> OurSids(IReadOnlyDictionary<string, string> tags, Mark mark) =>
        TrustOwnership.SidsOn(tags, mark, State.Trust, FormerSids);

    /// <summary>One for each name in each account: IAM's names are unique ignoring case.</summary>
    public static IEnumerable<Role> Desire(DesiredInput input) =>
        input
            .Workloads.GroupBy(rendered => (rendered.Workload.Account.Id, Name: rendered.Workload.Role.Name.ToUpperInvariant()))
            .Select(group => Shared(input, [.. group]));

    /// <summary>
    /// One role for all workloads that share it. Apart from the policies, their role blocks say the same, because the
    /// configuration was checked for that (FED1005).
    /// </summary>
    private static Role Shared(DesiredInput input, IReadOnlyList<RenderedWorkload> sharing)
    {
        var workloads = sharing.Select(rendered => rendered.Workload).ToList();
        var (account, role) = (workloads[0].Account, workloads[0].Role);
        var id = ResourceId.Aws(account.Id, ResourceKind.Role, role.Name);
        var clusters = workloads.Select(workload => workload.Cluster).Distinct().ToImmutableArray();
        var inline = ImmutableSortedDictionary.CreateRange(
            StringComparer.Ordinal,
            sharing
                .SelectMany(rendered => rendered.PermissionsPolicies)
                .DistinctBy(policy => policy.Key, StringComparer.Ordinal)
                .Select(policy => KeyValuePair.Create(policy.Key, (PolicyDocument?)PolicyDocument.Parse(policy.Value)))
        );
        ImmutableSortedSet<string> managed =
        [
            .. workloads.SelectMany(workload => workload.Role.Policies).OfType<PolicyReference.Managed>().Select(policy => policy.Arn),
        ];
        var trust = TrustPolicies.Merge(sharing.Select(rendered => PolicyDocument.Parse(rendered.TrustPolicy)));
        ImmutableArray<WorkloadIdentity> trusted =
        [
            .. sharing.SelectMany(rendered =>
                PolicyDocument
                    .Parse(rendered.TrustPolicy)
                    .Statements.SelectMany(TrustedIdentity.NamedBy)
                    .Select(identity => new WorkloadIdentity(rendered.Workload.Name, identity))
            ),
        ];
        return new Role(
            id,
            account,
            role.Name,
            new RoleState
            {
                Path = role.Path,
                Description = role.Description,
                MaxSessionDuration = (int)role.MaxSessionDuration.TotalSeconds,
                PermissionsBoundary = role.PermissionsBoundary,
                Tags = new Mark(input.Configuration.Name, [.. workloads.Select(workload => workload.Name)])
                    .Tags.AddRange(PolicyRegister.Of(inline.Keys, managed).Write())
                    .AddRange(TrustOwnership.Register(trust.Statements.Select(statement => statement.Sid)).Write())
                    .AddRange(IdentityRegister.Of(trusted).Write())
                    .AddRange(ClusterTags(clusters, input.Clusters)),
                Trust = trust,
                InlinePolicies = inline,
                ManagedPolicies = managed,
            },
            clusters,
            input.Configuration.Name
        )
        {
            Strict = input.Configuration.Strict,
            Trusted = trusted,
            FormerSids =
            [
                .. TrustPolicies
                    .Merge(FormerTrust(input.Configuration.Name, sharing))
                    .Statements.Select(statement => statement.Sid)
                    .OfType<string>(),
            ],
            Workloads = [.. workloads.Select(workload => workload.Name)],
            DependsOn = [.. workloads.SelectMany(Dependencies).Distinct()],
            Existing = workloads.Exists(workload => workload.Existing.HasFlag(ExistingResources.Role)),
            Foreign = ForeignResource.Refuse,
        };
    }

    private static IEnumerable<ResourceId> Dependencies(Workload workload) =>
        workload.Identity == IdentityKind.Cluster
            ? [Provider.IdOf(workload)]
            : [ResourceId.Google(workload.Cluster.Project, ResourceKind.GoogleServiceAccount, workload.GoogleServiceAccount!)];

    private static IEnumerable<KeyValuePair<string, string>> ClusterTags(
        IEnumerable<Cluster> clusters,
        IReadOnlyDictionary<string, ClusterFacts> facts
    ) =>
        clusters
            .Where(cluster => facts.GetValueOrDefault(cluster.Key) is { Id.Length: > 0 })
            .Select(cluster =>
                KeyValuePair.Create(Mark.ClusterTag(cluster.Project, cluster.Location, cluster.Name), facts[cluster.Key].Id)
            );

    /// <summary>The documents as versions of this tool up to 1.0 named their statements.</summary>
    private static IEnumerable<PolicyDocument> FormerTrust(string federation, IEnumerable<RenderedWorkload> sharing) =>
        sharing.Select(rendered =>
        {
            var trust = PolicyDocument.Parse(rendered.TrustPolicy);
            return trust with
            {
                Statements =
                [
                    .. trust.Statements.Select(statement =>
                        statement with
                        {
                            Sid = TrustSid.FormerOf(federation, rendered.Workload, statement.Sid ?? ""),
                        }
                    ),
                ],
            };
        });
}
