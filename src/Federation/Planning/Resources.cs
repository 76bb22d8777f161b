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

    /// <summary>What must be there before this one is written.</summary>
    public IReadOnlyList<ResourceId> DependsOn { get; init; } = [];

    /// <summary>The names of the workloads that need it.</summary>
    public IReadOnlyList<string> Workloads { get; init; } = [];

    /// <summary>Owned elsewhere: read and checked, never written.</summary>
    public bool Existing { get; init; }

    /// <summary>Take it over if it is there without our mark.</summary>
    public bool Adopt { get; init; }

    public ForeignResource Foreign { get; init; } = ForeignResource.Use;

    /// <summary>The finding code for its absence where it should exist already, such as FED4001 for a role.</summary>
    public abstract string MissingCode { get; }
}

/// <summary>
/// A resource as it is. <see cref="Fields"/> holds only what the desired resource manages (another owner's
/// labels, statements and bindings are left out), or null if the resource is absent.
/// </summary>
public record Observation(ResourceId Id, Fields? Fields)
{
    /// <summary>It carries this federation's mark.</summary>
    public bool Ours { get; init; }

    /// <summary>
    /// What a create writes beside the desired fields, and nothing compares afterwards: of an absent resource, what
    /// only reading could tell, such as the thumbprint of a provider's issuer.
    /// </summary>
    public Fields Initial { get; init; } = Fields.Empty;

    /// <summary>What reading it brought to light, such as a cluster that was made again (FED2008).</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];
}

public enum ChangeAction
{
    Unchanged,
    Create,
    Update,
    Delete,
}

/// <summary>What would be, or was, done to one resource.</summary>
public sealed record Change(DesiredResource Desired, Observation Observed, ChangeAction Action, IReadOnlyList<FieldChange> Fields);
