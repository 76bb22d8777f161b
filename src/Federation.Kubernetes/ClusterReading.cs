using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using k8s;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>One reading of one cluster: each thing that its workloads share is read once.</summary>
/// <param name="turns">Bounds the calls that are under way at once.</param>
internal sealed class ClusterReading(
    KubernetesCloud cloud,
    ClusterReader reader,
    EvidenceScope scope,
    SemaphoreSlim turns,
    CancellationToken cancellationToken
)
{
    private const int LogLines = 50;
    private const int LongestLine = 4096;

    private readonly ConcurrentDictionary<(string Namespace, string Name), Lazy<Task<Reading<V1ConfigMap>>>> _configMaps = new();
    private readonly ConcurrentDictionary<string, Lazy<Task<PodEvidence>>> _pods = new(StringComparer.Ordinal);

    private ClusterConnection Connection => reader.Connection;

    private Cluster Cluster => Connection.Cluster;

    /// <summary>Reads everything side by side. If the cluster is not the configured one, the result says only that.</summary>
    public async Task<IReadOnlyDictionary<string, KubernetesEvidence>> ReadAsync(IReadOnlyList<Workload> workloads)
    {
        var issuer = Reading.TryAsync(ReadIssuerAsync);
        var namespaces = ReadNamespaces(workloads);
        var accounts = ReadServiceAccounts(workloads);
        var pods = ReadPodsAsync(workloads);
        await Task.WhenAll([issuer, pods, .. namespaces.Values, .. accounts.Values]);

        return (await issuer).Refused is { Kind.Class: FindingClass.WrongTarget }
            ? workloads.ToDictionary(
                workload => workload.Name,
                _ => new KubernetesEvidence { Issuer = issuer.Result },
                StringComparer.Ordinal
            )
            : workloads.ToDictionary(
                workload => workload.Name,
                workload => new KubernetesEvidence
                {
                    Issuer = issuer.Result,
                    Namespace = namespaces[workload.Namespace].Result,
                    ServiceAccount = accounts[(workload.Namespace, workload.ServiceAccount)].Result,
                    Pods = pods.Result.GetValueOrDefault(workload.Name),
                },
                StringComparer.Ordinal
            );
    }

    private async Task<IssuerDocument?> ReadIssuerAsync()
    {
        var identifying = reader.IdentifyAsync(cancellationToken);
        var keys = reader.ReadKeyIdsAsync(cancellationToken);
        await Task.WhenAll(identifying, keys);
        var (issuer, wrong) = identifying.Result;
        return wrong is null ? new IssuerDocument(issuer, keys.Result) : throw new FindingException(wrong);
    }

    private Dictionary<string, Task<Reading<NamespaceEvidence>>> ReadNamespaces(IReadOnlyList<Workload> workloads) =>
        reader
            .FindNamespaces(workloads.Select(workload => workload.Namespace).ToHashSet(StringComparer.Ordinal), cancellationToken)
            .ToDictionary(
                finding => finding.Key,
                finding =>
                    Reading.TryAsync(
                        $"whether the namespace {finding.Key} is there",
                        async () => await finding.Value is { } found ? new NamespaceEvidence(found.Name, found.IsTerminating) : null
                    ),
                StringComparer.Ordinal
            );

    private Dictionary<(string Namespace, string Name), Task<Reading<ServiceAccountEvidence>>> ReadServiceAccounts(
        IReadOnlyList<Workload> workloads
    ) =>
        reader
            .FindServiceAccounts(workloads.Select(workload => (workload.Namespace, workload.ServiceAccount)).ToHashSet(), cancellationToken)
            .ToDictionary(
                finding => finding.Key,
                finding =>
                    Reading.TryAsync(
                        $"whether the service account {finding.Key.Name} is there, and its annotations",
                        async () =>
                            await finding.Value is { } found
                                ? new ServiceAccountEvidence(
                                    found.Name,
                                    found
                                        .Annotations.Where(annotation => ServiceAccountEvidence.IsAboutIdentity(annotation.Key))
                                        .ToImmutableSortedDictionary(StringComparer.Ordinal)
                                )
                                : null
                    )
            );

    /// <summary>The pods of each workload, by its name; none if the scope has no pods.</summary>
    private async Task<IReadOnlyDictionary<string, Reading<IReadOnlyList<PodEvidence>>>> ReadPodsAsync(IReadOnlyList<Workload> workloads)
    {
        var listings = scope.Pods
            ? workloads
                .Select(workload => workload.Namespace)
                .Distinct(StringComparer.Ordinal)
                .ToDictionary(name => name, ListPodsAsync, StringComparer.Ordinal)
            : [];
        var named = scope.Pod is null ? null : await ReadNamedAsync(scope.Pod, listings);
        await Task.WhenAll(listings.Values);
        var isAsked = named is null ? [] : WorkloadsOf(named.Value, workloads);

        var read = await Task.WhenAll(
            workloads
                .Where(workload => scope.Pods || isAsked.Contains(workload))
                .Select(async workload =>
                {
                    var listing = listings.TryGetValue(workload.Namespace, out var listed)
                        ? listed.Result
                        : new Reading<IReadOnlyList<V1Pod>>();
                    var relevant = PodsOf(workload);
                    var asked = isAsked.Contains(workload) ? named?.Reading.Found : null;
                    var kept = relevant.Among(listing.Found ?? []).Where(pod => pod.Uid() != asked?.Uid());
                    var found = await Task.WhenAll(
                        (asked is null ? kept : kept.Prepend(asked)).Select(pod =>
                            DescribeAsync(pod, relevant.IsValidation(pod), isNamed: pod == asked)
                        )
                    );
                    return (
                        workload.Name,
                        Reading: new Reading<IReadOnlyList<PodEvidence>>
                        {
                            Found = found.Length > 0 || (listing.Refused is null && scope.Pods) ? found : null,
                            Refused = (isAsked.Contains(workload) ? named?.Reading.Refused : null) ?? listing.Refused,
                        }
                    );
                })
        );
        return read.ToDictionary(part => part.Name, part => part.Reading, StringComparer.Ordinal);
    }

    private Task<Reading<IReadOnlyList<V1Pod>>> ListPodsAsync(string @namespace) =>
        Reading.TryAsync<IReadOnlyList<V1Pod>>(
            "how the pods that use the role are set up and fare",
            async () =>
                await InTurnAsync(() =>
                    Connection.ListAsync<V1Pod, V1PodList>(
                        new Attempt($"list pods in {@namespace}"),
                        (api, page, token) =>
                            api.CoreV1.ListNamespacedPodAsync(
                                @namespace,
                                limit: ClusterConnection.PageSize,
                                continueParameter: page,
                                cancellationToken: token
                            ),
                        cancellationToken
                    )
                )
        );

    private async Task<(string Namespace, Reading<V1Pod> Reading)?> ReadNamedAsync(
        string name,
        Dictionary<string, Task<Reading<IReadOnlyList<V1Pod>>>> listings
    )
    {
        if (name.Split('/') is not [{ Length: > 0 } @namespace, { Length: > 0 } pod])
        {
            return ("", new() { Refused = NoPod(name, "a pod is named NAMESPACE/NAME", near: null) });
        }

        var found = await Reading.TryAsync(
            $"the pod {name}",
            () =>
                InTurnAsync(() =>
                    Connection.FindAsync(
                        new Attempt($"get pods/{pod} in {@namespace}"),
                        (api, token) => api.CoreV1.ReadNamespacedPodAsync(pod, @namespace, cancellationToken: token),
                        cancellationToken
                    )
                )
        );
        if (!found.IsAbsent)
        {
            return (@namespace, found);
        }

        var others = await (listings.TryGetValue(@namespace, out var listing) ? listing : ListPodsAsync(@namespace));
        return (
            @namespace,
            new()
            {
                Refused = NoPod(
                    name,
                    $"the cluster {Cluster.Key} has no such pod",
                    NearMiss.Find(pod, (others.Found ?? []).Select(other => other.Name())) is { } near ? $"{@namespace}/{near}" : null
                ),
            }
        );
    }

    private static Finding NoPod(string name, string why, string? near) =>
        new()
        {
            Code = FindingCodes.ArgumentInvalid,
            Cause = $"--pod={name}: {why}{(near is null ? "" : $"; {near} comes near")}.",
            Fix = near is null ? "kubectl get pods -A shows what there is." : $"Give --pod={near}.",
            Expected = near,
            Actual = name,
        };

    /// <summary>The workloads that a named pod is shown with: those it belongs to; if none, those of its namespace; if none, all.</summary>
    private Workload[] WorkloadsOf((string Namespace, Reading<V1Pod> Reading) named, IReadOnlyList<Workload> workloads)
    {
        Workload[] near = [.. workloads.Where(workload => workload.Namespace == named.Namespace)];
        Workload[] served = named.Reading.Found is { } pod ? [.. near.Where(workload => PodsOf(workload).IsRelevant(pod))] : [];
        return served.Length > 0 ? served
            : near.Length > 0 ? near
            : [.. workloads];
    }

    private RelevantPods PodsOf(Workload workload) =>
        new(
            workload,
            [.. cloud.Workloads.Where(other => other.Cluster.Key == Cluster.Key && other.Namespace == workload.Namespace)],
            cloud.MarkOf(workload)
        );

    private async Task<PodEvidence> DescribeAsync(V1Pod pod, bool isValidation, bool isNamed) =>
        await DetailAsync(pod, closely: isValidation || isNamed) with
        {
            IsValidation = isValidation,
            IsNamed = isNamed,
        };

    /// <summary>A pod with its events and logs; of a healthy one only its specification, unless it is looked at closely.</summary>
    private Task<PodEvidence> DetailAsync(V1Pod pod, bool closely) =>
        _pods.GetOrAdd($"{pod.Uid()} {closely}", _ => new Lazy<Task<PodEvidence>>(() => ReadDetailAsync(pod, closely))).Value;

    private async Task<PodEvidence> ReadDetailAsync(V1Pod pod, bool closely)
    {
        var snapshot = Snapshots.Of(pod, []);
        var reading = closely || IsTroubled(snapshot);
        var events = reading ? ReadEventsAsync(pod) : Task.FromResult(new Reading<IReadOnlyList<Corev1Event>>());
        var logs = (reading ? LogsOf(pod, closely) : []).Select(log => ReadLogAsync(pod, log.Container, log.Previous)).ToArray();
        var configMaps = PodSpecs
            .ConfigMapsOf(pod)
            .ToDictionary(name => name, name => ReadConfigMapAsync(pod.Namespace(), name), StringComparer.Ordinal);
        await Task.WhenAll([events, .. logs, .. configMaps.Values]);

        var known = configMaps
            .Where(configMap => configMap.Value.Result.Found is not null)
            .ToDictionary(configMap => configMap.Key, configMap => configMap.Value.Result.Found!, StringComparer.Ordinal);
        return PodSpecs.EvidenceOf(pod, Snapshots.Of(pod, events.Result.Found ?? []), known) with
        {
            Log = [.. logs.SelectMany(log => log.Result.Found ?? [])],
            Refused =
            [
                .. logs.Select(log => log.Result.Refused)
                    .Append(events.Result.Refused)
                    .Concat(configMaps.Values.Select(configMap => configMap.Result.Refused))
                    .OfType<Finding>()
                    .DistinctBy(finding => finding.Cause, StringComparer.Ordinal),
            ],
        };
    }

    private static bool IsTroubled(PodSnapshot pod) =>
        pod.Phase is not ("Running" or "Succeeded")
        || pod.Containers.Any(container =>
            container.WaitingReason is not null || container.Restarts > 0 || container.ExitCode is not (null or 0)
        );

    /// <summary>The logs to read: of a container that failed, and of one that was restarted also that of its previous run.</summary>
    private static IEnumerable<(string Container, bool Previous)> LogsOf(V1Pod pod, bool closely)
    {
        foreach (var status in (pod.Status?.InitContainerStatuses ?? []).Concat(pod.Status?.ContainerStatuses ?? []))
        {
            var endedBefore = status.LastState?.Terminated is { ExitCode: not 0 };
            if (endedBefore && status.State?.Running is not null)
            {
                yield return (status.Name, Previous: true);
            }

            // Of a container that waits to be started again, the log is that of its last run.
            if (
                endedBefore
                || status.State?.Terminated is { ExitCode: not 0 }
                || (closely && (status.State?.Running ?? (object?)status.State?.Terminated) is not null)
            )
            {
                yield return (status.Name, Previous: false);
            }
        }
    }

    private Task<Reading<IReadOnlyList<Corev1Event>>> ReadEventsAsync(V1Pod pod) =>
        Reading.TryAsync<IReadOnlyList<Corev1Event>>(
            $"what happened to the pod {pod.Name()}",
            async () =>
                await InTurnAsync(() =>
                    Connection.ListAsync<Corev1Event, Corev1EventList>(
                        new Attempt($"list events in {pod.Namespace()}"),
                        (api, page, token) =>
                            api.CoreV1.ListNamespacedEventAsync(
                                pod.Namespace(),
                                fieldSelector: $"involvedObject.uid={pod.Uid()}",
                                limit: ClusterConnection.PageSize,
                                continueParameter: page,
                                cancellationToken: token
                            ),
                        cancellationToken
                    )
                )
        );

    private Task<Reading<V1ConfigMap>> ReadConfigMapAsync(string @namespace, string name) =>
        _configMaps
            .GetOrAdd(
                (@namespace, name),
                _ => new Lazy<Task<Reading<V1ConfigMap>>>(() =>
                    Reading.TryAsync(
                        $"which variables the ConfigMap {name} sets",
                        () =>
                            InTurnAsync(() =>
                                Connection.FindAsync(
                                    new Attempt($"get configmaps/{name} in {@namespace}"),
                                    (api, token) => api.CoreV1.ReadNamespacedConfigMapAsync(name, @namespace, cancellationToken: token),
                                    cancellationToken
                                )
                            )
                    )
                )
            )
            .Value;

    private Task<Reading<IReadOnlyList<string>>> ReadLogAsync(V1Pod pod, string container, bool previous)
    {
        return Reading.TryAsync(
            $"what the container {container} of the pod {pod.Name()} wrote",
            async () =>
            {
                try
                {
                    return await InTurnAsync(() =>
                        Connection.FindAsync(
                            new Attempt($"get pods/log of {pod.Name()} in {pod.Namespace()}"),
                            ReadAsync,
                            cancellationToken
                        )
                    );
                }
                catch (FindingException none) when (KubernetesFaults.StatusOf(none) == HttpStatusCode.BadRequest)
                {
                    // The container has not run, or its previous run is no longer kept.
                    return null;
                }
            }
        );

        async Task<IReadOnlyList<string>> ReadAsync(IKubernetes client, CancellationToken token)
        {
            await using var stream = await client.CoreV1.ReadNamespacedPodLogAsync(
                pod.Name(),
                pod.Namespace(),
                container: container,
                previous: previous,
                tailLines: LogLines,
                cancellationToken: token
            );
            using var text = new StreamReader(stream);
            var lines = new List<string>();
            while (await text.ReadLineAsync(token) is { } line)
            {
                lines.Add(Secrets.Strip(line.Length > LongestLine ? line[..LongestLine] + "…" : line));
            }

            return lines;
        }
    }

    private async Task<T> InTurnAsync<T>(Func<Task<T>> call)
    {
        await turns.WaitAsync(cancellationToken);
        try
        {
            return await call();
        }
        finally
        {
            turns.Release();
        }
    }
}
