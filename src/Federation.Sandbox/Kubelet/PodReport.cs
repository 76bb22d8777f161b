using System.Text.Json.Nodes;
using k8s.Models;

namespace Federation.Sandbox.Kubelet;

/// <summary>
/// One pod as the API server last showed it, with what its containers do, and the reporting of both: status and events.
/// Safe for concurrent use.
/// </summary>
internal sealed class PodReport
{
    private readonly IKubeletCluster _cluster;
    private readonly TimeProvider _time;
    private readonly string _hostIP;
    private readonly DateTimeOffset _startTime;
    private readonly Lock _gate = new();
    private JsonObject _source;
    private V1Pod _pod;
    private JsonObject? _published;
    private bool _sandboxReady;
    private bool _ended;
    private bool _givenUp;
    private bool _deleted;
    private bool _abandoned;
    private PodFailure? _failure;

    /// <param name="source">The same pod as <paramref name="pod"/>, as stored.</param>
    public PodReport(JsonObject source, V1Pod pod, IKubeletCluster cluster, string hostIP, TimeProvider time)
    {
        (_source, _pod, _cluster, _hostIP, _time) = (source, pod, cluster, hostIP, time);
        _startTime = time.GetUtcNow();
        var hasInit = pod.Spec.InitContainers is { Count: > 0 };
        InitContainers = ContainerSlot.Of(source, "initContainers", pod.Spec.InitContainers, hasInit);
        Containers = ContainerSlot.Of(source, "containers", pod.Spec.Containers, hasInit);
    }

    public IReadOnlyList<ContainerSlot> InitContainers { get; }

    public IReadOnlyList<ContainerSlot> Containers { get; }

    public V1Pod Pod => Observed.Pod;

    /// <summary>The pod, and the same as stored.</summary>
    public (JsonObject Source, V1Pod Pod) Observed
    {
        get
        {
            lock (_gate)
            {
                return (_source, _pod);
            }
        }
    }

    /// <summary>The log of a container's present run, or of the one before it; null if there was none.</summary>
    public ContainerLog? FindLog(string container, bool previous)
    {
        lock (_gate)
        {
            return previous ? Find(container)?.PreviousLog : Find(container)?.Log;
        }
    }

    /// <summary>The process of a container that runs, or null.</summary>
    public ContainerProcess? FindProcess(string container)
    {
        lock (_gate)
        {
            return Find(container)?.Process;
        }
    }

    /// <summary>The pod was changed at the API server.</summary>
    /// <returns>Whether all of it has ended already.</returns>
    public bool Observe(JsonObject source, V1Pod pod)
    {
        lock (_gate)
        {
            (_source, _pod) = (source, pod);
            _deleted |= pod.Metadata.DeletionTimestamp is not null;
            return _ended;
        }
    }

    /// <summary>Nothing is reported any more.</summary>
    public void Abandon()
    {
        lock (_gate)
        {
            _abandoned = true;
        }
    }

    /// <summary>Its volumes are mounted. Reported with the next change.</summary>
    public void SetSandboxReady()
    {
        lock (_gate)
        {
            _sandboxReady = true;
        }
    }

    /// <summary>Reports the reason why the pod fails as a whole; the first one stands.</summary>
    public void Fail(PodFailure failure)
    {
        lock (_gate)
        {
            _failure ??= failure;
        }

        Publish();
    }

    /// <summary>The start of a container's run, reported with its next state.</summary>
    public void Begin(ContainerSlot slot, string containerId, ContainerLog log, bool restart)
    {
        lock (_gate)
        {
            (slot.PreviousLog, slot.Log) = (slot.Log, log);
            slot.Status = slot.Status with
            {
                ContainerId = containerId,
                LastState = slot.Status.State as ContainerState.Terminated ?? slot.Status.LastState,
                RestartCount = slot.Status.RestartCount + (restart ? 1 : 0),
            };
        }
    }

    /// <param name="process">Null once it has ended.</param>
    public void SetProcess(ContainerSlot slot, ContainerProcess? process)
    {
        lock (_gate)
        {
            slot.Process = process;
        }
    }

