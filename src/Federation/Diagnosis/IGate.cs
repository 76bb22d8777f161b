using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Templates;

namespace Federation.Diagnosis;

/// <summary>What the gate is to prove.</summary>
/// <param name="Run">The run's id, the last part of the pod's name.</param>
/// <param name="IdentityWait">How long AccessDenied from AssumeRoleWithWebIdentity is retried, because the role was just written.</param>
/// <param name="CheckWait">How long a denied check is retried, because the policies were just written.</param>
public sealed record GateRequest(RenderedWorkload Documents, string Run, TimeSpan IdentityWait, TimeSpan CheckWait)
{
    public Workload Workload => Documents.Workload;

    /// <summary>What has been read of the workload; null: only what its documents say.</summary>
    public WorkloadEvidence? Evidence { get; init; }

    /// <summary>The validation pod's name, <c>WORKLOAD-verify-RUN</c>; the workload's part is cut to fit a label.</summary>
    public string PodName
    {
        get
        {
            const int LongestLabel = 63;
            var suffix = $"-verify-{Run}";
            var room = LongestLabel - suffix.Length;
            var name = Workload.Name.Length > room ? Workload.Name[..room].TrimEnd('-') : Workload.Name;
            return name + suffix;
        }
    }
}

/// <summary>How the gate ended: it passed exactly if no finding is an error.</summary>
/// <param name="Evidence">The request's evidence, and the pod's beside it.</param>
/// <param name="Diagnosis">What the evidence shows.</param>
/// <param name="AssumedRoleArn">Who the pod became, by its termination message; null if it never said.</param>
/// <param name="PodKept">The pod is still there for a person to look at.</param>
public sealed record GateResult(WorkloadEvidence Evidence, WorkloadDiagnosis Diagnosis, string? AssumedRoleArn, bool PodKept)
{
    public bool Passed => Diagnosis.RootCause is null;
}

/// <summary>Proves one workload by a validation pod.</summary>
public interface IGate
{
    /// <summary>
    /// Creates the pod, watches it to its verdict and deletes it unless <c>verify.keep</c> says otherwise. On cancellation
    /// the pod is deleted before this ends.
    /// </summary>
    /// <param name="log">Gets the pod's log, line by line.</param>
    /// <exception cref="FindingException">The pod could not be created or watched.</exception>
    Task<GateResult> ProveAsync(GateRequest request, Action<string> log, CancellationToken cancellationToken);
}
