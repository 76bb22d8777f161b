using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Templates;

namespace Federation.Planning;

/// <summary>What the gate is to prove, and how patient it may be.</summary>
/// <param name="Run">The run's id, the last part of the pod's name.</param>
/// <param name="IdentityWait">How long a refusal of the identity is waited out: for a role that this run wrote and that should be allowed.</param>
/// <param name="CheckWait">How long a refusal of the check is waited out: for policies that this run wrote.</param>
public sealed record GateRequest(RenderedWorkload Documents, string Run, TimeSpan IdentityWait, TimeSpan CheckWait)
{
    public Workload Workload => Documents.Workload;

    /// <summary>What is known of the workload besides the pod; none: what its documents say.</summary>
    public WorkloadEvidence? Evidence { get; init; }

    /// <summary>The validation pod's name, <c>WORKLOAD-verify-RUN</c>, shortened in the workload's part to fit a label.</summary>
    public string PodName
    {
        get
        {
            var suffix = $"-verify-{Run}";
            var room = 63 - suffix.Length;
            var name = Workload.Name.Length > room ? Workload.Name[..room].TrimEnd('-') : Workload.Name;
            return name + suffix;
        }
    }
}

/// <summary>What came of it: passed exactly when no finding is an error.</summary>
/// <param name="Evidence">What the request had, and the pod beside it.</param>
/// <param name="Diagnosis">What that shows.</param>
/// <param name="AssumedRoleArn">Who the pod became, by its termination message; none if it never said.</param>
/// <param name="PodKept">The pod is still there for a person to look at.</param>
public sealed record GateResult(WorkloadEvidence Evidence, WorkloadDiagnosis Diagnosis, string? AssumedRoleArn, bool PodKept)
{
    public bool Passed => Diagnosis.RootCause is null;
}

/// <summary>Proves one workload by a validation pod.</summary>
public interface IGate
{
    /// <summary>
    /// Creates the pod, watches it to its verdict and takes it away as <c>verify.keep</c> says; on cancellation it is
    /// taken away before this ends.
    /// </summary>
    /// <param name="log">Gets the pod's log, line by line.</param>
    Task<GateResult> ProveAsync(GateRequest request, Action<string> log, CancellationToken cancellationToken);
}
