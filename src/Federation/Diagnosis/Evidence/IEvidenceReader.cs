namespace Federation.Diagnosis.Evidence;

/// <summary>How much is read.</summary>
/// <param name="Pods">Also pods: their specification, state, events and logs.</param>
/// <param name="Pod">One more pod, <c>NAMESPACE/NAME</c>, whatever service account it runs as; null for none.</param>
public sealed record EvidenceScope(bool Pods = true, string? Pod = null);

/// <summary>
/// Reads one cloud's part of the evidence. Reading changes nothing. What may not be read becomes a refusal in the evidence,
/// not an exception, because the rest is still useful.
/// </summary>
/// <typeparam name="TEvidence">The cloud's part.</typeparam>
public interface IEvidenceReader<TEvidence>
{
    /// <summary>Reads concurrently and in batches; what workloads share is read once.</summary>
    /// <returns>The part of each workload, by the workload's name.</returns>
    Task<IReadOnlyDictionary<string, TEvidence>> ReadAsync(
        IReadOnlyList<WorkloadEvidence> workloads,
        EvidenceScope scope,
        CancellationToken cancellationToken
    );
}
