using Federation.Configuration.Schema;
using Federation.Configuration.Yaml;
using Federation.Findings;
using Keys = Federation.Configuration.FederationKeys;

namespace Federation.Configuration;

/// <summary>
/// Checks what no single value shows: references, values that contradict each other, and conflicts between workloads. Values
/// that could not be read are skipped, so that one error is not reported twice.
/// </summary>
internal static class ConfigurationRules
{
    public static void Check(SectionFields root, FileReading reading)
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

        var entries = new List<WorkloadEntry>();
        foreach (var workload in root.Get(Keys.Root.Workloads) ?? [])
        {
            var entry = new WorkloadEntry(
                workload,
                Resolve(workload, Keys.Workload.Cluster, clusters, reading),
                Resolve(workload, Keys.Workload.Account, accounts, reading)
            );
            CheckWorkload(entry, reading);
            entries.Add(entry);
        }

        WorkloadConflicts.Check(entries, reading);
    }

    private static SectionFields? Resolve(SectionFields workload, Key<string> key, NamedSections sections, FileReading reading)
    {
        if (sections.Find(workload, key) is { } found)
        {
            return found.Value;
        }
        // A missing section, or a workload that is not a mapping, was reported before.
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
            // A suggestion costs a look at every name: too much for findings that are only counted.
            var near = reading.IsFull ? null : NearMiss.Find(name, sections.Names);
            reading.Invalid(
                workload.At(key),
                $"there is no {key.Name} {PlainText.Quoted(name)} under {sections.Key.Label}"
                    + (near is null ? $"; there is {List(sections)}" : $"; did you mean {PlainText.Quoted(near)}?"),
                near is null
                    ? $"Write one of these, or add {PlainText.Quoted(name)} to {sections.Key.Label}."
                    : $"Write {PlainText.Quoted(near)}.",
                near,
                name
            );
        }

        return null;
    }

    private static string List(NamedSections sections) =>
        sections.All.Count <= 5
            ? PlainText.Quoted(sections.Names)
            : $"{string.Join(", ", sections.Names.Take(5).Select(PlainText.Quoted))} and {sections.All.Count - 5} more";

    private static void CheckCluster(SectionFields cluster, FileReading reading)
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

    private static void CheckAccount(SectionFields account, FileReading reading) =>
        CheckArn(
            account,
            Keys.Account.AssumeRole,
            account,
            "The role to assume must be in the account itself: it is what then manages that account.",
            reading
        );

    private static void CheckWorkload(WorkloadEntry entry, FileReading reading)
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

    private static void CheckPolicies(SectionFields role, SectionFields? account, FileReading reading)
    {
        // The names of a role's inline policies are unique, and so are those of the files they are rendered to, in any case.
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
                    $"the policy {PlainText.Quoted(name)} is given twice; "
                        + $"the first is at line {first.Location.Line}, column {first.Location.Column}",
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

    private static void CheckArn(SectionFields fields, Key<string> key, SectionFields account, string reason, FileReading reading)
    {
        if (fields.Get(key) is { } arn)
        {
            CheckArn(arn, fields.At(key), account, reason, reading);
        }
    }

    /// <summary>Checks that an ARN belongs to the account and the partition in which it is used.</summary>
    private static void CheckArn(string arn, Position at, SectionFields account, string reason, FileReading reading)
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
                $"{PlainText.Quoted(arn)} is an ARN of another partition than {PlainText.Quoted(partition)}, that of the "
                    + $"account's region {region}",
                $"Write {PlainText.Quoted(string.Join(':', parts))}.",
                string.Join(':', parts),
                arn
            );
        }
        else if (account.Get(Keys.Account.Id) is { } id && parts[4] != "aws" && parts[4] != id)
        {
            reading.Add(
                FindingCodes.AwsIdentifierInvalid,
                at,
                $"{PlainText.Quoted(arn)} belongs to the account {parts[4]}, not to {id}",
                reason,
                id,
                parts[4]
            );
        }
    }
}
