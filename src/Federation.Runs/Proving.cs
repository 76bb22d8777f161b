using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Reporting;
using Federation.Templates;

namespace Federation.Runs;

/// <summary>The gate of a run: every selected workload is proved, side by side.</summary>
/// <param name="applied">What this run wrote; null if it wrote nothing.</param>
/// <param name="judge">Judges evidence at a moment.</param>
internal sealed class Proving(
    Rendered rendered,
    Session session,
    Applied? applied,
    RunOptions options,
    RunEvents events,
    Func<WorkloadEvidence, DateTimeOffset, WorkloadDiagnosis> judge,
    TimeProvider time
)
{
    /// <summary>How long a refusal of a role that this run wrote is retried: four recorded runs were accepted after 8 to 11 s.</summary>
    internal static readonly TimeSpan Propagation = TimeSpan.FromSeconds(60);

    /// <summary>
    /// IAM reads are eventually consistent: wait this long and read again before reporting a fault in something this run
    /// wrote.
    /// </summary>
    internal static readonly TimeSpan ReadingDelay = TimeSpan.FromSeconds(2);

    private int _done;

    public async Task<Proof[]> RunAsync(CancellationToken cancellationToken)
    {
        var documents = rendered.Documents.ToDictionary(one => one.Workload.Name, StringComparer.Ordinal);
        using var places = new SemaphoreSlim(options.Parallelism);
        return await Task.WhenAll(
            (await LookAheadAsync(cancellationToken)).Select(async evidence =>
            {
                await places.WaitAsync(cancellationToken);
                try
                {
                    return await ProveAsync(documents[evidence.Workload.Name], evidence, cancellationToken);
                }
                finally
                {
                    places.Release();
                }
            })
        );
    }

    /// <summary>What can be seen of the workloads without a pod.</summary>
    private async Task<WorkloadEvidence[]> LookAheadAsync(CancellationToken cancellationToken)
    {
        var evidence = await ReadAsync();
        if (!evidence.Any(IsDoubtful))
        {
            return evidence;
        }

        await Task.Delay(ReadingDelay, time, cancellationToken);
        return await ReadAsync();

        Task<WorkloadEvidence[]> ReadAsync() =>
            session.Evidence.ReadAsync([.. Known.Of(rendered).Select(WithAge)], new EvidenceScope(Pods: false), cancellationToken);

        bool IsDoubtful(WorkloadEvidence one) => one.WrittenAgo is not null && WillFail(judge(one, time.GetUtcNow()));
    }

    private WorkloadEvidence WithAge(WorkloadEvidence evidence) =>
        applied is not null && applied.Written.Contains(evidence.Workload.Name)
            ? evidence with
            {
                WrittenAgo = time.GetElapsedTime(applied.At),
            }
            : evidence;

    private async Task<Proof> ProveAsync(RenderedWorkload documents, WorkloadEvidence evidence, CancellationToken cancellationToken)
    {
        var workload = documents.Workload;
        var started = time.GetTimestamp();
        var foreseen = judge(evidence, time.GetUtcNow());
        if (WillFail(foreseen))
        {
            events.Tell(new RunEvent.GateSkipped(workload, foreseen.WithoutUnread()));
            return new Proof(evidence, Passed: false);
        }

        var wait = evidence.WrittenAgo is null ? TimeSpan.Zero : Propagation;
        var request = new GateRequest(documents, options.Id, IdentityWait: wait, CheckWait: wait) { Evidence = evidence };
        events.Tell(new RunEvent.GateStarted(workload, request.PodName));
        try
        {
            var result = Advised(
                await session.Gate.ProveAsync(request, line => events.Tell(new RunEvent.PodLogged(workload, line)), cancellationToken)
            );
            events.Tell(
                new RunEvent.GateEnded(workload, request.PodName, result, time.GetElapsedTime(started), Interlocked.Increment(ref _done))
            );
            return new Proof(result.Evidence, result.Passed);
        }
        catch (FindingException refused)
        {
            return Refuse(refused.Findings);
        }
        catch (Exception unforeseen) when (unforeseen is not OperationCanceledException)
        {
            // Any: what one workload's gate throws must not hide how the others end.
            events.Tell(new RunEvent.Threw(unforeseen));
            return Refuse([UnexpectedFailure.While($"proving the workload {workload.Name}", unforeseen)]);
        }

        Proof Refuse(IReadOnlyList<Finding> findings)
        {
            events.Tell(
                new RunEvent.GateRefused(
                    workload,
                    findings
                        .Select(options.Advise)
                        .Aggregate(foreseen.WithoutUnread(), (diagnosis, finding) => diagnosis.WithFailedCheck(finding))
                )
            );
            return new Proof(evidence, Passed: false);
        }
    }

    private GateResult Advised(GateResult result) =>
        result with
        {
            Diagnosis = result.Diagnosis with { Findings = [.. result.Diagnosis.Findings.Select(options.Advise)] },
        };

    /// <summary>The evidence shows a fault. Of a role that may still be on its way, only a pod can tell when it has arrived.</summary>
    private static bool WillFail(WorkloadDiagnosis diagnosis) => diagnosis.SeenCause is { Code: not FindingCodes.RoleNotYetVisible };
}
