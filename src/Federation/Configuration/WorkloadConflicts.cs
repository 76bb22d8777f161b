using Federation.Configuration.Schema;
using Federation.Configuration.Yaml;
using Federation.Findings;
using Keys = Federation.Configuration.FederationKeys;

namespace Federation.Configuration;

/// <summary>Finds workloads that contradict each other (FED1005). A conflict is reported at the later of the two.</summary>
internal static class WorkloadConflicts
{
    public static void Check(IReadOnlyList<WorkloadEntry> entries, FileReading reading)
    {
        var repeated = OneName(entries, reading);
        repeated.UnionWith(OneGrant(entries, repeated, reading));
        OneGoogleServiceAccount(entries, reading);
        OneRole(entries, repeated, reading);
    }

    private static HashSet<WorkloadEntry> OneName(IReadOnlyList<WorkloadEntry> entries, FileReading reading)
    {
        var repeated = new HashSet<WorkloadEntry>(ReferenceEqualityComparer.Instance);
        var seen = new Dictionary<string, WorkloadEntry>(StringComparer.Ordinal);
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
                $"the name {PlainText.Quoted(name)} is taken by the workload at {seen[name].Fields.Begin}",
                "Give this workload a name of its own."
            );
        }

        return repeated;
    }

    /// <summary>Two workloads with the same cluster, service account, identity and role are the same grant.</summary>
    private static HashSet<WorkloadEntry> OneGrant(
        IReadOnlyList<WorkloadEntry> entries,
        HashSet<WorkloadEntry> ignored,
        FileReading reading
    )
    {
        var repeated = new HashSet<WorkloadEntry>(ReferenceEqualityComparer.Instance);
        var seen = new Dictionary<object, WorkloadEntry>();
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
                $"{Describe(entry)} is the same grant as {Describe(first)} at {first.Fields.Begin}: "
                    + "one service account of one cluster, one identity, one role",
                "Remove one of the two, or give this one a service account or a role of its own."
            );
        }

        return repeated;
    }

    /// <summary>A service account has one annotation for it, so it can be bound to one Google service account only.</summary>
    private static void OneGoogleServiceAccount(IReadOnlyList<WorkloadEntry> entries, FileReading reading)
    {
        var seen = new Dictionary<object, WorkloadEntry>();
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
                    $"the service account {entry.Fields.Get(Keys.Workload.Namespace)}/{entry.Fields.Get(Keys.Workload.ServiceAccount)} "
                        + $"is bound to {PlainText.Quoted(other)} by {Describe(first)} at {first.Fields.Begin}; it can be bound to one",
                    $"Write {PlainText.Quoted(other)} here too, or use another service account.",
                    other,
                    bound
                );
            }
        }
    }

    private static void OneRole(IReadOnlyList<WorkloadEntry> entries, HashSet<WorkloadEntry> ignored, FileReading reading)
    {
        var seen = new Dictionary<object, WorkloadEntry>();
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
                    $"the role {PlainText.Quoted(entry.RoleName!)} differs from {PlainText.Quoted(first.RoleName!)} of {Describe(first)} "
                        + $"at {first.Fields.Begin} in case alone; in one account IAM takes them for one",
                    $"Write {PlainText.Quoted(first.RoleName!)} to share that role, or choose another name.",
                    first.RoleName,
                    entry.RoleName
                );
            }
            else if (entry.Role!.Sound && first.Role!.Sound)
            {
                RequireAgreement(entry, first, reading);
            }
        }
    }

    /// <summary>Workloads that share a role must describe it alike.</summary>
    private static void RequireAgreement(WorkloadEntry entry, WorkloadEntry first, FileReading reading)
    {
        var (role, other) = (entry.Role!, first.Role!);
        Compare(Keys.Role.Path, role.Need(Keys.Role.Path), other.Need(Keys.Role.Path));
        Compare(
            Keys.Role.MaxSessionDuration,
            DurationText.Format(role.Get(Keys.Role.MaxSessionDuration)),
            DurationText.Format(other.Get(Keys.Role.MaxSessionDuration))
        );
        Compare(
            Keys.Role.PermissionsBoundary,
            role.Get(Keys.Role.PermissionsBoundary) ?? "none",
            other.Get(Keys.Role.PermissionsBoundary) ?? "none"
        );
        Compare(Keys.Role.Policies, Describe(role.Get(Keys.Role.Policies)), Describe(other.Get(Keys.Role.Policies)));
        // A workload without a description takes the other's.
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
                $"the role {PlainText.Quoted(entry.RoleName!)} is shared with {Describe(first)} at {first.Fields.Begin}, "
                    + $"but {what} differs: {mine} here, {theirs} there",
                "Make the two agree, or give this workload a role of its own.",
                theirs,
                mine
            );
        }
    }

    private static string OwnedElsewhere(WorkloadEntry entry) =>
        entry.Fields.Get(Keys.Workload.Existing)?.Contains(ExistingResources.Role) is true ? "given" : "not given";

    /// <summary>The policies in a fixed order, since their order means nothing to IAM.</summary>
    private static string Describe(IReadOnlyList<PolicyReference>? policies)
    {
        var described = (policies ?? []).Select(policy =>
            policy switch
            {
                PolicyReference.Template template => template.Name
                    + string.Concat(
                        template
                            .Parameters.OrderBy(parameter => parameter.Key, StringComparer.Ordinal)
                            .Select(parameter => $" {parameter.Key}={string.Join('+', parameter.Value.Select(PlainText.Quoted))}")
                    ),
                PolicyReference.File file => file.Path,
                PolicyReference.Managed managed => managed.Arn,
                _ => throw new InvalidOperationException($"Unknown kind of policy {policy.GetType().Name}."),
            }
        );
        return "[" + string.Join(", ", described.Order(StringComparer.Ordinal)) + "]";
    }

    private static string Describe(WorkloadEntry entry) =>
        entry.Name is { } name ? $"the workload {PlainText.Quoted(name)}" : "the workload";

    /// <summary>Identifies the cluster by what makes its issuer, since two keys may name one cluster.</summary>
    private static object? ServiceAccountOf(WorkloadEntry entry) =>
        entry.Cluster is { Sound: true } cluster
        && entry.Fields.Get(Keys.Workload.Namespace) is { } ns
        && entry.Fields.Get(Keys.Workload.ServiceAccount) is { } name
            ? (cluster.Get(Keys.Cluster.Project), cluster.Get(Keys.Cluster.Location), cluster.Get(Keys.Cluster.Name), ns, name)
            : null;

    /// <summary>The role's account id and name. The names of roles are unique in an account ignoring case.</summary>
    private static object? RoleOf(WorkloadEntry entry) =>
        entry.AccountId is { } account && entry.RoleName is { } name ? (account, name.ToUpperInvariant()) : null;

    private static void Report(
        FileReading reading,
        Position at,
        string cause,
        string fix,
        string? expected = null,
        string? actual = null
    ) => reading.Add(FindingCodes.WorkloadConflict, at, cause, fix, expected, actual);
}
