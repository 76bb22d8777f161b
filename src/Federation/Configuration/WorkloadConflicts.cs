using Federation.Configuration.Shape;
using Federation.Configuration.Yaml;
using Federation.Findings;
using Entry = Federation.Configuration.ConfigurationRules.Entry;
using Keys = Federation.Configuration.FederationKeys;

namespace Federation.Configuration;

/// <summary>Workloads that cannot both be had (FED1005). Each conflict is reported at the later of the two.</summary>
internal static class WorkloadConflicts
{
    public static void Check(IReadOnlyList<Entry> entries, Reading reading)
    {
        var repeated = OneName(entries, reading);
        repeated.UnionWith(OneGrant(entries, repeated, reading));
        OneGoogleServiceAccount(entries, reading);
        OneRole(entries, repeated, reading);
    }

    private static HashSet<Entry> OneName(IReadOnlyList<Entry> entries, Reading reading)
    {
        var repeated = new HashSet<Entry>(ReferenceEqualityComparer.Instance);
        var seen = new Dictionary<string, Entry>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            if (entry.Name is not { } name || seen.TryAdd(name, entry))
            {
                continue;
            }

            repeated.Add(entry);
            Report(
                reading,
                entry.Fields.At(Keys.Workload.Name),
                $"the name {Quote.Of(name)} is taken by the workload at {seen[name].Fields.Begin}",
                "Give this workload a name of its own."
            );
        }

