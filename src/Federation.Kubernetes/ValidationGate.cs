using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using k8s;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>
/// Creates a workload's validation pod, follows it by <see cref="PodWatch"/> to its end, and has that judged together
/// with what else is known of the workload.
/// </summary>
public sealed class ValidationGate(KubernetesCloud cloud, TimeProvider time) : IGate
{
    /// <summary>The variables of the built-in validation-pod.yaml that say how long its script waits, in seconds.</summary>
    private const string IdentityWaitVariable = "FEDERATION_IDENTITY_WAIT_SECONDS";
    private const string CheckWaitVariable = "FEDERATION_CHECK_WAIT_SECONDS";

    /// <summary>The pod ends itself at <c>verify.timeout</c>; the gate gives its kubelet this much longer to say so.</summary>
    private static readonly TimeSpan DeadlineMargin = TimeSpan.FromSeconds(30);

    /// <summary>Clean-up after an interruption must fit into the seven seconds that a cancelled CI step leaves.</summary>
    private static readonly TimeSpan CleanUpTime = TimeSpan.FromSeconds(5);

    private const int LogLinesKept = 50;

    public async Task<GateResult> ProveAsync(GateRequest request, Action<string> log, CancellationToken cancellationToken)
    {
        var workload = request.Workload;
        var connection = await cloud.ConnectAsync(workload.Cluster, cancellationToken);
        var patience = workload.Verify.Timeout + DeadlineMargin;
        var earlier = new EarlierPods(connection, request, time);
        var clearing = earlier.ClearAsync(earlier.IsUseless, DeleteEarlierAsync, cancellationToken);
        try
        {
            var pod = await CreateAsync(connection, request, cancellationToken);
            var (result, isThere) = await WatchAsync(connection, request, pod, patience, log, cancellationToken);
            if (await IgnoringFaultsAsync(clearing))
            {
                // Those that were still running, and those that failed: this run's own pod is the one to look at now.
                await IgnoringFaultsAsync(earlier.ClearAsync(EarlierPods.HasEnded, DeleteEarlierAsync, cancellationToken));
            }

            var keep = workload.Verify.Keep == KeepPod.Always || (workload.Verify.Keep == KeepPod.OnFailure && !result.Passed);
            return keep ? result with { PodKept = isThere }
                : await DeleteAsync(connection, workload.Namespace, request.PodName) is { } left ? StillThere(request, result, left)
                : result;
        }
        finally
        {
            await IgnoringFaultsAsync(clearing);
        }

        async Task DeleteEarlierAsync(V1Pod pod)
        {
            if (await DeleteAsync(connection, workload.Namespace, pod.Name()) is null)
            {
                log($"(the validation pod {pod.Name()} of an earlier run was left behind; it is deleted)");
            }
        }
    }

