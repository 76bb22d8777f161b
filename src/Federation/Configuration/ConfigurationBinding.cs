using Federation.Configuration.Schema;
using Keys = Federation.Configuration.FederationKeys;

namespace Federation.Configuration;

/// <summary>Creates the configuration from what was read. Call it only if there is no error.</summary>
internal static class ConfigurationBinding
{
    public static FederationConfiguration Bind(SectionFields root, FileReading reading)
    {
        var clusterSections = NamedSections.Of(root, Keys.Root.Clusters);
        var accountSections = NamedSections.Of(root, Keys.Root.Accounts);
        var clusters = clusterSections.All.ToDictionary(cluster => cluster.Name, BindCluster, StringComparer.Ordinal);
        var accounts = accountSections.All.ToDictionary(account => account.Name, BindAccount, StringComparer.Ordinal);
        var defaults = root.Get(Keys.Root.Defaults) ?? Absent(Keys.Defaults.Section);
        var workloads = root.Need(Keys.Root.Workloads)
            .Select(workload => new Workload
            {
                Name = workload.Need(Keys.Workload.Name),
                Cluster = clusters[clusterSections.Find(workload, Keys.Workload.Cluster)!.Name],
                Account = accounts[accountSections.Find(workload, Keys.Workload.Account)!.Name],
                Namespace = workload.Need(Keys.Workload.Namespace),
                ServiceAccount = workload.Need(Keys.Workload.ServiceAccount),
                GoogleServiceAccount = workload.Get(Keys.Workload.GoogleServiceAccount),
                Identity = workload.Get(Keys.Workload.Identity),
                Adopt = workload.Get(Keys.Workload.Adopt),
                Existing = (workload.Get(Keys.Workload.Existing) ?? []).Aggregate(ExistingResources.None, (all, one) => all | one),
                Role = BindRole(workload.Need(Keys.Workload.Role)),
                Verify = BindVerification(workload.Get(Keys.Workload.Verify) ?? Absent(Keys.Verify.Section)),
                Audience = defaults.Need(Keys.Defaults.Audience),
                TokenLifetime = defaults.Get(Keys.Defaults.TokenLifetime),
                Location = reading.Locate(workload.Begin),
            });

        return new FederationConfiguration
        {
            Name = root.Need(Keys.Root.Name),
            HasDefaultName = !root.Has(Keys.Root.Name),
            Clusters = [.. clusterSections.All.Select(cluster => clusters[cluster.Name])],
            Accounts = [.. accountSections.All.Select(account => accounts[account.Name])],
            Workloads = Describe([.. workloads]),
            Strict = root.Get(Keys.Root.Strict),
            Sandbox = root.Get(Keys.Root.Sandbox) is { } sandbox ? BindSandbox(sandbox) : new SandboxSettings(),
        };
    }

    /// <summary>A section that is not given: every key has its default.</summary>
    private static SectionFields Absent(Section section) => new(default, section);

    private static Cluster BindCluster(Named<SectionFields> cluster) =>
        new(
            cluster.Name,
            cluster.Value.Need(Keys.Cluster.Project),
            cluster.Value.Need(Keys.Cluster.Location),
            cluster.Value.Need(Keys.Cluster.Name)
        )
        {
            Access = cluster.Value.Get(Keys.Cluster.Access),
            Context = cluster.Value.Get(Keys.Cluster.Context),
        };

    private static Account BindAccount(Named<SectionFields> account) =>
        new(account.Name, account.Value.Need(Keys.Account.Id), account.Value.Need(Keys.Account.Region))
        {
            AssumeRole = account.Value.Get(Keys.Account.AssumeRole),
            Profile = account.Value.Get(Keys.Account.Profile),
            Thumbprint = account.Value.Get(Keys.Account.Thumbprint),
            TrustPolicyLimit = account.Value.Get(Keys.Account.TrustPolicyLimit),
        };

    private static Role BindRole(SectionFields role) =>
        new()
        {
            Name = role.Need(Keys.Role.Name),
            Path = role.Need(Keys.Role.Path),
            Description = role.Get(Keys.Role.Description) ?? "",
            MaxSessionDuration = role.Get(Keys.Role.MaxSessionDuration),
            PermissionsBoundary = role.Get(Keys.Role.PermissionsBoundary),
            Policies = role.Get(Keys.Role.Policies) ?? [],
        };

    private static Verification BindVerification(SectionFields verify) =>
        new()
        {
            Run = verify.Need(Keys.Verify.Run),
            Image = verify.Need(Keys.Verify.Image),
            Timeout = verify.Get(Keys.Verify.Timeout),
            Keep = verify.Get(Keys.Verify.Keep),
        };

    private static SandboxSettings BindSandbox(SectionFields sandbox)
    {
        var absent = new SandboxSettings();
        return new SandboxSettings
        {
            Buckets = sandbox.Get(Keys.Sandbox.Buckets) ?? absent.Buckets,
            Images =
                sandbox.Get(Keys.Sandbox.Images)?.ToDictionary(image => image.Name, image => image.Value, StringComparer.Ordinal)
                ?? absent.Images,
            Latency = sandbox.Get(Keys.Sandbox.Latency),
            // The texts were checked against the faults' pattern before.
            Weather = SandboxWeather.Parse(sandbox.Get(Keys.Sandbox.Faults) ?? []),
            HostAws = sandbox.Get(Keys.Sandbox.Aws),
        };
    }

    /// <summary>
    /// Gives each role without a description one that all workloads sharing it agree on: the one that another of them has, or
    /// one that names the first of them. It does not depend on which workloads are selected.
    /// </summary>
    private static IReadOnlyList<Workload> Describe(IReadOnlyList<Workload> workloads)
    {
        var descriptions = workloads
            .GroupBy(workload => workload.RoleArn, StringComparer.Ordinal)
            .ToDictionary(
                sharers => sharers.Key,
                sharers =>
                    sharers.Select(workload => workload.Role.Description).FirstOrDefault(given => given.Length > 0)
                    ?? DescriptionOf([.. sharers]),
                StringComparer.Ordinal
            );
        return
        [
            .. workloads.Select(workload => workload with { Role = workload.Role with { Description = descriptions[workload.RoleArn] } }),
        ];
    }

    private static string DescriptionOf(IReadOnlyList<Workload> sharers)
    {
        var first = sharers.Select(workload => workload.Name).Order(StringComparer.Ordinal).First();
        return sharers.Count == 1
            ? $"Assumed by the GKE workload {first} with its own token"
            : $"Assumed by the GKE workload {first} and {sharers.Count - 1} more with their own tokens";
    }
}
