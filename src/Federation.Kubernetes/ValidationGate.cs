using System.Net;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Planning;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>
/// Creates a workload's validation pod, watches it and its events, streams its log, and decides by
/// <see cref="PodVerdict"/> and <see cref="CheckVerdict"/>. Nothing is polled.
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
        var connection = await cloud.Connections.GetAsync(workload.Cluster, cancellationToken);
        var clearing = ClearAsync(connection, request, log, cancellationToken);
        V1Pod pod;
        try
        {
            pod = await CreateAsync(connection, request, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await DeleteAsync(connection, workload.Namespace, request.PodName);
            throw;
        }

        var keep = workload.Verify.Keep == KeepPod.Always;
        try
        {
            var tail = new Queue<string>();
            var (verdict, seen, isThere) = await WatchAsync(connection, pod, workload.Verify.Timeout + DeadlineMargin, Line, IsDeniedForGood, cancellationToken);
            var result = Judge(request, verdict, Proof(seen));
            keep |= !result.Passed && workload.Verify.Keep == KeepPod.OnFailure;
            return result with { PodKept = keep && isThere };

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
                    return PodSpecs.EvidenceOf(pod, snapshot) with { IsValidation = true, Log = [.. tail.Select(Secrets.Strip)] };
                }
            }

            // The pod tries a denied check again while the policies may be on their way; those that are there may say no for ever.
            bool IsDeniedForGood(PodSnapshot snapshot) => Diagnose(request, Proof(snapshot)).Diagnosis.SeenCause is not null;
        }
        finally
        {
            if (!keep)
            {
                await DeleteAsync(connection, request.Workload.Namespace, request.PodName);
            }

            await clearing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// Takes away what earlier runs left of this workload's validation pods: a run that is killed outright cleans up
    /// nothing. They are known by the mark, their name, and an age that no pod of a run under way can have. Not worth
    /// failing for: it happens beside the proof, and whoever may not list or delete pods is told by the proof itself.
    /// </summary>
    private async Task ClearAsync(ClusterConnection connection, GateRequest request, Action<string> log, CancellationToken cancellationToken)
    {
        var workload = request.Workload;
        if (workload.Verify.Keep == KeepPod.Always)
        {
            return;
        }

        var patience = workload.Verify.Timeout + DeadlineMargin;
        var before = time.GetUtcNow() - (patience > LeftBehind ? patience : LeftBehind);
        var labels = request.Documents.ValidationPod["metadata"]!["labels"] as JsonObject ?? [];
        var mark = string.Join(',', labels.Where(label => label.Key.StartsWith("federation/", StringComparison.Ordinal)).Select(label => $"{label.Key}={label.Value}"));
        if (mark.Length == 0)
        {
            return;
        }

        var pods = await cloud.CallAsync(
            connection,
            $"list pods in {workload.Namespace}",
            resource: null,
            (client, token) => client.CoreV1.ListNamespacedPodAsync(workload.Namespace, labelSelector: mark, cancellationToken: token),
            cancellationToken);
        foreach (var pod in pods.Items.Where(pod => pod.Name().StartsWith(request.PodName[..^request.Run.Length], StringComparison.Ordinal) && pod.CreationTimestamp() < before.UtcDateTime))
        {
            await DeleteAsync(connection, workload.Namespace, pod.Name());
            log($"(the validation pod {pod.Name()} of an earlier run was left behind, and is taken away)");
        }
    }

    private GateResult Judge(GateRequest request, PodVerdict verdict, PodEvidence proof)
    {
        var (evidence, diagnosis) = Diagnose(request, proof);
        return new GateResult(
            evidence,
            // What only the gate saw is not in the pod.
            diagnosis.SeenCause is not null ? diagnosis : verdict switch
            {
                PodVerdict.Undecided undecided => diagnosis.WithFailedCheck(TimedOut(request.Workload, proof, undecided)),
                PodVerdict.Hopeless hopeless => diagnosis.WithFailedCheck(hopeless.Finding),
                _ => diagnosis,
            },
            CheckVerdict.AssumedRole((verdict as PodVerdict.Succeeded)?.TerminationMessage ?? (verdict as PodVerdict.Failed)?.TerminationMessage),
            PodKept: false);
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

    private static Finding TimedOut(Workload workload, PodEvidence pod, PodVerdict.Undecided undecided) => new()
    {
        Code = FindingCodes.PodTimedOut,
        Cause = $"The validation pod {pod.Snapshot.Namespace}/{pod.Snapshot.Name} came to no end within {(workload.Verify.Timeout + DeadlineMargin).TotalSeconds:0} s. Last seen: {undecided.LastSeen}.",
        Fix = $"kubectl describe pod -n {pod.Snapshot.Namespace} {pod.Snapshot.Name} shows what it waits for; `verify.timeout` gives it longer.",
        Actual = undecided.LastSeen,
    };

    private async Task<V1Pod> CreateAsync(ClusterConnection connection, GateRequest request, CancellationToken cancellationToken)
    {
        var workload = request.Workload;
        var attempt = $"create pods in {workload.Namespace}";
        try
        {
            return await cloud.CallAsync(
                connection,
                attempt,
                resource: null,
                (client, token) => client.CoreV1.CreateNamespacedPodAsync(
                    Manifest(request), workload.Namespace, fieldManager: KubernetesCloud.FieldManager, fieldValidation: "Strict", cancellationToken: token),
                cancellationToken);
        }
        catch (FindingException refused) when (refused.InnerException is HttpOperationException { Response.StatusCode: HttpStatusCode.Forbidden } fault
            && !KubernetesFaults.MessageOf(fault).Contains("cannot create resource", StringComparison.Ordinal))
        {
            throw new FindingException(Rejected(request, fault), fault);
        }
        catch (HttpOperationException fault)
        {
            throw new FindingException(Rejected(request, fault), fault);
        }
    }

    private static Finding Rejected(GateRequest request, HttpOperationException fault) => new()
    {
        Code = FindingCodes.PodRejected,
        Cause = $"The cluster {request.Workload.Cluster.Key} does not admit the validation pod {request.Workload.Namespace}/{request.PodName}: {KubernetesFaults.MessageOf(fault)}",
        Fix = "Adapt your own validation-pod.yaml (--templates) to what the message asks for, or raise the quota it names.",
        Actual = KubernetesFaults.MessageOf(fault),
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

    /// <summary>Follows the pod to its verdict, or to the deadline.</summary>
    private async Task<(PodVerdict Verdict, PodSnapshot Seen, bool IsThere)> WatchAsync(
        ClusterConnection connection, V1Pod created, TimeSpan patience, Action<string> log, Func<PodSnapshot, bool> isDeniedForGood, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(patience, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var news = Channel.CreateUnbounded<IKubernetesObject<V1ObjectMeta>?>();
        var watching = Task.WhenAll(
            FollowAsync(
                (version, token) => connection.Client.CoreV1.WatchListNamespacedPodAsync(created.Namespace(), fieldSelector: $"metadata.name={created.Name()}", resourceVersion: version, cancellationToken: token),
                created.ResourceVersion(),
                news.Writer,
                ending.Token),
            FollowAsync(
                (version, token) => connection.Client.CoreV1.WatchListNamespacedEventAsync(created.Namespace(), fieldSelector: $"involvedObject.uid={created.Uid()}", resourceVersion: version, cancellationToken: token),
                version: null,
                news.Writer,
                ending.Token));
        var pod = created;
        var events = new Dictionary<string, Corev1Event>(StringComparer.Ordinal);
        Task? logging = null;
        ITimer? grace = null;
        var isDenied = false;
        try
        {
            for (; ; )
            {
                var snapshot = Snapshots.Of(pod, events.Values);
                if (logging is null && HasStarted(pod))
                {
                    logging = StreamLogAsync(connection, pod, Line, ending.Token);
                }

                var now = time.GetUtcNow();
                var verdict = PodVerdict.Of(snapshot, now);
                if (verdict is not PodVerdict.Undecided || deadline.IsCancellationRequested || (isDenied && isDeniedForGood(snapshot)))
                {
                    return (verdict, snapshot, IsThere: true);
                }

                isDenied = false;

                if (grace is null && snapshot.UnscheduledReason is not null)
                {
                    // Nothing happens at the end of the grace period, so nothing but a clock can bring it up.
                    grace = time.CreateTimer(_ => news.Writer.TryWrite(null), state: null, snapshot.Created + PodVerdict.SchedulingGrace - now, Timeout.InfiniteTimeSpan);
                }

                using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
                try
                {
                    await news.Reader.WaitToReadAsync(either.Token);
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    continue;
                }

                while (news.Reader.TryRead(out var item))
                {
                    switch (item)
                    {
                        case V1Pod { Metadata.DeletionTimestamp: null } changed:
                            pod = changed;
                            break;
                        case V1Pod deleted when deleted.Status?.Phase is not ("Succeeded" or "Failed"):
                            return (new PodVerdict.Hopeless(TakenAway(deleted)), Snapshots.Of(deleted, events.Values), IsThere: false);
                        case Corev1Event happened:
                            events[happened.Uid()] = happened;
                            break;
                    }
                }
            }
        }
        finally
        {
            if (logging is not null && HasEnded(pod) && !cancellationToken.IsCancellationRequested)
            {
                await Task.WhenAny(logging, Task.Delay(CleanUpTime, time, cancellationToken));
            }

            await ending.CancelAsync();
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (grace is not null)
            {
                await grace.DisposeAsync();
            }
        }

        void Line(string line)
        {
            log(line);
            if (ErrorTexts.IsDenial(line))
            {
                isDenied = true;
                news.Writer.TryWrite(null);
            }
        }
    }

    private static bool HasEnded(V1Pod pod) => pod.Status?.Phase is "Succeeded" or "Failed";

    /// <summary>
    /// Passes on what a watch brings, and takes it up again where it ended: a deletion in between would otherwise be
    /// seen by nobody. Without a version, at first or once the server has forgotten it, it starts with the present state.
    /// </summary>
    private async Task FollowAsync<T>(
        Func<string?, CancellationToken, IAsyncEnumerable<(WatchEventType Type, T Item)>> watch,
        string? version,
        ChannelWriter<IKubernetesObject<V1ObjectMeta>?> news,
        CancellationToken cancellationToken)
        where T : IKubernetesObject<V1ObjectMeta>
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var (type, item) in watch(version, cancellationToken))
                {
                    if (type is WatchEventType.Added or WatchEventType.Modified or WatchEventType.Deleted)
                    {
                        version = item.Metadata.ResourceVersion;
                        await news.WriteAsync(item, cancellationToken);
                    }
                }
            }
            catch (Exception fault) when (fault is HttpOperationException or HttpRequestException or IOException or KubernetesException)
            {
                if (IsForgotten(fault))
                {
                    version = null;
                }

                // A watch is cut whenever a server or proxy likes; the gate's own deadline bounds how long it is begun anew.
                await Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken);
            }
        }
    }

    /// <summary>410 Gone ("Kubernetes API Concepts", efficient detection of changes): the version is older than what the server keeps.</summary>
    private static bool IsForgotten(Exception fault) => fault switch
    {
        HttpOperationException refused => refused.Response.StatusCode == HttpStatusCode.Gone,
        KubernetesException told => told.Status?.Code == (int)HttpStatusCode.Gone,
        _ => false,
    };

    private static async Task StreamLogAsync(ClusterConnection connection, V1Pod pod, Action<string> log, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = await connection.Client.CoreV1.ReadNamespacedPodLogAsync(pod.Name(), pod.Namespace(), follow: true, cancellationToken: cancellationToken);
            using var reader = new StreamReader(stream);
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                log(line);
            }
        }
        catch (Exception fault) when (fault is HttpOperationException or HttpRequestException or IOException)
        {
            log($"(the log could not be read further: {fault.GetBaseException().Message})");
        }
        catch (OperationCanceledException)
        {
            // The verdict does not wait for the log.
        }
    }

    private static bool HasStarted(V1Pod pod) =>
        pod.Status?.ContainerStatuses?.Any(container => container.State?.Running is not null || container.State?.Terminated is not null) == true;

    private static Finding TakenAway(V1Pod pod) => new()
    {
        Code = FindingCodes.PodTimedOut,
        Cause = $"The validation pod {pod.Namespace()}/{pod.Name()} was deleted by somebody else before it came to its end.",
        Fix = "Run it again; if it happens again, find what deletes pods in this namespace.",
    };

    /// <summary>By its name, which is this run's own: a creation that was cut off may have succeeded all the same.</summary>
    private async Task DeleteAsync(ClusterConnection connection, string @namespace, string pod)
    {
        using var bounded = new CancellationTokenSource(CleanUpTime, time);
        try
        {
            await cloud.CallAsync(
                connection,
                $"delete pods in {@namespace}",
                resource: null,
                (client, token) => client.CoreV1.DeleteNamespacedPodAsync(pod, @namespace, gracePeriodSeconds: 1, cancellationToken: token),
                bounded.Token);
        }
        catch (HttpOperationException gone) when (gone.Response.StatusCode == HttpStatusCode.NotFound)
        {
            // Somebody was faster.
        }
    }
}
