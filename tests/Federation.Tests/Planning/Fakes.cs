using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;

namespace Federation.Tests.Planning;

internal sealed record FakeResource(ResourceId Id, Fields State) : DesiredResource(Id)
{
    public override Fields Fields => State;

    public override string MissingCode => FindingCodes.RoleMissing;

    /// <summary>A live <c>trust[…]</c> that is no longer desired is old access, as long as a new one is desired.</summary>
    public override Move? MoveFrom(Observation observed)
    {
        var live = observed.Fields ?? Fields.Empty;
        var old = live.Values.Where(field => IsTrust(field.Key) && !State.Values.ContainsKey(field.Key)).ToArray();
        if (old.Length == 0 || !State.Values.Keys.Any(IsTrust))
        {
            return null;
        }

        var both = old.Aggregate(State, (fields, field) => fields.With(field.Key, field.Value));
        return new Move(this with { State = both }, observed with { Fields = both });

        static bool IsTrust(string path) => path.StartsWith("trust[", StringComparison.Ordinal);
    }
}

/// <summary>A cloud that is a dictionary: what was applied is read afterwards.</summary>
internal sealed class FakeCloud(string name, IReadOnlyList<FakeResource> desired) : ICloud, IClusterDirectory
{
    public ConcurrentDictionary<ResourceId, Fields> Live { get; init; } = new();

    /// <summary>What each of ours depends on.</summary>
    public Dictionary<ResourceId, IReadOnlyList<ResourceId>> Dependencies { get; } = [];

    public ConcurrentQueue<ResourceId> Writes { get; } = new();

    public IReadOnlyList<Finding> Confirmation { get; init; } = [];

    /// <summary>What others use, so that it is not deleted.</summary>
    public ISet<ResourceId> Used { get; init; } = new HashSet<ResourceId>();

    public ISet<ResourceId> Refused { get; init; } = new HashSet<ResourceId>();

    /// <summary>What fails in a way that no cloud foresaw.</summary>
    public ISet<ResourceId> Broken { get; init; } = new HashSet<ResourceId>();

    /// <summary>The cloud does not say what is ours.</summary>
    public bool IsListingRefused { get; init; }

    /// <summary>What never answers a write.</summary>
    public ISet<ResourceId> Silent { get; init; } = new HashSet<ResourceId>();

    public string Name => name;

    public int Calls => Writes.Count;

    public IReadOnlyList<DesiredResource> Desire(DesiredInput input) => desired;

    public Task<IReadOnlyList<Finding>> ConfirmAsync(DesiredInput input, CancellationToken cancellationToken) =>
        Task.FromResult(Confirmation);

    public Task<IReadOnlyList<Observation>> ReadAsync(IReadOnlyList<DesiredResource> resources, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Observation>>([
            .. resources.Select(resource => new Observation(resource.Id, Live.GetValueOrDefault(resource.Id)) { Ours = true }),
        ]);

    public async IAsyncEnumerable<Observation> FindOwnedAsync(
        FederationConfiguration configuration,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await Task.CompletedTask;
        if (IsListingRefused)
        {
            throw new FindingException(Refusal(desired[0].Id));
        }

        foreach (var (id, fields) in Live)
        {
            yield return new Observation(id, fields) { Ours = true, DependsOn = Dependencies.GetValueOrDefault(id) ?? [] };
        }
    }

    public async Task ApplyAsync(Step step, CancellationToken cancellationToken)
    {
        if (Silent.Contains(step.Resource))
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        Write(step);
        Live[step.Resource] = step.After!.Fields;
    }

    public Task<Finding?> DeleteAsync(Step step, CancellationToken cancellationToken)
    {
        if (Used.Contains(step.Resource))
        {
            return Task.FromResult<Finding?>(Kept.Because(step.Resource, "others use it"));
        }

        Write(step);
        Live.TryRemove(step.Resource, out _);
        return Task.FromResult<Finding?>(null);
    }

    private void Write(Step step)
    {
        if (Broken.Contains(step.Resource))
        {
            throw new FormatException($"{step.Resource} answered with something else.");
        }

        if (Refused.Contains(step.Resource))
        {
            throw new FindingException(Refusal(step.Resource));
        }

        Writes.Enqueue(step.Resource);
    }

    public Task<IReadOnlyDictionary<string, ClusterFacts>> ReadClustersAsync(
        IReadOnlyCollection<Cluster> clusters,
        CancellationToken cancellationToken
    ) => Task.FromResult<IReadOnlyDictionary<string, ClusterFacts>>(new Dictionary<string, ClusterFacts>(StringComparer.Ordinal));

    public Task<string> GetAccessTokenAsync(CancellationToken cancellationToken) =>
        throw new NotSupportedException("No test of planning needs a token.");

    public static Finding Refusal(ResourceId id) =>
        new()
        {
            Code = FindingCodes.AwsPermissionDenied,
            Resource = id.Value,
            Cause = $"{id} is refused.",
            Fix = "Allow it.",
        };
}