        return repeated;
    }

    /// <summary>The same service account of the same cluster with the same identity and role is the same grant.</summary>
    private static HashSet<Entry> OneGrant(IReadOnlyList<Entry> entries, HashSet<Entry> ignored, Reading reading)
    {
        var repeated = new HashSet<Entry>(ReferenceEqualityComparer.Instance);
        var seen = new Dictionary<object, Entry>();
        foreach (var entry in entries)
        {
            if (
                ServiceAccountOf(entry) is not { } serviceAccount
                || RoleOf(entry) is not { } role
                || ignored.Contains(entry)
                || entry.Fields.IsWrong(Keys.Workload.Identity)
            )
            {
                continue;
            }

            var grant = (serviceAccount, role, entry.Fields.Get(Keys.Workload.Identity));
            if (seen.TryAdd(grant, entry))
            {
                continue;
            }

            var first = seen[grant];
            repeated.Add(entry);
            Report(
                reading,
                entry.Fields.Begin,
                $"{Describe(entry)} is the same grant as {Describe(first)} at {first.Fields.Begin}: one service account of one cluster, one identity, one role",
                "Remove one of the two, or give this one a service account or a role of its own."
            );
        }

        return repeated;
    }

    /// <summary>A service account carries one annotation, so it can be bound to one Google service account.</summary>
    private static void OneGoogleServiceAccount(IReadOnlyList<Entry> entries, Reading reading)
    {
        var seen = new Dictionary<object, Entry>();
        foreach (var entry in entries)
        {
            if (ServiceAccountOf(entry) is not { } serviceAccount || entry.Fields.Get(Keys.Workload.GoogleServiceAccount) is not { } bound)
            {
                continue;
            }

            if (seen.TryAdd(serviceAccount, entry))
            {
                continue;
            }

            var first = seen[serviceAccount];
            var other = first.Fields.Get(Keys.Workload.GoogleServiceAccount)!;
            if (!string.Equals(bound, other, StringComparison.Ordinal))
            {
                Report(
                    reading,
                    entry.Fields.At(Keys.Workload.GoogleServiceAccount),
                    $"the service account {entry.Fields.Get(Keys.Workload.Namespace)}/{entry.Fields.Get(Keys.Workload.ServiceAccount)} is bound to {Quote.Of(other)} by {Describe(first)} at {first.Fields.Begin}; it can be bound to one",
                    $"Write {Quote.Of(other)} here too, or use another service account.",
                    other,
                    bound
                );
            }
        }
    }

    private static void OneRole(IReadOnlyList<Entry> entries, HashSet<Entry> ignored, Reading reading)
    {
        var seen = new Dictionary<object, Entry>();
        foreach (var entry in entries)
        {
            if (ignored.Contains(entry) || RoleOf(entry) is not { } role || seen.TryAdd(role, entry))
            {
                continue;
            }

            var first = seen[role];
            if (!string.Equals(entry.RoleName, first.RoleName, StringComparison.Ordinal))
            {
                Report(
                    reading,
                    entry.Role!.At(Keys.Role.Name),
                    $"the role {Quote.Of(entry.RoleName!)} differs from {Quote.Of(first.RoleName!)} of {Describe(first)} at {first.Fields.Begin} in case alone; in one account IAM takes them for one",
                    $"Write {Quote.Of(first.RoleName!)} to share that role, or choose another name.",
                    first.RoleName,
                    entry.RoleName
                );
            }
            else if (entry.Role!.Sound && first.Role!.Sound)
            {
                Agree(entry, first, reading);
            }
        }
    }

    /// <summary>A shared role is one role: whoever describes it must describe the same.</summary>
    private static void Agree(Entry entry, Entry first, Reading reading)
    {
        var (role, other) = (entry.Role!, first.Role!);
        Compare(Keys.Role.Path, role.Need(Keys.Role.Path), other.Need(Keys.Role.Path));
        Compare(
            Keys.Role.MaxSessionDuration,
            Duration.Format(role.Get(Keys.Role.MaxSessionDuration)),
            Duration.Format(other.Get(Keys.Role.MaxSessionDuration))
        );
        Compare(
            Keys.Role.PermissionsBoundary,
            role.Get(Keys.Role.PermissionsBoundary) ?? "none",
            other.Get(Keys.Role.PermissionsBoundary) ?? "none"
        );
        Compare(Keys.Role.Policies, Describe(role.Get(Keys.Role.Policies)), Describe(other.Get(Keys.Role.Policies)));
        // A description that one leaves out is the other's.
        if (role.Has(Keys.Role.Description) && other.Has(Keys.Role.Description))
        {
            Compare(Keys.Role.Description, role.Need(Keys.Role.Description), other.Need(Keys.Role.Description));
        }

        if (entry.Fields.Has(Keys.Workload.Existing) || first.Fields.Has(Keys.Workload.Existing))
        {
            CompareAt(entry.Fields.At(Keys.Workload.Existing), "\"existing: [role]\"", OwnedElsewhere(entry), OwnedElsewhere(first));
        }

        void Compare(Key key, string mine, string theirs) => CompareAt(role.At(key), key.Label, mine, theirs);

        void CompareAt(Position at, string what, string mine, string theirs)
        {
            if (string.Equals(mine, theirs, StringComparison.Ordinal))
            {
                return;
            }

            Report(
                reading,
                at,
                $"the role {Quote.Of(entry.RoleName!)} is shared with {Describe(first)} at {first.Fields.Begin}, but {what} differs: {mine} here, {theirs} there",
                "Make the two agree, or give this workload a role of its own.",
                theirs,
                mine
            );
        }
    }

    private static string OwnedElsewhere(Entry entry) =>
        entry.Fields.Get(Keys.Workload.Existing)?.Contains(ExistingResources.Role) is true ? "given" : "not given";

    /// <summary>Policies as a set: their order has no meaning to IAM.</summary>
    private static string Describe(IReadOnlyList<PolicyReference>? policies)
    {
        var described = (policies ?? []).Select(policy =>
            policy switch
            {
                PolicyReference.Template template => template.Name
                    + string.Concat(
                        template
                            .Parameters.OrderBy(parameter => parameter.Key, StringComparer.Ordinal)
                            .Select(parameter => $" {parameter.Key}={string.Join('+', parameter.Value.Select(Quote.Of))}")
                    ),
                PolicyReference.File file => file.Path,
                PolicyReference.Managed managed => managed.Arn,
                _ => throw new InvalidOperationException($"Unknown kind of policy {policy.GetType().Name}."),
            }
        );
        return "[" + string.Join(", ", described.Order(StringComparer.Ordinal)) + "]";
    }

    private static string Describe(Entry entry) => entry.Name is { } name ? $"the workload {Quote.Of(name)}" : "the workload";

    /// <summary>The cluster by its issuer, not by its key here: two keys may name one cluster.</summary>
    private static object? ServiceAccountOf(Entry entry) =>
        entry.Cluster is { Sound: true } cluster
        && entry.Fields.Get(Keys.Workload.Namespace) is { } ns
        && entry.Fields.Get(Keys.Workload.ServiceAccount) is { } name
            ? (cluster.Get(Keys.Cluster.Project), cluster.Get(Keys.Cluster.Location), cluster.Get(Keys.Cluster.Name), ns, name)
            : null;

    /// <summary>The role by account id and name; IAM's names are unique ignoring case.</summary>
    private static object? RoleOf(Entry entry) =>
        entry.AccountId is { } account && entry.RoleName is { } name ? (account, name.ToUpperInvariant()) : null;

    private static void Report(Reading reading, Position at, string cause, string fix, string? expected = null, string? actual = null) =>
        reading.Add(FindingCodes.WorkloadConflict, at, cause, fix, expected, actual);
}
