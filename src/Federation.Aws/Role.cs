using System.Collections.Immutable;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Policies;
using Federation.Resources;
using Federation.Templates;

namespace Federation.Aws;

/// <summary>
/// The IAM role of one or more workloads of an account. It must be ours to be changed; in its trust policy only our
/// statements are, others stay as they are. One that is owned elsewhere is only asked whether it trusts as it should.
/// </summary>
internal sealed record Role(ResourceId Id, Account Account, string Name, RoleState State, ImmutableArray<Cluster> Clusters)
    : AwsResource(Id, Account)
{
    public override Fields Fields => Existing ? State.TrustFields : State.Fields;

    public override string MissingCode => FindingCodes.RoleMissing;

    /// <summary>One for each name in each account: IAM's names are unique ignoring case.</summary>
    public static IEnumerable<Role> Desire(DesiredInput input) =>
        input
            .Workloads.GroupBy(rendered => (rendered.Workload.Account.Id, Name: rendered.Workload.Role.Name.ToUpperInvariant()))
            .Select(group => Shared(input, [.. group]));

    /// <summary>What the workloads' role blocks say besides the policies is the same for all of them: the configuration was held to it (FED1005).</summary>
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
                .Select(policy => KeyValuePair.Create(policy.Key, PolicyDocument.Parse(policy.Value)))
        );
        ImmutableSortedSet<string> managed =
        [
            .. workloads.SelectMany(workload => workload.Role.Policies).OfType<PolicyReference.Managed>().Select(policy => policy.Arn),
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
                    .AddRange(ClusterTags(clusters, input.Clusters)),
                Trust = TrustPolicies.Merge(sharing.Select(rendered => Ours(PolicyDocument.Parse(rendered.TrustPolicy)))),
                InlinePolicies = inline,
                ManagedPolicies = managed,
            },
            clusters
        )
        {
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

    /// <summary>A statement that a template adds beside ours is ours too; its Sid must say so, or it would stay behind for ever.</summary>
    private static PolicyDocument Ours(PolicyDocument trust) =>
        trust with
        {
            Statements =
            [
                .. trust.Statements.Select(statement =>
                    statement.Sid?.StartsWith(Mark.TrustSidPrefix, StringComparison.Ordinal) == true
                        ? statement
                        : statement with
                        {
                            Sid = Mark.TrustSidPrefix + statement.Sid,
                        }
                ),
            ],
        };
}

/// <summary>A live role: its fields are the part that is ours, beside what is needed to write it without losing the rest.</summary>
/// <param name="Others">The statements of the trust policy that are not ours.</param>
internal sealed record RoleObservation(ResourceId Id, Fields Fields, RoleState State, PolicyDocument Others) : Observation(Id, Fields);
