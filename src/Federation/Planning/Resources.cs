using Federation.Findings;
using Federation.Resources;

namespace Federation.Planning;

/// <summary>What may be done about a resource that exists without this federation's mark.</summary>
public enum ForeignResource
{
    /// <summary>It is used; only what is ours in it is changed.</summary>
    Use,

    /// <summary>It stops everything (FED8009) unless it is adopted.</summary>
    Refuse,
}

/// <summary>
/// A resource as it should be. A cloud derives one record per kind, carrying what it needs to write it; planning
/// looks only at what is here.
/// </summary>
public abstract record DesiredResource(ResourceId Id)
{
    /// <summary>The desired state; compared with <see cref="Observation.Fields"/>.</summary>
    public abstract Fields Fields { get; }

    /// <summary>What must exist before this one is written.</summary>
    public IReadOnlyList<ResourceId> DependsOn { get; init; } = [];

    /// <summary>The names of the workloads that need it.</summary>
    public IReadOnlyList<string> Workloads { get; init; } = [];

    /// <summary>Owned elsewhere: read and checked, never written.</summary>
    public bool Existing { get; init; }

    /// <summary>Take it over if it exists without our mark. Only <see cref="Planner.WithAdoption"/> decides this.</summary>
    public bool Adopt { get; init; }

    public ForeignResource Foreign { get; init; } = ForeignResource.Use;

    /// <summary>
    /// How it comes to be as it should without a moment in which neither the old access nor the new one is valid. Null where no
    /// old access of ours stands, as on most resources most of the time.
    /// </summary>
    /// <param name="observed">It as it is, with our mark.</param>
    public virtual Move? MoveFrom(Observation observed) => null;

    /// <summary>The finding code for its absence if it is declared as existing, such as FED4001 for a role.</summary>
    public abstract string MissingCode { get; }
}

/// <summary>A resource that has its old access and its new one for a time.</summary>
/// <param name="Both">The resource as it should be meanwhile.</param>
/// <param name="Observed">The observation of it, once it is so.</param>
public sealed record Move(DesiredResource Both, Observation Observed);

/// <summary>
/// A resource as it is. <see cref="Fields"/> holds only what the desired resource manages (another owner's
/// labels, statements and bindings are left out), or null if the resource is absent.
/// </summary>
public record Observation(ResourceId Id, Fields? Fields)
{
    /// <summary>It carries this federation's mark.</summary>
    public bool Ours { get; init; }

    /// <summary>Who made it instead, by its mark, as the rest of a sentence about it; null: its marks do not say.</summary>
    public string? OtherOwner { get; init; }

    /// <summary>
    /// Fields written only on create and never compared, such as the issuer's certificate thumbprint, which can only be
    /// read while the resource is absent.
    /// </summary>
    public Fields Initial { get; init; } = Fields.Empty;

    /// <summary>Findings that do not depend on the plan, such as a cluster that was recreated (FED2008).</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>Why it may not be changed unless it is adopted, such as a field that another manager owns (FED8009).</summary>
    public IReadOnlyList<Finding> Conflicts { get; init; } = [];

    /// <summary>The workloads that it was created for, by its mark; empty if the mark does not say.</summary>
    public IReadOnlyList<string> Workloads { get; init; } = [];

    /// <summary>
    /// The clusters that it was made for, as <c>projects/P/locations/L/clusters/C</c>, where its mark or its name says so.
    /// </summary>
    public IReadOnlyList<string> Clusters { get; init; } = [];

    /// <summary>What it depends on; it is deleted before any of them.</summary>
    public IReadOnlyList<ResourceId> DependsOn { get; init; } = [];
}
