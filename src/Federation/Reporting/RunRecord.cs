using System.Collections.Concurrent;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Findings;
using Federation.Planning;

namespace Federation.Reporting;

/// <summary>
/// What happens in a run, noted as it happens and made a <see cref="Report"/> of at the end, however it ends.
/// Workloads may be noted from several threads at once.
/// </summary>
/// <param name="advise">Gives a finding the fix that holds in the place of the run.</param>
public sealed class RunRecord(string target, string cloud, TimeProvider time, Func<Finding, Finding> advise)
{
    private readonly long _started = time.GetTimestamp();
    private readonly List<Phase> _phases = [];
    private readonly List<Finding> _findings = [];
    private readonly List<Step> _changes = [];
    private readonly ConcurrentDictionary<string, GateResult> _gates = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, WorkloadDiagnosis> _diagnoses = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, List<Finding>> _workloadFindings = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, List<Phase>> _workloadPhases = new(StringComparer.Ordinal);

    /// <summary>The workloads that this run is about.</summary>
    public IReadOnlyList<Workload> Workloads { get; set; } = [];

    /// <summary>Where the evidence was saved.</summary>
    public string? Evidence { get; set; }

    /// <summary>Every finding so far, in the order they were met: the first error is the root cause.</summary>
    public IReadOnlyList<Finding> Findings =>
        [.. _findings, .. Workloads.SelectMany(workload => _workloadFindings.GetValueOrDefault(workload.Name) ?? [])];

    public IReadOnlyList<Phase> Phases => _phases;

    public IReadOnlyList<Step> Changes => _changes;

    public GateResult? GateOf(Workload workload) => _gates.GetValueOrDefault(workload.Name);

    public TimeSpan Elapsed => time.GetElapsedTime(_started);

    /// <summary>Times a phase of the whole run.</summary>
    public async Task<T> PhaseAsync<T>(string name, Func<Task<T>> run)
    {
        var started = time.GetTimestamp();
        try
        {
            return await run();
        }
        finally
        {
            _phases.Add(new Phase(name, (long)time.GetElapsedTime(started).TotalMilliseconds));
        }
    }

    /// <summary>Notes findings under the workloads whose resource they name, and at the top otherwise.</summary>
    public void Note(IEnumerable<Finding> findings)
    {
        foreach (var finding in findings.Select(advise))
        {
            var concerned = Workloads.Where(workload => Concerns(finding, workload)).ToArray();
            if (concerned.Length == 0)
            {
                _findings.Add(finding);
            }

            foreach (var workload in concerned)
            {
                Of(workload).Add(finding);
            }
        }
    }

    public void NotePlan(Plan plan)
    {
        _changes.AddRange(plan.Steps);
        Note(plan.Findings);
    }

    public void NoteGate(Workload workload, GateResult result, TimeSpan elapsed)
    {
        _gates[workload.Name] = result;
        // What a pod has proved needs no reading any more.
        NoteDiagnosis(workload, result.Passed ? result.Diagnosis.OfSeen() : result.Diagnosis);
        _workloadPhases.GetOrAdd(workload.Name, _ => []).Add(new Phase("Verify", (long)elapsed.TotalMilliseconds));
    }

    /// <summary>Notes what a workload's evidence showed; of several diagnoses the last one's chain counts.</summary>
    public void NoteDiagnosis(Workload workload, WorkloadDiagnosis diagnosis)
    {
        _diagnoses[workload.Name] = diagnosis;
        var findings = Of(workload);
        findings.AddRange(diagnosis.Findings.Select(advise).Except(findings).ToArray());
    }

    public WorkloadDiagnosis? DiagnosisOf(Workload workload) => _diagnoses.GetValueOrDefault(workload.Name);

    /// <param name="reached">What a workload with no error came to.</param>
    /// <param name="interrupted">The run was ended from outside.</param>
    /// <param name="calls">Calls made, by cloud.</param>
    /// <param name="endpoints">Every overridden endpoint.</param>
    public Report ToReport(
        Outcome reached,
        bool interrupted,
        IReadOnlyDictionary<string, int> calls,
        IReadOnlyDictionary<string, string> endpoints
    )
    {
        var stopped = _findings.Any(IsError);
        var outcome =
            interrupted ? Outcome.Interrupted
            : Findings.FirstOrDefault(IsError) is { } root
                ? root.Kind.ExitCode == ExitCodes.Invalid ? Outcome.Invalid
                    : Outcome.Failed
            : reached;
        return new Report
        {
            Target = target,
            Cloud = cloud,
            Outcome = outcome,
            DurationMilliseconds = (long)Elapsed.TotalMilliseconds,
            Calls = calls,
            Endpoints = endpoints,
            Evidence = Evidence,
            Findings = [.. _findings.Select(ReportedFinding.From)],
            Phases = [.. _phases],
            Workloads = [.. Workloads.Select(workload => Of(workload, reached, interrupted, stopped))],
        };
    }

    private static bool IsError(Finding finding) => finding.Severity == Severity.Error;

    private WorkloadReport Of(Workload workload, Outcome reached, bool interrupted, bool stopped)
    {
        var findings = _workloadFindings.GetValueOrDefault(workload.Name) ?? [];
        var gate = _gates.GetValueOrDefault(workload.Name);
        return new WorkloadReport
        {
            Name = workload.Name,
            Outcome =
                findings.Any(IsError) ? Outcome.Failed
                : gate is null && interrupted ? Outcome.Interrupted
                : gate is null && (stopped || reached == Outcome.Verified) ? Outcome.Skipped
                : reached,
            RoleArn = workload.RoleArn,
            ProviderArn = workload.ProviderArn,
            Issuer = workload.Cluster.Issuer,
            Subject = workload.Subject,
            Audience = workload.Audience,
            AssumedRoleArn = gate?.AssumedRoleArn,
            Changes =
            [
                .. _changes.Where(change => change.Workloads.Contains(workload.Name, StringComparer.Ordinal)).Select(ReportedChange.From),
            ],
            Chain = DiagnosisOf(workload)?.Chain ?? [],
            Findings = [.. findings.Select(ReportedFinding.From)],
            Phases = [.. _workloadPhases.GetValueOrDefault(workload.Name) ?? []],
        };
    }

    private List<Finding> Of(Workload workload) => _workloadFindings.GetOrAdd(workload.Name, _ => []);

    private bool Concerns(Finding finding, Workload workload) =>
        finding.Resource is { } resource
        && (
            resource == workload.RoleArn
            || _changes.Any(change => change.Resource.Value == resource && change.Workloads.Contains(workload.Name, StringComparer.Ordinal))
        );
}
