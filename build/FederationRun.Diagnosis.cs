using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Kubernetes;
using Federation.Planning;
using Federation.Reporting;
using Federation.Templates;

namespace Build;

// The gate and what looks at evidence: proving, diagnosing, and showing tokens.
public sealed partial class FederationRun
{
    /// <summary>How long a young role's refusal is waited out: four recorded runs saw it accepted after 8 to 11 s.</summary>
    private static readonly TimeSpan Propagation = TimeSpan.FromSeconds(60);

    /// <summary>IAM may answer with what was there before this run wrote: so long, and it is asked once more before it is believed.</summary>
    private static readonly TimeSpan ReadingDelay = TimeSpan.FromSeconds(2);

    /// <summary>The gate: proves every selected workload, side by side. One that is seen to fail without a pod gets none.</summary>
    public async Task VerifyAsync(CancellationToken cancellationToken)
    {
        await RenderedAsync(cancellationToken);
        _reached = Outcome.Verified;
        await ConvergenceAsync(cancellationToken);
        var gate = new ValidationGate(_kubernetes!, time);
        using var places = new SemaphoreSlim(options.Parallelism);
        var proved = 0;
        WorkloadEvidence[] judged = [];
        await Record.PhaseAsync(
            "Verify",
            async () =>
            {
                var documents = _documents.ToDictionary(rendered => rendered.Workload.Name, StringComparer.Ordinal);
                judged = await Task.WhenAll(
                    (await LookAheadAsync(cancellationToken)).Select(evidence => ProveAsync(documents[evidence.Workload.Name], evidence))
                );
                return true;
            }
        );
        if (Record.Findings.Any(finding => finding.Severity == Severity.Error))
        {
            Save(judged, time.GetUtcNow());
        }

        Stop(Record.Findings);

        async Task<WorkloadEvidence> ProveAsync(RenderedWorkload rendered, WorkloadEvidence evidence)
        {
            await places.WaitAsync(cancellationToken);
            var workload = rendered.Workload;
            var started = time.GetTimestamp();
            try
            {
                var foreseen = Diagnostician.Diagnose(evidence, time.GetUtcNow());
                // Only the pod can tell when a role that is on its way has arrived.
                if (foreseen.SeenCause is { Code: not FindingCodes.RoleNotYetVisible })
                {
                    Record.NoteDiagnosis(workload, foreseen.OfSeen());
                    screen.Foreseen(workload, foreseen);
                    return evidence;
                }

                var wait = evidence.WrittenAgo is null ? TimeSpan.Zero : Propagation;
                var request = new GateRequest(rendered, _id, IdentityWait: wait, CheckWait: wait) { Evidence = evidence };
                screen.Proving(request);
                var result = await gate.ProveAsync(request, line => screen.Log(workload, line), cancellationToken);
                Record.NoteGate(workload, result, time.GetElapsedTime(started));
                screen.Proved(request, result, time.GetElapsedTime(started));
                agent.Progress("Verify", Interlocked.Increment(ref proved), Record.Workloads.Count);
                return result.Evidence;
            }
            catch (FindingException refused)
            {
                Record.NoteDiagnosis(
                    workload,
                    refused.Findings.Aggregate(
                        Diagnostician.Diagnose(evidence, time.GetUtcNow()).OfSeen(),
                        (diagnosis, finding) => diagnosis.WithFailedCheck(finding)
                    )
                );
                return evidence;
            }
            finally
            {
                places.Release();
            }
        }
    }

    /// <summary>Explains the present state, or what is at hand: saved evidence, a pasted error.</summary>
    public async Task DiagnoseAsync(CancellationToken cancellationToken)
    {
        _reached = Outcome.Diagnosed;
        if (options.IsOffline)
        {
            ClaimOutput();
        }

        if (options.Error is { } text)
        {
            var explained = ErrorTexts.Explain(text);
            screen.Explained(explained);
            Meet(explained);
            return;
        }

        var (workloads, taken) = options.IsOffline ? Load(options.Evidence!) : await ReadAsync(cancellationToken);
        await Record.PhaseAsync(
            "Diagnose",
            () =>
            {
                foreach (var evidence in workloads)
                {
                    var diagnosis = Diagnostician.Diagnose(evidence, taken);
                    Record.NoteDiagnosis(evidence.Workload, diagnosis);
                    screen.Diagnosed(evidence, diagnosis);
                }

                return Task.FromResult(true);
            }
        );
        Stop(Record.Findings);
        screen.Warn(Record.Findings);
    }

