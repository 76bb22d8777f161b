using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Findings;
using Federation.Planning;

namespace Federation.Reporting;

/// <summary>
/// The fold of a run's events: what the report says, however the run ends. Linear in workloads, steps and findings.
/// </summary>
/// <param name="target">The target that the report is about.</param>
/// <param name="cloud"><c>live</c> or <c>sandbox</c>.</param>
public sealed class RunRecord(string target, string cloud, TimeProvider time) : IRunObserver
{
    private readonly long _started = time.GetTimestamp();
    private readonly List<Phase> _phases = [];
    private readonly DistinctFindings _findings = new();
    private readonly Dictionary<string, WorkloadRecord> _workloads = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<string>> _workloadsByResource = new(StringComparer.Ordinal);
    private readonly Dictionary<StepId, StepState> _states = [];
    private IReadOnlyList<Workload> _selected = [];
    private IReadOnlyList<Step> _steps = [];
    private IReadOnlyDictionary<string, string> _overrides = new SortedDictionary<string, string>(StringComparer.Ordinal);
    private Outcome _reached = Outcome.Rendered;
    private string? _evidence;
    private RunEvent.PlanSaved? _plan;
    private bool _isApplied;

    /// <summary>Every finding so far, each once, in the order they were found: the first error is the root cause.</summary>
    public IReadOnlyList<Finding> Findings =>
        [.. _findings.List.Concat(_selected.SelectMany(workload => _workloads[workload.Name].Findings.List)).Distinct()];

    /// <summary>The exit code of the run so far.</summary>
    public int ExitCode =>
        ExitCodes.For(Findings) is var code and not ExitCodes.Done ? code
        : _reached == Outcome.Drifted ? ExitCodes.No
        : ExitCodes.Done;

    /// <inheritdoc/>
    public void On(RunEvent happened)
    {
        switch (happened)
        {
            case RunEvent.Opened opened:
                Select(opened.Selected);
                break;
            case RunEvent.EvidenceOpened opened:
                Select(opened.Selected);
                break;
            case RunEvent.Found found:
                Add(found.Findings);
                break;
            case RunEvent.PhaseEnded ended:
                _phases.Add(new Phase(ended.Phase, (long)ended.Elapsed.TotalMilliseconds));
                break;
            case RunEvent.Reached reached:
                _reached = reached.Outcome;
                break;
            case RunEvent.EndpointsOverridden endpoints:
                _overrides = endpoints.Overrides;
                break;
            case RunEvent.PlanMade made:
                _steps = made.Plan.Steps;
                foreach (var step in _steps)
                {
                    _workloadsByResource[step.Resource.Value] = step.Workloads;
                }

                break;
            case RunEvent.PlanSaved saved:
                _plan = saved;
                break;
            case RunEvent.ApplyStarted:
                _isApplied = true;
                break;
            case RunEvent.StepProgressed(var progress):
                _states[progress.Step.Id] = progress.State;
                break;
            case RunEvent.ApplyEnded ended:
                foreach (var progress in ended.Steps)
                {
                    _states[progress.Step.Id] = progress.State;
                }

                break;
            case RunEvent.GateSkipped skipped:
                Add(skipped.Workload, skipped.Diagnosis);
                break;
            case RunEvent.GateRefused refused:
                Add(refused.Workload, refused.Diagnosis);
                break;
            case RunEvent.GateEnded ended:
                // What a pod has proved does not need to be read.
                Add(ended.Workload, ended.Result.Passed ? ended.Result.Diagnosis.WithoutUnread() : ended.Result.Diagnosis);
                var record = _workloads[ended.Workload.Name];
                record.Gate = ended.Result;
                record.Phases.Add(new Phase(RunPhase.Verify, (long)ended.Elapsed.TotalMilliseconds));
                break;
            case RunEvent.Diagnosed diagnosed:
                Add(diagnosed.Evidence.Workload, diagnosed.Diagnosis);
                break;
            case RunEvent.TokensCompared compared:
                Add(compared.Workload, compared.Diagnosis);
                break;
            case RunEvent.EvidenceSaved saved:
                _evidence = saved.Path;
                break;
        }
    }

    /// <summary>How far a run came that was ended early, in a sentence for each part of it that had begun; empty if none had.</summary>
    public string WhatWasReached
    {
        get
        {
            if (!_isApplied)
            {
                return "";
            }

            var states = _steps.Where(step => step.Writes).ToLookup(StateOf);
            var done = states[ChangeState.Done].Count() + states[ChangeState.Kept].Count();
            var changes =
                $"Changes: {done} of {states.Sum(state => state.Count())} done, "
                + $"{states[ChangeState.Failed].Count()} under way or failed, {states[ChangeState.NotReached].Count()} not reached.";
            var proved = _selected.Count(workload => _workloads[workload.Name].Gate is { Passed: true });
            return $"{changes} Workloads proved: {proved} of {_selected.Count}.";
        }
    }

