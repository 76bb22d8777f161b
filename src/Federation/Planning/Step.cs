using Federation.Resources;

namespace Federation.Planning;

/// <summary>When a step of a plan comes: a move first adds the new way, has it proved, and then takes the old one away.</summary>
public enum Stage
{
    /// <summary>It is no part of a move.</summary>
    Plain,

    /// <summary>Adds the new way beside the old one.</summary>
    Widen,

    /// <summary>Proves the new way.</summary>
    Prove,

    /// <summary>Takes the old way away.</summary>
    Narrow,
}

/// <summary>What is done to a resource.</summary>
public enum StepAction
{
    Unchanged,
    Create,
    Update,
    Delete,
}

/// <summary>Why a step does what it does.</summary>
public enum StepReason
{
    /// <summary>What is live is what is desired.</summary>
    Matches,

    /// <summary>The resource is not there.</summary>
    Absent,

    /// <summary>What is live differs from what is desired.</summary>
    Differs,

    /// <summary>It was there without our mark, and every workload that needs it says <c>adopt</c>.</summary>
    Adopted,

    /// <summary>It is listed under <c>existing</c>: read and checked, never written.</summary>
    OwnedElsewhere,

    /// <summary>It is there without our mark, so it is not written.</summary>
    NotOurs,

    /// <summary>It carries our mark, and the configuration no longer has it.</summary>
    NoLongerConfigured,

    /// <summary>The mode of the run keeps it from being written.</summary>
    SuppressedByMode,
}

/// <summary>A step's name in its plan: several steps may concern one resource, each in a stage of its own.</summary>
public readonly record struct StepId(ResourceId Resource, Stage Stage)
{
    public override string ToString() =>
        Stage == Stage.Plain ? Resource.Value : $"{Resource.Value} ({Stage.ToString().ToLowerInvariant()})";
}

/// <summary>One thing to do to one resource.</summary>
public sealed record Step
{
    public required ResourceId Resource { get; init; }

    public Stage Stage { get; init; }

    public required StepAction Action { get; init; }

    public required StepReason Reason { get; init; }

    /// <summary>The resource as it was read. An absent one is observed too, without fields.</summary>
    public required Observation Before { get; init; }

    /// <summary>The resource as it should be; null for a deletion.</summary>
    public required DesiredResource? After { get; init; }

    /// <summary>What differs, in order of the paths.</summary>
    public IReadOnlyList<FieldChange> Fields { get; init; } = [];

    /// <summary>The steps of the same plan that must be done first.</summary>
    public IReadOnlyList<StepId> DependsOn { get; init; } = [];

    public StepId Id => new(Resource, Stage);

    /// <summary>Carrying it out writes.</summary>
    public bool Writes => Action != StepAction.Unchanged && Reason != StepReason.SuppressedByMode;

    /// <summary>The names of the workloads that it is done for: those that need the resource, or once did.</summary>
    public IReadOnlyList<string> Workloads => After?.Workloads ?? Before.Workloads;
}
