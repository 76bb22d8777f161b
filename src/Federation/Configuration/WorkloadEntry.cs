using Federation.Configuration.Schema;
using Keys = Federation.Configuration.FederationKeys;

namespace Federation.Configuration;

/// <summary>A workload of the file, with the cluster and the account that it names. Null if there is no such one.</summary>
internal sealed record WorkloadEntry(SectionFields Fields, SectionFields? Cluster, SectionFields? Account)
{
    public string? Name => Fields.Get(Keys.Workload.Name);

    public SectionFields? Role => Fields.Get(Keys.Workload.Role);

    public string? RoleName => Role?.Get(Keys.Role.Name);

    public string? AccountId => Account?.Get(Keys.Account.Id);
}
