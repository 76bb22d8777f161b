namespace Federation.Diagnosis.Evidence;

/// <summary>How far the reading goes.</summary>
/// <param name="Pods">Pods are looked at too: their specification, state, events and logs.</param>
/// <param name="Pod">One pod to look at, <c>NAMESPACE/NAME</c>, whoever it runs as; none for only those that are found.</param>
public sealed record EvidenceScope(bool Pods = true, string? Pod = null);

/// <summary>
/// One cloud's part of the evidence. Reading changes nothing, and what may not be read is a refusal in the evidence,
/// never an exception: the rest is worth having all the same.
/// </summary>
/// <typeparam name="TEvidence">The cloud's part.</typeparam>
public interface IEvidenceReader<TEvidence>
{
    /// <summary>Reads side by side and in batches; what workloads share is read once.</summary>
    /// <returns>The part of each workload, by the workload's name.</returns>
    Task<IReadOnlyDictionary<string, TEvidence>> ReadAsync(
        IReadOnlyList<WorkloadEvidence> workloads,
        EvidenceScope scope,
        CancellationToken cancellationToken
    );
}
