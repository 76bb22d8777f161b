using System.Collections.Immutable;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Planning;

namespace Federation.Reporting;

/// <summary>
/// Something that happened in a run. The report is the fold of these (<see cref="RunRecord"/>); consoles and agents of
/// continuous integration show them. Events about workloads may come from several threads at once.
/// </summary>
public abstract record RunEvent
{
    /// <summary>The configuration was read.</summary>
    /// <param name="Source">Its path, as findings show it.</param>
    /// <param name="IsExample">It is the bundled example, because no configuration was given.</param>
    /// <param name="Selected">The workloads that the run is about.</param>
    /// <param name="Configured">How many workloads the configuration has.</param>
    public sealed record Opened(string Source, bool IsExample, IReadOnlyList<Workload> Selected, int Configured) : RunEvent;

    /// <summary>Saved evidence was read in place of the clouds.</summary>
    public sealed record EvidenceOpened(string Path, DateTimeOffset Taken, IReadOnlyList<Workload> Selected) : RunEvent;

    /// <summary>A stage found something. Without a workload it belongs to those whose resource it names, if any.</summary>
    public sealed record Found(IReadOnlyList<Finding> Findings) : RunEvent;

    /// <summary>An exception that is not a finding; <see cref="Found"/> has it as a finding.</summary>
    public sealed record Threw(Exception Exception) : RunEvent;

    /// <summary>A phase of the whole run ended.</summary>
    public sealed record PhaseEnded(RunPhase Phase, TimeSpan Elapsed) : RunEvent;

    /// <summary>A stage was completed: the outcome of the run so far.</summary>
    public sealed record Reached(Outcome Outcome) : RunEvent;

    /// <summary>The documents of the selected workloads were written, and what the runner must be allowed to do.</summary>
    public sealed record DocumentsWritten(int Workloads, int Files, string Folder, string RunnerFolder) : RunEvent;

    /// <summary>The clouds are known; these of their addresses are overridden.</summary>
    public sealed record EndpointsOverridden(ImmutableSortedDictionary<string, string> Overrides) : RunEvent;

    /// <summary>The plan was made.</summary>
    public sealed record PlanMade(Plan Plan) : RunEvent;

    /// <summary>The plan was written to a file, to be reviewed.</summary>
    /// <param name="Checksum">The SHA-256 of the file, in hexadecimal digits.</param>
    public sealed record PlanSaved(string Path, string Checksum) : RunEvent;

    /// <summary>
    /// These steps of the plan are being carried out; a <see cref="StepProgressed"/> follows for each of them that writes, as it
    /// begins and ends. What waits for the gate begins after it.
    /// </summary>
    public sealed record ApplyStarted(IReadOnlyList<Step> Steps) : RunEvent;

    public sealed record StepProgressed(StepProgress Progress) : RunEvent;

    /// <summary>The plan was carried out as far as it could be so far: one entry for each of its steps.</summary>
    public sealed record ApplyEnded(IReadOnlyList<StepProgress> Steps) : RunEvent;

    /// <summary>No validation pod is created, because the evidence shows that it would fail.</summary>
    public sealed record GateSkipped(Workload Workload, WorkloadDiagnosis Diagnosis) : RunEvent;

    /// <summary>The gate could not start.</summary>
    public sealed record GateRefused(Workload Workload, WorkloadDiagnosis Diagnosis) : RunEvent;

    public sealed record GateStarted(Workload Workload, string Pod) : RunEvent;

    /// <summary>The validation pod wrote a line.</summary>
    public sealed record PodLogged(Workload Workload, string Line) : RunEvent;

    /// <param name="Done">How many workloads the gate has finished with, this one included.</param>
    public sealed record GateEnded(Workload Workload, string Pod, GateResult Result, TimeSpan Elapsed, int Done) : RunEvent;

    /// <summary>A workload's evidence was judged.</summary>
    public sealed record Diagnosed(WorkloadEvidence Evidence, WorkloadDiagnosis Diagnosis) : RunEvent;

    /// <summary>An error text was explained; without findings no known error was found in it.</summary>
    public sealed record TextExplained(IReadOnlyList<Finding> Findings) : RunEvent;

    /// <summary>A workload's tokens were compared with what AWS expects; the list is empty if none were found.</summary>
    public sealed record TokensCompared(
        Workload Workload,
        IReadOnlyList<(TokenEvidence Token, IReadOnlyList<ClaimLine> Lines)> Tokens,
        WorkloadDiagnosis Diagnosis
    ) : RunEvent;

    public sealed record EvidenceSaved(string Path) : RunEvent;

    /// <summary>The sandbox answers on every port.</summary>
    /// <param name="EnvironmentFile">The file that a shell sources.</param>
    public sealed record SandboxReady(string EnvironmentFile) : RunEvent;

    public sealed record SandboxStopped : RunEvent;

    /// <summary>The run has ended, and its report is written.</summary>
    public sealed record Ended(Report Report, string ReportPath) : RunEvent;
}

/// <summary>Receives the events of a run.</summary>
public interface IRunObserver
{
    /// <summary>Called in the order of events, from one thread at a time.</summary>
    void On(RunEvent happened);
}