    /// <param name="isInterrupted">The run was ended from outside.</param>
    /// <param name="calls">Calls made, by cloud.</param>
    public Report ToReport(bool isInterrupted, IReadOnlyDictionary<string, int> calls)
    {
        var isStopped = _findings.List.Exists(IsError);
        var changes = _steps
            .SelectMany(step => step.Workloads.Select(workload => (workload, Change: ReportedChange.From(step, StateOf(step)))))
            .ToLookup(pair => pair.workload, pair => pair.Change, StringComparer.Ordinal);
        return new Report
        {
            Target = target,
            Cloud = cloud,
            Outcome =
                isInterrupted ? Outcome.Interrupted
                : Findings.FirstOrDefault(IsError) is { } root ? OutcomeOf(root)
                : _reached,
            DurationMilliseconds = (long)time.GetElapsedTime(_started).TotalMilliseconds,
            Calls = calls,
            Endpoints = _overrides,
            Evidence = _evidence,
            Plan = _plan?.Path,
            PlanChecksum = _plan?.Checksum,
            Findings = [.. _findings.List.Select(ReportedFinding.From)],
            Phases = [.. _phases],
            Changes =
            [
                .. _steps
                    .Where(step => !step.Workloads.Any(_workloads.ContainsKey))
                    .Select(step => ReportedChange.From(step, StateOf(step))),
            ],
            Workloads = [.. _selected.Select(workload => ToReport(workload, [.. changes[workload.Name]], isInterrupted, isStopped))],
        };
    }

    private static bool IsError(Finding finding) => finding.Severity == Severity.Error;

    private static Outcome OutcomeOf(Finding root) => root.Kind.ExitCode == ExitCodes.Invalid ? Outcome.Invalid : Outcome.Failed;

    private WorkloadReport ToReport(Workload workload, IReadOnlyList<ReportedChange> changes, bool isInterrupted, bool isStopped)
    {
        var record = _workloads[workload.Name];
        return new WorkloadReport
        {
            Name = workload.Name,
            Outcome =
                record.Findings.List.Exists(IsError) ? Outcome.Failed
                : record.Gate is not null ? Outcome.Verified
                : isInterrupted ? Outcome.Interrupted
                : isStopped || _reached == Outcome.Verified ? Outcome.Skipped
                : _reached,
            RoleArn = workload.RoleArn,
            ProviderArn = workload.ProviderArn,
            Issuer = workload.Cluster.Issuer,
            Subject = workload.Subject,
            Audience = workload.Audience,
            AssumedRoleArn = record.Gate?.AssumedRoleArn,
            Changes = changes,
            Chain = record.Diagnosis?.Chain ?? [],
            Findings = [.. record.Findings.List.Select(ReportedFinding.From)],
            Phases = [.. record.Phases],
        };
    }

    private ChangeState StateOf(Step step) =>
        !_isApplied || step.Reason == StepReason.SuppressedByMode
            ? ChangeState.Planned
            : _states.GetValueOrDefault(step.Id) switch
            {
                StepState.Done => ChangeState.Done,
                StepState.Kept => ChangeState.Kept,
                // If the run ends during a step, its result is unknown.
                StepState.Failed or StepState.Running => ChangeState.Failed,
                _ => step.Writes ? ChangeState.NotReached : ChangeState.Done,
            };

    private void Select(IReadOnlyList<Workload> selected)
    {
        _selected = selected;
        foreach (var workload in selected)
        {
            _workloads.TryAdd(workload.Name, new WorkloadRecord());
        }

        foreach (var sharing in selected.GroupBy(workload => workload.RoleArn, StringComparer.Ordinal))
        {
            _workloadsByResource[sharing.Key] = [.. sharing.Select(workload => workload.Name)];
        }
    }

    /// <summary>Lists findings under the workloads whose resource they name, or else under the run.</summary>
    private void Add(IReadOnlyList<Finding> findings)
    {
        foreach (var finding in findings)
        {
            var concerned =
                finding.Resource is { } resource && _workloadsByResource.TryGetValue(resource, out var workloads)
                    ? workloads.Where(_workloads.ContainsKey).ToArray()
                    : [];
            foreach (var workload in concerned)
            {
                _workloads[workload].Findings.Add(finding);
            }

            if (concerned.Length == 0)
            {
                _findings.Add(finding);
            }
        }
    }

    private void Add(Workload workload, WorkloadDiagnosis diagnosis)
    {
        var record = _workloads[workload.Name];
        record.Diagnosis = diagnosis;
        foreach (var finding in diagnosis.Findings)
        {
            record.Findings.Add(finding);
        }
    }

    /// <summary>What is known of one workload; if it was diagnosed several times, the last chain counts.</summary>
    private sealed class WorkloadRecord
    {
        public DistinctFindings Findings { get; } = new();

        public List<Phase> Phases { get; } = [];

        public GateResult? Gate { get; set; }

        public WorkloadDiagnosis? Diagnosis { get; set; }
    }

    /// <summary>Findings in the order they were found, each once.</summary>
    private sealed class DistinctFindings
    {
        private readonly HashSet<Finding> _seen = [];

        public List<Finding> List { get; } = [];

        public void Add(Finding finding)
        {
            if (_seen.Add(finding))
            {
                List.Add(finding);
            }
        }
    }
}
