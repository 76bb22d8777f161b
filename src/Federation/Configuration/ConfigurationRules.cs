using Federation.Configuration.Shape;
using Federation.Configuration.Yaml;
using Federation.Findings;
using Keys = Federation.Configuration.FederationKeys;

namespace Federation.Configuration;

/// <summary>
/// What no single value shows: references, values that contradict each other, and workloads that get in each other's way.
/// Looks only at what could be read, so that a fault already reported has no echo here.
/// </summary>
internal static class ConfigurationRules
{
    public static void Check(Fields root, Reading reading)
    {
        var clusters = NamedSections.Of(root, Keys.Root.Clusters);
        var accounts = NamedSections.Of(root, Keys.Root.Accounts);
        foreach (var cluster in clusters.All)
        {
            CheckCluster(cluster.Value, reading);
        }

        foreach (var account in accounts.All)
        {
            CheckAccount(account.Value, reading);
        }

        var entries = new List<Entry>();
        foreach (var workload in root.Get(Keys.Root.Workloads) ?? [])
        {
            var entry = new Entry(
                workload,
                Resolve(workload, Keys.Workload.Cluster, clusters, reading),
                Resolve(workload, Keys.Workload.Account, accounts, reading)
            );
            CheckWorkload(entry, reading);
            entries.Add(entry);
        }

        WorkloadConflicts.Check(entries, reading);
    }

    /// <summary>A workload with the cluster and account it names, each null where there is none to be had.</summary>
    internal sealed record Entry(Fields Fields, Fields? Cluster, Fields? Account)
    {
        public string? Name => Fields.Get(Keys.Workload.Name);

        public Fields? Role => Fields.Get(Keys.Workload.Role);

        public string? RoleName => Role?.Get(Keys.Role.Name);

        public string? AccountId => Account?.Get(Keys.Account.Id);
    }

    private static Fields? Resolve(Fields workload, Key<string> key, NamedSections sections, Reading reading)
    {
        if (sections.Find(workload, key) is { } found)
        {
            return found.Value;
        }
        // A section that is missing, and a workload that is none, have been reported as such.
        if (sections.All.Count == 0 || workload.IsEmpty)
        {
            return null;
        }

        if (!workload.Has(key))
        {
            reading.Invalid(
                workload.Begin,
                $"the workload has no {key.Label}, and there is more than one to choose from: {List(sections)}",
                $"Add {key.Label}."
            );
        }
        else if (workload.Get(key) is { } name)
        {
            // To look for what was meant takes long where many workloads name none of many clusters.
            var near = reading.IsFull ? null : NearMiss.Of(name, sections.Names);
            reading.Invalid(
                workload.At(key),
                $"there is no {key.Name} {Quote.Of(name)} under {sections.Key.Label}"
                    + (near is null ? $"; there is {List(sections)}" : $"; did you mean {Quote.Of(near)}?"),
                near is null ? $"Write one of these, or add {Quote.Of(name)} to {sections.Key.Label}." : $"Write {Quote.Of(near)}.",
                near,
                name
            );
        }

        return null;
    }

    private static string List(NamedSections sections) =>
        sections.All.Count <= 5
            ? Quote.All(sections.Names)
            : $"{string.Join(", ", sections.Names.Take(5).Select(Quote.Of))} and {sections.All.Count - 5} more";

    private static void CheckCluster(Fields cluster, Reading reading)
    {
        if (cluster.Get(Keys.Cluster.Access) is ClusterAccess.Google && cluster.Has(Keys.Cluster.Context))
        {
            reading.Invalid(
                cluster.At(Keys.Cluster.Context),
                "\"context\" has no meaning with \"access: google\", which uses no kubeconfig",
                "Remove \"context\", or write \"access: kubeconfig\"."
            );
        }
    }

    private static void CheckAccount(Fields account, Reading reading) =>
        CheckArn(
            account,
            Keys.Account.AssumeRole,
            account,
            "The role to assume must be in the account itself: it is what then manages that account.",
            reading
        );

    private static void CheckWorkload(Entry entry, Reading reading)
    {
        var workload = entry.Fields;
        if (workload.Get(Keys.Workload.Identity) is IdentityKind.Google && !workload.Has(Keys.Workload.GoogleServiceAccount))
        {
            reading.Invalid(
                workload.At(Keys.Workload.Identity),
                "\"identity: google\" needs a \"googleServiceAccount\": it is that account's ID token which AWS is to trust",
                "Add \"googleServiceAccount\", or write \"identity: cluster\"."
            );
        }

        if (entry.Role is not { } role)
        {
            return;
        }

        if (entry.Account is { } account)
        {
            CheckArn(
                role,
                Keys.Role.PermissionsBoundary,
                account,
                "IAM takes a boundary from the role's own account or from AWS (\"aws\").",
                reading
            );
        }

        CheckPolicies(role, entry.Account, reading);
    }

    private static void CheckPolicies(Fields role, Fields? account, Reading reading)
    {
        // Inline policies live by name in one namespace, and so do the files they are rendered to.
        var seen = new Dictionary<string, PolicyReference>(StringComparer.OrdinalIgnoreCase);
        foreach (var policy in role.Get(Keys.Role.Policies) ?? [])
        {
            var at = new Position(policy.Location.Line, policy.Location.Column);
            var name = policy switch
            {
                PolicyReference.Template template => template.Name,
                PolicyReference.File file => file.Name,
                PolicyReference.Managed managed => managed.Arn,
                _ => throw new InvalidOperationException($"Unknown kind of policy {policy.GetType().Name}."),
            };
            if (seen.TryGetValue(name, out var first))
            {
                reading.Invalid(
                    at,
                    $"the policy {Quote.Of(name)} is given twice; the first is at line {first.Location.Line}, column {first.Location.Column}",
                    "Keep one of the two; a role has one policy of a name."
                );
            }
            else
            {
                seen.Add(name, policy);
            }

            if (policy is PolicyReference.Managed { Arn: var arn } && account is not null)
            {
                CheckArn(arn, at, account, "IAM attaches managed policies of the role's own account or of AWS (\"aws\").", reading);
            }
        }
    }

    private static void CheckArn(Fields fields, Key<string> key, Fields account, string reason, Reading reading)
    {
        if (fields.Get(key) is { } arn)
        {
            CheckArn(arn, fields.At(key), account, reason, reading);
        }
    }

    /// <summary>Holds an ARN to the account and partition in which it is used.</summary>
    private static void CheckArn(string arn, Position at, Fields account, string reason, Reading reading)
    {
        // arn:PARTITION:iam::ACCOUNT:KIND/NAME
        var parts = arn.Split(':');
        if (
            account.Get(Keys.Account.Region) is { } region
            && new Account("", "", region).Partition is var partition
            && parts[1] != partition
        )
        {
            parts[1] = partition;
            reading.Add(
                FindingCodes.AwsIdentifierInvalid,
                at,
                $"{Quote.Of(arn)} is an ARN of another partition than {Quote.Of(partition)}, that of the account's region {region}",
                $"Write {Quote.Of(string.Join(':', parts))}.",
                string.Join(':', parts),
                arn
            );
        }
        else if (account.Get(Keys.Account.Id) is { } id && parts[4] != "aws" && parts[4] != id)
        {
            reading.Add(
                FindingCodes.AwsIdentifierInvalid,
                at,
                $"{Quote.Of(arn)} belongs to the account {parts[4]}, not to {id}",
                reason,
                id,
                parts[4]
            );
        }
    }
}
