using Federation.Resources;

namespace Federation.Planning;

/// <summary>
/// The stage of a step. A move first adds the new access and then, once the gate has proved it, takes the old one away: there is
/// no moment without valid access.
/// </summary>
public enum Stage
{
    /// <summary>It takes no access away that something else takes the place of.</summary>
    Plain,

    /// <summary>Adds the new access beside the old one.</summary>
    Widen,

    /// <summary>Takes the old access away: see <see cref="Narrowing"/> for when.</summary>
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
    /// <summary>The live state is the desired one.</summary>
    Matches,

    /// <summary>The resource does not exist.</summary>
    Absent,

    /// <summary>The live state differs from the desired one.</summary>
    Differs,

    /// <summary>It is the old access of a move, and the new one takes its place.</summary>
    Superseded,

    /// <summary>
    /// It existed without our mark, or with fields of another manager; every workload that needs it says <c>adopt</c>, so it is
    /// taken over.
    /// </summary>
    Adopted,

    /// <summary>It is listed under <c>existing</c>: read and checked, never written.</summary>
    OwnedElsewhere,

    /// <summary>It exists without our mark, so it is not written.</summary>
    NotOurs,

    /// <summary>It has our mark, and is no longer configured.</summary>
    NoLongerConfigured,

    /// <summary>It has our mark, and a workload that stays needs it.</summary>
    StillNeeded,

    /// <summary>The mode of the run does not allow to write it.</summary>
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

    /// <summary>The resource as it should be; null where it is to go, or stays without being compared.</summary>
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
