using System.Collections.Immutable;
using Federation.Policies;
using Federation.Templates;

namespace Federation.Aws;

/// <summary>
/// What a role's trust has of a move that is not finished: identities that the role was made to trust for a workload of today, and
/// that this workload does not have any more.
/// <para>
/// Only what this federation wrote is kept, by the role's <see cref="IdentityRegister"/>. What somebody changed by hand is corrected
/// at once, and the trust of a workload that left the role goes at once.
/// </para>
/// </summary>
/// <param name="Statements">They name these identities alone, under Sids of their own.</param>
internal sealed record OldTrust(ImmutableArray<PolicyStatement> Statements, ImmutableArray<WorkloadIdentity> Identities)
{
    public static OldTrust On(Role role, RoleObservation live)
    {
        var register = IdentityRegister.On(live.State.Tags);
        var wanted = role.Trusted.Select(one => one.Identity).ToHashSet();
        var statements = new List<PolicyStatement>();
        var identities = new List<WorkloadIdentity>();
        foreach (var statement in live.State.Trust.Statements)
        {
            var old = TrustedIdentity
                .NamedBy(statement)
                .Except(wanted)
                .SelectMany(identity => role.Workloads.Select(workload => new WorkloadIdentity(workload, identity)))
                .Where(register.Has)
                .ToArray();
            if (old.Length > 0)
            {
                var subjects = old.Select(one => one.Identity.Subject).ToHashSet(StringComparer.Ordinal);
                statements.Add(TrustedIdentity.WithSubjects(statement, subjects.Contains) with { Sid = null });
                identities.AddRange(old);
            }
        }

        return new OldTrust(
            [
                .. TrustPolicies
                    .Merge([new PolicyDocument { Statements = statements }])
                    .Statements.Select(statement => statement with { Sid = SidOf(role, statement) }),
            ],
            [.. identities]
        );
    }

    /// <summary>The same for statements that differ in nothing but their subjects.</summary>
    private static string SidOf(Role role, PolicyStatement statement) =>
        TrustSid.OfOld(
            role.Federation,
            new PolicyDocument { Statements = [TrustedIdentity.WithSubjects(statement, _ => false) with { Sid = null }] }.ToCanonicalJson()
        );
}