    /// <summary>Shows the claims of each workload's token beside what AWS expects of it.</summary>
    public async Task ShowTokensAsync(CancellationToken cancellationToken)
    {
        await RenderedAsync(cancellationToken);
        var now = time.GetUtcNow();
        foreach (var evidence in await CollectAsync(new EvidenceScope(Pods: true, options.Pod), cancellationToken))
        {
            var diagnosis = Diagnostician.Diagnose(evidence, now);
            if (evidence.Tokens.Count == 0)
            {
                screen.NoToken(evidence.Workload);
            }

            foreach (var token in evidence.Tokens)
            {
                screen.Shown(evidence.Workload, token, TokenComparison.Of(evidence, token, now));
            }

            Record.NoteDiagnosis(
                evidence.Workload,
                evidence.Tokens.Count > 0 ? diagnosis.OfToken() : diagnosis with { Findings = Refusals(evidence) }
            );
        }

        Stop(Record.Findings);
    }

    /// <summary>Why a token may be there that was not seen.</summary>
    private static Finding[] Refusals(WorkloadEvidence evidence)
    {
        var (issuer, pods) = (evidence.Kubernetes.Issuer, evidence.Kubernetes.Pods);
        return
        [
            .. new[] { issuer?.Refused, pods?.Refused }
                .Concat((pods?.Found ?? []).SelectMany(pod => pod.Refused))
                .Concat(evidence.Refused)
                .OfType<Finding>()
                .Distinct(),
        ];
    }

    private async Task<(WorkloadEvidence[] Workloads, DateTimeOffset Taken)> ReadAsync(CancellationToken cancellationToken)
    {
        await RenderedAsync(cancellationToken);
        var taken = time.GetUtcNow();
        var workloads = await Record.PhaseAsync("Read", () => CollectAsync(new EvidenceScope(Pods: true, options.Pod), cancellationToken));
        Save(workloads, taken);
        return (workloads, taken);
    }

    /// <summary>What can be seen of the selected workloads without a pod.</summary>
    private async Task<WorkloadEvidence[]> LookAheadAsync(CancellationToken cancellationToken)
    {
        var evidence = await CollectAsync(new EvidenceScope(Pods: false), cancellationToken);
        if (!evidence.Any(IsDoubtful))
        {
            return evidence;
        }

        await Task.Delay(ReadingDelay, time, cancellationToken);
        return await CollectAsync(new EvidenceScope(Pods: false), cancellationToken);

        bool IsDoubtful(WorkloadEvidence one) =>
            one.WrittenAgo is not null
            && Diagnostician.Diagnose(one, time.GetUtcNow()).SeenCause is { Code: not FindingCodes.RoleNotYetVisible };
    }

    private async Task<WorkloadEvidence[]> CollectAsync(EvidenceScope scope, CancellationToken cancellationToken)
    {
        await ConvergenceAsync(cancellationToken);
        var sharing = _documents.ToLookup(rendered => RoleOf(rendered.Workload));
        var selected = Record.Workloads.Select(workload => workload.Name).ToHashSet(StringComparer.Ordinal);
        return await _evidence!.ReadAsync(
            [
                .. _documents
                    .Where(rendered => selected.Contains(rendered.Workload.Name))
                    .Select(rendered =>
                        WorkloadEvidence.Of(rendered, sharing[RoleOf(rendered.Workload)], Configuration!.Strict) with
                        {
                            WrittenAgo = WrittenAgo(rendered.Workload),
                        }
                    ),
            ],
            scope,
            cancellationToken
        );

        static (string Account, string Role) RoleOf(Workload workload) => (workload.Account.Id, workload.Role.Name.ToUpperInvariant());
    }

    /// <summary>How long ago this run wrote the workload's role or its provider; null if it wrote neither.</summary>
    private TimeSpan? WrittenAgo(Workload workload) =>
        _written is { } written
        && Plan?.Steps.Any(change =>
            change.Action != StepAction.Unchanged
            && change.Resource.Cloud == "aws"
            && change.Workloads.Contains(workload.Name, StringComparer.Ordinal)
        ) == true
            ? time.GetElapsedTime(written)
            : null;

    private void Save(WorkloadEvidence[] workloads, DateTimeOffset taken)
    {
        var path = options.Evidence ?? Path.Combine(options.Output, "evidence.json");
        File.WriteAllText(path, new EvidenceFile { Taken = taken, Workloads = workloads }.ToJson());
        Record.Evidence = path;
        screen.Say($"The evidence is in {path}; it holds no secret.");
    }

    private (WorkloadEvidence[] Workloads, DateTimeOffset Taken) Load(string path)
    {
        var file = EvidenceFile.Parse(File.ReadAllText(path), path);
        Record.Workloads = options.Select([.. file.Workloads.Select(evidence => evidence.Workload)]);
        screen.Say(
            $"{path}: evidence of {Record.Workloads.Count} workload{(Record.Workloads.Count == 1 ? "" : "s")}, taken {file.Taken:yyyy-MM-dd HH:mm:ss}Z; nothing is called."
        );
        return ([.. file.Workloads.Where(evidence => Record.Workloads.Contains(evidence.Workload))], file.Taken);
    }
}