    /// <summary>
    /// A clean-up that fails must not fail the gate: whoever may not list or delete pods learns it from the proof itself.
    /// </summary>
    /// <returns>Whether some stay; false where it failed.</returns>
    private static async Task<bool> IgnoringFaultsAsync(Task<bool> clearing)
    {
        await ((Task)clearing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return clearing.IsCompletedSuccessfully && clearing.Result;
    }

    /// <summary>The verdict stands, with a warning that its pod is still there.</summary>
    private static GateResult StillThere(GateRequest request, GateResult result, Finding left)
    {
        var pod = $"{request.Workload.Namespace}/{request.PodName}";
        var warning = left with
        {
            Severity = Severity.Warning,
            Cause = $"The validation pod {pod} could not be deleted, and stays: {left.Cause}",
            Fix = $"kubectl delete pod -n {request.Workload.Namespace} {request.PodName}",
        };
        return result with { PodKept = true, Diagnosis = result.Diagnosis with { Findings = [.. result.Diagnosis.Findings, warning] } };
    }

    /// <summary>Follows the pod to its end and judges it. Where that is interrupted, the pod is deleted.</summary>
    private async Task<(GateResult Result, bool IsThere)> WatchAsync(
        ClusterConnection connection,
        GateRequest request,
        V1Pod pod,
        TimeSpan patience,
        Action<string> log,
        CancellationToken cancellationToken
    )
    {
        var tail = new Queue<string>();
        var watch = new PodWatch(connection, pod, time, Line);
        try
        {
            var outcome = await watch.ToVerdictAsync(patience, IsDeniedForGood, cancellationToken);
            return (Judge(request, outcome, Proof(outcome.Seen)), outcome.IsThere);
        }
        catch when (request.Workload.Verify.Keep != KeepPod.Always)
        {
            await DeleteAsync(connection, request.Workload.Namespace, request.PodName);
            throw;
        }

        void Line(string line)
        {
            lock (tail)
            {
                tail.Enqueue(line);
                if (tail.Count > LogLinesKept)
                {
                    tail.Dequeue();
                }
            }

            log(line);
        }

        PodEvidence Proof(PodSnapshot snapshot)
        {
            lock (tail)
            {
                return PodSpecs.EvidenceOf(pod, snapshot) with
                {
                    IsValidation = true,
                    Log = [.. tail.Select(Secrets.Strip)],
                    Refused = watch.Unread,
                };
            }
        }

        // The pod tries a denied check again while new policies may be on their way; those that are there may deny it for good.
        bool IsDeniedForGood(PodSnapshot snapshot) => Diagnose(request, Proof(snapshot)).Diagnosis.SeenCause is not null;
    }

    private GateResult Judge(GateRequest request, PodOutcome outcome, PodEvidence proof)
    {
        var (evidence, diagnosis) = Diagnose(request, proof);
        return new GateResult(
            evidence,
            // What only the gate can see, such as a timeout, is not in the pod.
            diagnosis.SeenCause
                is not null
                ? diagnosis
                : outcome.Verdict switch
                {
                    PodVerdict.Undecided undecided => diagnosis.WithFailedCheck(
                        TimedOut(request.Workload, proof, undecided, outcome.Fault)
                    ),
                    PodVerdict.Hopeless hopeless => diagnosis.WithFailedCheck(hopeless.Finding),
                    _ => diagnosis,
                },
            CheckVerdict.AssumedRole(
                (outcome.Verdict as PodVerdict.Succeeded)?.TerminationMessage ?? (outcome.Verdict as PodVerdict.Failed)?.TerminationMessage
            ),
            PodKept: false
        );
    }

    private (WorkloadEvidence Evidence, WorkloadDiagnosis Diagnosis) Diagnose(GateRequest request, PodEvidence proof)
    {
        var known = request.Evidence ?? WorkloadEvidence.FromDocuments(request.Documents, [request.Documents]);
        var evidence = known with
        {
            Kubernetes = known.Kubernetes with { Pods = Reading.Of<IReadOnlyList<PodEvidence>>([proof]) },
            Tokens = [.. known.Tokens, .. PodLog.TokenOf(proof) is { } token ? new[] { token } : []],
        };
        return (evidence, Diagnostician.Diagnose(evidence, time.GetUtcNow()));
    }

    private static Finding TimedOut(Workload workload, PodEvidence pod, PodVerdict.Undecided undecided, Exception? fault)
    {
        var (name, limit) = ($"{pod.Snapshot.Namespace}/{pod.Snapshot.Name}", (workload.Verify.Timeout + DeadlineMargin).TotalSeconds);
        return new Finding
        {
            Code = FindingCodes.PodTimedOut,
            Cause =
                $"The validation pod {name} did not finish within {limit:0} s. Last seen: {undecided.LastSeen}."
                + (fault is null ? "" : $" It could not be watched any more at the end: {fault.GetBaseException().Message}"),
            Fix =
                $"kubectl describe pod -n {pod.Snapshot.Namespace} {pod.Snapshot.Name} shows what it waits for; "
                + "`verify.timeout` gives it longer.",
            Expected = $"an end within {limit:0} s",
            Actual = undecided.LastSeen,
        };
    }

    /// <summary>
    /// Creates the pod. A creation that failed may have been carried out all the same: then the pod is deleted. One that was refused
    /// after an answer was lost may have been refused because of this run's own pod, which has the name or uses up a quota.
    /// </summary>
    private async Task<V1Pod> CreateAsync(ClusterConnection connection, GateRequest request, CancellationToken cancellationToken)
    {
        var @namespace = request.Workload.Namespace;
        var manifest = Manifest(request);
        var tries = 0;
        try
        {
            return await connection.CallAsync(
                new Attempt($"create pods in {@namespace}")
                {
                    Writes = new WrittenObject(
                        $"the validation pod {@namespace}/{request.PodName}",
                        @namespace,
                        "validation-pod.yaml",
                        FindingCodes.PodRejected
                    ),
                },
                (api, token) =>
                {
                    tries++;
                    return api.CoreV1.CreateNamespacedPodAsync(
                        manifest,
                        @namespace,
                        fieldManager: cloud.FieldManager,
                        fieldValidation: "Strict",
                        cancellationToken: token
                    );
                },
                cancellationToken
            );
        }
        catch (FindingException refused) when (tries > 1 && KubernetesFaults.RefusalOf(refused) is { MayPass: false })
        {
            if (await FindCreatedAsync() is { } created)
            {
                return created;
            }

            throw;
        }
        catch (Exception unknown)
            when (tries > 1 || unknown is not FindingException refused || KubernetesFaults.RefusalOf(refused) is null or { MayPass: true })
        {
            await DeleteAsync(connection, @namespace, request.PodName);
            throw;
        }

        // Null if there is none, or another's: a label tells that the name, though random, was taken.
        async Task<V1Pod?> FindCreatedAsync()
        {
            try
            {
                var found = await connection.FindAsync(
                    new Attempt($"get pods/{request.PodName} in {@namespace}"),
                    (api, token) => api.CoreV1.ReadNamespacedPodAsync(request.PodName, @namespace, cancellationToken: token),
                    cancellationToken
                );
                return manifest.Labels()?.Any(label => found?.GetLabel(label.Key) != label.Value) == true ? null : found;
            }
            catch
            {
                await DeleteAsync(connection, @namespace, request.PodName);
                throw;
            }
        }
    }

    /// <summary>The rendered pod under the run's own name, with the times that its script waits.</summary>
    private static V1Pod Manifest(GateRequest request)
    {
        var document = request.Documents.ValidationPod.DeepClone().AsObject();
        document["metadata"]!["name"] = request.PodName;
        foreach (var container in document["spec"]!["containers"]!.AsArray())
        {
            foreach (var variable in (container!["env"] as JsonArray ?? []).OfType<JsonObject>())
            {
                switch ((string?)variable["name"])
                {
                    case IdentityWaitVariable:
                        variable["value"] = request.IdentityWait.TotalSeconds.ToString("0");
                        break;
                    case CheckWaitVariable:
                        variable["value"] = request.CheckWait.TotalSeconds.ToString("0");
                        break;
                }
            }
        }

        return KubernetesJson.Deserialize<V1Pod>(document.ToJsonString());
    }

    /// <summary>Deletes by name, which is this run's own: a creation that was cut off may have succeeded all the same.</summary>
    /// <returns>Why the pod may still be there; null if it is gone.</returns>
    private async Task<Finding?> DeleteAsync(ClusterConnection connection, string @namespace, string pod)
    {
        var attempt = new Attempt($"delete pods in {@namespace}");
        using var bounded = new CancellationTokenSource(CleanUpTime, time);
        try
        {
            await connection.FindAsync(
                attempt,
                (api, token) => api.CoreV1.DeleteNamespacedPodAsync(pod, @namespace, gracePeriodSeconds: 1, cancellationToken: token),
                bounded.Token
            );
            return null;
        }
        catch (FindingException refused)
        {
            return refused.Findings[0];
        }
        catch (OperationCanceledException silent)
        {
            return KubernetesFaults.Explain(silent, connection, attempt);
        }
    }
}
