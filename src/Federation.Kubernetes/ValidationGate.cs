using System.Net;
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
    /// <summary>The variables of the built-in validation-pod.yaml by which its script is told how patient to be, in seconds.</summary>
    private const string IdentityWaitVariable = "FEDERATION_IDENTITY_WAIT_SECONDS";
    private const string CheckWaitVariable = "FEDERATION_CHECK_WAIT_SECONDS";

    /// <summary>The pod ends itself at <c>verify.timeout</c>; the gate gives its kubelet this much longer to say so.</summary>
    private static readonly TimeSpan DeadlineMargin = TimeSpan.FromSeconds(30);

    /// <summary>Clean-up after an interruption must fit into the seven seconds that a cancelled CI step leaves.</summary>
    private static readonly TimeSpan CleanUpTime = TimeSpan.FromSeconds(5);

    private const int LogLinesKept = 50;

    /// <summary>How old a validation pod of an earlier run is at least before it is taken for left behind: time to look at one that was kept.</summary>
    private static readonly TimeSpan LeftBehind = TimeSpan.FromHours(1);

    public async Task<GateResult> ProveAsync(GateRequest request, Action<string> log, CancellationToken cancellationToken)
    {
        var workload = request.Workload;
        var connection = await cloud.ConnectAsync(workload.Cluster, cancellationToken);
        var patience = workload.Verify.Timeout + DeadlineMargin;
        var clearing = ClearAsync(connection, request, patience, log, cancellationToken);
        var pod = await CreateAsync(connection, request, cancellationToken);
        var keep = workload.Verify.Keep == KeepPod.Always;
        try
        {
            var tail = new Queue<string>();
            var watch = new PodWatch(connection, pod, time, Line);
            var outcome = await watch.ToVerdictAsync(patience, IsDeniedForGood, cancellationToken);
            var result = Judge(request, outcome, Proof(outcome.Seen));
            keep |= !result.Passed && workload.Verify.Keep == KeepPod.OnFailure;
            if (result.Passed && await Quietly(clearing) is { } kept)
            {
                // What they failed of is fixed: if they stayed, they would be taken for the present state.
                await Task.WhenAll(
                    kept.Select(earlier => TakeAwayAsync(connection, workload.Namespace, earlier, "failed and was kept", log))
                );
            }

            return result with
            {
                PodKept = keep && outcome.IsThere,
            };

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
        finally
        {
            if (!keep)
            {
                await DeleteAsync(connection, request.Workload.Namespace, request.PodName);
            }

            await Quietly(clearing);
        }
    }

    /// <summary>Tidying is not worth failing for: whoever may not list or delete pods is told by the proof itself.</summary>
    private static async Task<IReadOnlyList<V1Pod>?> Quietly(Task<IReadOnlyList<V1Pod>> clearing)
    {
        await ((Task)clearing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return clearing.IsCompletedSuccessfully ? clearing.Result : null;
    }

    /// <summary>
    /// Takes away what earlier runs left of this workload's validation pods: a run that is killed outright cleans up
    /// nothing. They are known by the mark, their name, and an age that no pod of a run under way can have.
    /// </summary>
    /// <returns>The younger ones that failed, and were kept for a person to look at.</returns>
    private async Task<IReadOnlyList<V1Pod>> ClearAsync(
        ClusterConnection connection,
        GateRequest request,
        TimeSpan patience,
        Action<string> log,
        CancellationToken cancellationToken
    )
    {
        var workload = request.Workload;
        var labels = request.Documents.ValidationPod["metadata"]!["labels"] as JsonObject ?? [];
        var mark = string.Join(
            ',',
            labels
                .Where(label => label.Key.StartsWith("federation/", StringComparison.Ordinal))
                .Select(label => $"{label.Key}={label.Value}")
        );
        if (workload.Verify.Keep == KeepPod.Always || mark.Length == 0)
        {
            return [];
        }

        var before = (time.GetUtcNow() - (patience > LeftBehind ? patience : LeftBehind)).UtcDateTime;
        var pods = await connection.CallAsync(
            new Attempt($"list pods in {workload.Namespace}"),
            (api, token) => api.CoreV1.ListNamespacedPodAsync(workload.Namespace, labelSelector: mark, cancellationToken: token),
            cancellationToken
        );
        var earlier = pods
            .Items.Where(pod =>
                pod.Name().StartsWith(request.PodName[..^request.Run.Length], StringComparison.Ordinal) && pod.Name() != request.PodName
            )
            .ToLookup(pod => pod.CreationTimestamp() < before);
        await Task.WhenAll(earlier[true].Select(pod => TakeAwayAsync(connection, workload.Namespace, pod, "was left behind", log)));
        return [.. earlier[false].Where(pod => pod.Status?.Phase == "Failed")];
    }

    private async Task TakeAwayAsync(ClusterConnection connection, string @namespace, V1Pod pod, string why, Action<string> log)
    {
        await DeleteAsync(connection, @namespace, pod.Name());
        log($"(the validation pod {pod.Name()} of an earlier run {why}; it is taken away)");
    }

    private GateResult Judge(GateRequest request, PodOutcome outcome, PodEvidence proof)
    {
        var (evidence, diagnosis) = Diagnose(request, proof);
        return new GateResult(
            evidence,
            // What only the gate saw is not in the pod.
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
        var known = request.Evidence ?? WorkloadEvidence.Of(request.Documents, [request.Documents]);
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

    /// <summary>Creates the pod. Where it fails and may have succeeded all the same, the pod is taken away again.</summary>
    private async Task<V1Pod> CreateAsync(ClusterConnection connection, GateRequest request, CancellationToken cancellationToken)
    {
        var workload = request.Workload;
        try
        {
            return await connection.CallAsync(
                new Attempt($"create pods in {workload.Namespace}"),
                (api, token) =>
                    api.CoreV1.CreateNamespacedPodAsync(
                        Manifest(request),
                        workload.Namespace,
                        fieldManager: KubernetesCloud.FieldManager,
                        fieldValidation: "Strict",
                        cancellationToken: token
                    ),
                cancellationToken
            );
        }
        catch (FindingException exists) when (KubernetesFaults.StatusOf(exists) == HttpStatusCode.Conflict)
        {
            // The name is this run's own: an earlier try succeeded, and its answer was lost.
            return await connection.CallAsync(
                new Attempt($"get pods/{request.PodName} in {workload.Namespace}"),
                (api, token) => api.CoreV1.ReadNamespacedPodAsync(request.PodName, workload.Namespace, cancellationToken: token),
                cancellationToken
            );
        }
        catch (FindingException refused) when (IsRejection(refused))
        {
            throw new FindingException(Rejected(request, KubernetesFaults.MessageOf(refused)), refused.InnerException!);
        }
        catch (Exception unknown)
            when (unknown is OperationCanceledException
                || KubernetesFaults.StatusOf((FindingException)unknown) is null or >= HttpStatusCode.InternalServerError
            )
        {
            await DeleteAsync(connection, workload.Namespace, request.PodName);
            throw;
        }
    }

    /// <summary>The server read the pod and does not admit it: anything but a missing permission, throttling and faults of its own.</summary>
    private static bool IsRejection(FindingException refused) =>
        KubernetesFaults.StatusOf(refused) switch
        {
            HttpStatusCode.Forbidden => !KubernetesFaults.MessageOf(refused).Contains("cannot create resource", StringComparison.Ordinal),
            HttpStatusCode.Unauthorized or HttpStatusCode.TooManyRequests => false,
            >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError => true,
            _ => false,
        };

    private static Finding Rejected(GateRequest request, string message) =>
        new()
        {
            Code = FindingCodes.PodRejected,
            Cause =
                $"The cluster {request.Workload.Cluster.Key} does not admit the validation pod {request.Workload.Namespace}/{request.PodName}: {message}",
            Fix = "Adapt your own validation-pod.yaml (--templates) to what the message asks for, or raise the quota it names.",
            Expected = "a pod that is admitted",
            Actual = message,
        };

    /// <summary>The rendered pod under the run's own name, told how patient to be.</summary>
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
    private async Task DeleteAsync(ClusterConnection connection, string @namespace, string pod)
    {
        using var bounded = new CancellationTokenSource(CleanUpTime, time);
        try
        {
            await connection.FindAsync(
                new Attempt($"delete pods in {@namespace}"),
                (api, token) => api.CoreV1.DeleteNamespacedPodAsync(pod, @namespace, gracePeriodSeconds: 1, cancellationToken: token),
                bounded.Token
            );
        }
        catch (OperationCanceledException)
        {
            // The API does not answer: the pod ends by its own deadline.
        }
    }
}
