using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Planning;
using Federation.Reporting;
using Federation.Templates;

namespace Federation.Runs;

/// <summary>How a stage ended: with its value, or stopped by an error among its findings.</summary>
/// <param name="Value">Null exactly if the stage, or one before it, was stopped.</param>
/// <param name="Findings">What the stage found, or what stopped the stage before it.</param>
public sealed record StageResult<T>(T? Value, IReadOnlyList<Finding> Findings)
    where T : class
{
    /// <summary>The stage after this one, which this one stopped.</summary>
    internal StageResult<TNext> Stopped<TNext>()
        where TNext : class => new(null, Findings);
}

/// <summary>The configuration was read and the workloads selected.</summary>
/// <param name="Digest">The digest of the configuration's text.</param>
/// <param name="Selected">The workloads that the run is about.</param>
public sealed record Opened(
    ConfigurationFile File,
    string Digest,
    FederationConfiguration Configuration,
    IReadOnlyList<Workload> Selected,
    TemplateSet Templates
)
{
    /// <summary>The names of <see cref="Selected"/>.</summary>
    public IReadOnlySet<string> SelectedNames { get; } = Selected.Select(workload => workload.Name).ToHashSet(StringComparer.Ordinal);
}

/// <summary>The documents were rendered, and those of the selected workloads written.</summary>
/// <param name="Documents">The documents of every workload of the federation, in its order; empty where no stage needs them.</param>
public sealed record Rendered(Opened Opened, IReadOnlyList<RenderedWorkload> Documents);

/// <summary>The documents were compared with what is live.</summary>
public sealed record Planned(Rendered Rendered, Session Session, Plan Plan);

/// <summary>The plan was carried out, but for what waits for the gate.</summary>
/// <param name="Steps">All steps of the plan.</param>
/// <param name="At">When the last step ended, as a timestamp of the run's clock.</param>
public sealed record Applied(Planned Planned, IReadOnlyList<StepProgress> Steps, long At)
{
    /// <summary>The workloads whose role or provider was written: STS may not see it yet.</summary>
    public IReadOnlySet<string> Written { get; } =
        Steps
            .Where(progress => progress is { State: StepState.Done, Step: { Writes: true, Resource.Cloud: "aws" } })
            .SelectMany(progress => progress.Step.Workloads)
            .ToHashSet(StringComparer.Ordinal);
}

/// <summary>Every selected workload passed the gate, and what waited for it was carried out.</summary>
public sealed record Proved(IReadOnlyList<Proof> Proofs);

/// <summary>How the gate ended for one workload.</summary>
/// <param name="Evidence">The workload's, with that of its pod.</param>
public sealed record Proof(WorkloadEvidence Evidence, bool Passed);

/// <summary>The evidence was read.</summary>
/// <param name="Taken">When: the moment that a judgement takes for now.</param>
public sealed record Read(IReadOnlyList<WorkloadEvidence> Evidence, DateTimeOffset Taken);

/// <summary>The evidence, or a text, was judged, and nothing is wrong.</summary>
public sealed record Diagnosed;

/// <summary>The report of a run, and where it was written.</summary>
public sealed record WrittenReport(Report Report, string Path);
