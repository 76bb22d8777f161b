namespace Federation.Sandbox.Aws;

/// <summary>The IAM entities of one account. Entities are immutable; hold <see cref="Gate"/> to read or write the maps.</summary>
internal sealed class AwsAccount(string id, string region, string partition)
{
    public string Id => id;

    public string Region => region;

    public string Partition => partition;

    public Lock Gate { get; } = new();

    /// <summary>By name; names are unique ignoring case.</summary>
    public SortedDictionary<string, IamRole> Roles { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>By ARN. It contains the URL, whose case matters.</summary>
    public SortedDictionary<string, IamProvider> Providers { get; } = new(StringComparer.Ordinal);

    /// <summary>Customer managed policies, by ARN.</summary>
    public SortedDictionary<string, IamPolicy> Policies { get; } = new(StringComparer.Ordinal);

    /// <summary>The same entities, in maps of their own.</summary>
    public AwsAccount Copy()
    {
        var copy = new AwsAccount(id, region, partition);
        Fill(copy.Roles, Roles);
        Fill(copy.Providers, Providers);
        Fill(copy.Policies, Policies);
        return copy;

        static void Fill<T>(SortedDictionary<string, T> copy, SortedDictionary<string, T> entities)
        {
            foreach (var (key, entity) in entities)
            {
                copy.Add(key, entity);
            }
        }
    }

    public string RoleArn(string path, string name) => $"arn:{partition}:iam::{id}:role{path}{name}";

    public string PolicyArn(string path, string name) => $"arn:{partition}:iam::{id}:policy{path}{name}";

    public string ProviderArn(string url) => $"arn:{partition}:iam::{id}:oidc-provider/{url}";

    /// <summary>A managed policy of this account or of AWS, or null.</summary>
    public IamPolicy? FindPolicy(string arn) => Policies.GetValueOrDefault(arn) ?? AwsManagedPolicies.Find(arn);
}

internal sealed record IamTag(string Key, string Value);

internal sealed record IamRole
{
    public required string Name { get; init; }

    public required string Path { get; init; }

    public required string Id { get; init; }

    public required string Arn { get; init; }

    public required DateTimeOffset Created { get; init; }

    public string? Description { get; init; }

    public int MaxSessionDuration { get; init; } = 3600;

    public string? PermissionsBoundary { get; init; }

    /// <summary>The trust policy as it was sent, character by character.</summary>
    public required string TrustPolicy { get; init; }

    public required DateTimeOffset TrustChanged { get; init; }

    /// <summary>The trust policy before the last change: STS sees it until the change has propagated.</summary>
    public string? FormerTrustPolicy { get; init; }

    /// <summary>Inline policies by name, character by character as they were sent.</summary>
    public IReadOnlyDictionary<string, string> InlinePolicies { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>ARNs of managed policies, in the order of attachment.</summary>
    public IReadOnlyList<string> AttachedPolicies { get; init; } = [];

    public IReadOnlyList<IamTag> Tags { get; init; } = [];

    public (DateTimeOffset Time, string Region)? LastUsed { get; init; }

    /// <summary>The trust policy that STS sees; null while it does not see the role at all.</summary>
    /// <param name="propagation">How long a change takes to reach STS.</param>
    public string? TrustSeenAt(DateTimeOffset now, TimeSpan propagation) =>
        now - TrustChanged >= propagation ? TrustPolicy : FormerTrustPolicy;

    public IamRole WithTrust(string policy, DateTimeOffset now, TimeSpan propagation) =>
        this with
        {
            FormerTrustPolicy = TrustSeenAt(now, propagation),
            TrustPolicy = policy,
            TrustChanged = now,
        };
}

/// <summary>An IAM OIDC provider; <paramref name="Url"/> without <c>https://</c>.</summary>
internal sealed record IamProvider(string Arn, string Url, DateTimeOffset Created)
{
    public IReadOnlyList<string> ClientIds { get; init; } = [];

    public IReadOnlyList<string> Thumbprints { get; init; } = [];

    public IReadOnlyList<IamTag> Tags { get; init; } = [];
}

internal sealed record IamPolicy(string Arn, string Name, string Path, string Id, string Document, DateTimeOffset Created)
{
    public string? Description { get; init; }

    public IReadOnlyList<IamTag> Tags { get; init; } = [];
}
