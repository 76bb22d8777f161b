using Federation.Policies;
using Federation.Resources;
using Federation.Templates;

namespace Federation.Aws;

/// <summary>
/// The old statements of a role's trust in a move: what our statements admit and the configuration does not name any more, while a
/// workload that the role was there for before gets a new identity. They stand under Sids of their own until the new identity is
/// proved, so that a later run knows them again.
/// <para>
/// Only an exact statement is kept (<see cref="TrustedIdentity.NamedBy"/>): one that somebody opened, or that never was valid, is
/// corrected at once. So is the trust of a workload that left the role, if no other one moves at the same time: which identity was
/// whose is not known.
/// </para>
/// </summary>
internal static class OldTrust
{
    public static IReadOnlyList<PolicyStatement> Of(Role role, RoleObservation live)
    {
        var wanted = role.Trusted.Select(one => one.Identity).ToHashSet();
        var admitting = live
            .State.Trust.Statements.Select(statement => (statement, identities: TrustedIdentity.NamedBy(statement)))
            .Where(one => one.identities.Count > 0 && one.identities.All(identity => identity.IsOf(role.Account)))
            .ToArray();
        var admitted = admitting.SelectMany(one => one.identities).ToHashSet();
        var mark = Mark.OfTags(live.State.Tags);
        var isMoving =
            role.Trusted.Any(one => !admitted.Contains(one.Identity) && mark?.MayName(one.Workload) == true)
            || admitting.Any(one => one.statement.Sid == SidOf(role, one.statement));
        if (!isMoving)
        {
            return [];
        }

        var standing = admitting
            .Select(one =>
                (one.statement, old: one.identities.Except(wanted).Select(identity => identity.Subject).ToHashSet(StringComparer.Ordinal))
            )
            .Where(one => one.old.Count > 0)
            .Select(one => TrustedIdentity.WithSubjects(one.statement, one.old.Contains) with { Sid = null })
            .ToArray();
        return
        [
            .. TrustPolicies
                .Merge([new PolicyDocument { Statements = standing }])
                .Statements.Select(statement => statement with { Sid = SidOf(role, statement) }),
        ];
    }

    /// <summary>The same for statements that differ in nothing but their subjects.</summary>
    private static string SidOf(Role role, PolicyStatement statement) =>
        TrustSid.OfOld(
            role.Federation,
            new PolicyDocument { Statements = [TrustedIdentity.WithSubjects(statement, _ => false) with { Sid = null }] }.ToCanonicalJson()
        );
}