    /// <summary>Changes a container's state and, unless told otherwise, reports it.</summary>
    public void Change(ContainerSlot slot, Func<ContainerStatus, ContainerStatus> change, bool publish = true)
    {
        lock (_gate)
        {
            slot.Status = change(slot.Status);
        }

        if (publish)
        {
            Publish();
        }
    }

    public void Event(string type, string reason, string message) => _cluster.RecordEvent(Observed.Source, type, reason, message);

    public void Event(ContainerSlot slot, string type, string reason, string message) =>
        _cluster.RecordEvent(Observed.Source, type, reason, message, slot.FieldPath);

    /// <summary>The pod is being ended: containers that do not run are reported as they last were.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            foreach (var slot in InitContainers.Concat(Containers).Where(slot => slot.Status.State is not ContainerState.Running))
            {
                // One that waits to run again stays as it last ended; one that never ran, as it was before anything was tried.
                slot.Status = slot.Status with
                {
                    State = slot.Status switch
                    {
                        { State: ContainerState.Terminated end } => end,
                        { LastState: { } last } => last,
                        _ => ContainerSlot.Creating(InitContainers.Count > 0),
                    },
                    LastState = null,
                };
            }
        }

        Publish();
    }

    /// <summary>Reports that nothing of the pod runs any more, and removes it from the API server if it was deleted.</summary>
    public void End()
    {
        ContainerSlot[] lost;
        lock (_gate)
        {
            lost =
                _deleted || _failure is not null
                    ? [.. InitContainers.Concat(Containers).Where(slot => slot.Status.State is ContainerState.Waiting)]
                    : [];
            _sandboxReady = false;
        }

        if (lost.Length > 0)
        {
            Publish();
        }

        bool deleted;
        lock (_gate)
        {
            (_ended, _givenUp, deleted) = (true, lost.Length > 0, _deleted);
            foreach (var slot in lost)
            {
                slot.Status = slot.Status with
                {
                    State = new ContainerState.Terminated(
                        137,
                        "ContainerStatusUnknown",
                        "The container could not be located when the pod was terminated",
                        null,
                        null,
                        null
                    ),
                };
            }
        }

        Publish();
        if (deleted)
        {
            Remove();
        }
    }

    /// <summary>Removes the pod from the API server: its graceful deletion is complete.</summary>
    public void Remove()
    {
        V1ObjectMeta pod;
        lock (_gate)
        {
            if (_abandoned)
            {
                return;
            }

            pod = _pod.Metadata;
        }

        _cluster.RemovePod(pod.NamespaceProperty, pod.Name, pod.Uid);
    }

    /// <summary>Writes the status to the API server if it has changed.</summary>
    public void Publish()
    {
        lock (_gate)
        {
            if (_abandoned)
            {
                return;
            }

            var status = new PodStatus
            {
                RestartPolicy = _pod.Spec.RestartPolicy ?? "Always",
                HostIP = _hostIP,
                StartTime = _startTime,
                InitContainers = [.. InitContainers.Select(slot => slot.Status)],
                Containers = [.. Containers.Select(slot => slot.Status)],
                SandboxReady = _sandboxReady,
                Ended = _ended,
                Failure = _failure,
                GivenUp = _givenUp,
            };
            var now = _time.GetUtcNow();
            if (_published is not null && JsonNode.DeepEquals(_published["status"], status.ToJson(Current(), now)))
            {
                return;
            }

            _published =
                _cluster.UpdatePod(
                    _pod.Metadata.NamespaceProperty,
                    _pod.Metadata.Name,
                    _pod.Metadata.Uid,
                    pod => pod["status"] = status.ToJson(pod, now)
                ) ?? _published;
        }
    }

    /// <summary>The status as published, under the metadata as last observed.</summary>
    private JsonObject Current() =>
        new() { ["metadata"] = _source["metadata"]!.DeepClone(), ["status"] = _published!["status"]!.DeepClone() };

    private ContainerSlot? Find(string container) => InitContainers.Concat(Containers).FirstOrDefault(slot => slot.Spec.Name == container);
}
