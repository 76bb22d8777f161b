using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using k8s.Models;

namespace Federation.Sandbox.Kubelet;

/// <summary>Takes one pod from its binding to its end, and reports each step as the kubelet does.</summary>
[SuppressMessage(
    "Design",
    "CA1001",
    Justification = "No timer and no wait handle is asked of the fields: there is nothing to dispose, and a late signal must find them."
)]
internal sealed class PodWorker
{
    /// <summary>A restarted container waits this long before its second restart, twice as long before each further one.</summary>
    private static readonly TimeSpan s_firstBackOff = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_longestBackOff = TimeSpan.FromMinutes(5);

    /// <summary>A run this long forgives the failures before it.</summary>
    private static readonly TimeSpan s_backOffReset = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan s_firstMountRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_longestMountRetry = TimeSpan.FromSeconds(122);

    private readonly IKubeletCluster _cluster;
    private readonly KubeletOptions _options;
    private readonly TimeProvider _time;
    private readonly IContainerIsolation _isolation;
    private readonly ImageStore _images;
    private readonly PodVolumes _volumes;
    private readonly ContainerPreparation _preparation;
    private readonly string _directory;
    private readonly ContainerSlot[] _initContainers;
    private readonly ContainerSlot[] _containers;
    private readonly DateTimeOffset _startTime;
    private readonly SemaphoreSlim _starting = new(1, 1);

    /// <summary>The pod is to end: nothing new is started, and what runs was asked to go.</summary>
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>What still runs is killed.</summary>
    private readonly CancellationTokenSource _killing = new();

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

    public PodWorker(
        JsonObject source,
        V1Pod pod,
        IKubeletCluster cluster,
        KubeletOptions options,
        TimeProvider time,
        IContainerIsolation isolation,
        ImageStore images
    )
    {
        (_source, _pod, _cluster, _options, _time, _isolation, _images) = (source, pod, cluster, options, time, isolation, images);
        _directory = Path.Combine(options.Directory, "pods", pod.Metadata.Uid);
        _volumes = new PodVolumes(Path.Combine(_directory, "volumes"), cluster, time);
        _startTime = time.GetUtcNow();
        var hasInit = pod.Spec.InitContainers is { Count: > 0 };
        _initContainers = ContainerSlot.Of(source, "initContainers", pod.Spec.InitContainers, hasInit);
        _containers = ContainerSlot.Of(source, "containers", pod.Spec.Containers, hasInit);
        _preparation = new ContainerPreparation(cluster, options, images, _volumes, _directory);
    }

    public ContainerLog? FindLog(string container, bool previous)
    {
        lock (_gate)
        {
            var slot = _initContainers.Concat(_containers).FirstOrDefault(slot => slot.Spec.Name == container);
            return previous ? slot?.PreviousLog : slot?.Log;
        }
    }

    /// <summary>The process of a container that runs, or null.</summary>
    public ContainerProcess? FindProcess(string container)
    {
        lock (_gate)
        {
            return _initContainers.Concat(_containers).FirstOrDefault(slot => slot.Spec.Name == container)?.Process;
        }
    }

    /// <summary>The pod changed: its deletion begins, or its grace is cut short.</summary>
    public void Observe(JsonObject source, V1Pod pod)
    {
        bool ended;
        lock (_gate)
        {
            (_source, _pod) = (source, pod);
            if (pod.Metadata.DeletionTimestamp is null)
            {
                return;
            }

            _deleted = true;
            ended = _ended;
        }

        if (ended)
        {
            Remove();
        }
        else
        {
            Stop(TimeSpan.FromSeconds(pod.Metadata.DeletionGracePeriodSeconds ?? 30));
        }
    }

    /// <summary>The pod is gone, or the node goes: kill at once and report nothing more.</summary>
    public void Abandon()
    {
        lock (_gate)
        {
            _abandoned = true;
        }

        Stop(TimeSpan.Zero);
    }

    public async Task RunAsync()
    {
        using var deadline = new CancellationTokenSource();
        try
        {
            var watch = WatchDeadlineAsync(deadline.Token);
            Publish();
            _cluster.RecordEvent(_source, "Normal", "Sandbox", _isolation.Description);
            await WorkAsync();
            await deadline.CancelAsync();
            await watch;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A pod that cannot be run is its own failure, not the node's.
            _cluster.RecordEvent(_source, "Warning", "FailedSync", $"error determining status: {exception.Message}");
            Fail(new PodFailure("FailedSync", exception.Message));
            Stop(TimeSpan.Zero);
        }

        End();
        try
        {
            if (Directory.Exists(_directory))
            {
                Directory.Delete(_directory, recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The pod may have left what this user may not remove; the pod's end stands.
        }
    }

    private async Task WorkAsync()
    {
        if (OperatingSystem.IsWindows())
        {
            Fail(
                new PodFailure(
                    "NotSupported",
                    "Pods need a POSIX shell: on Windows run the sandbox inside the Windows Subsystem for Linux (WSL)."
                )
            );
            _cluster.RecordEvent(_source, "Warning", "Failed", _failure!.Message);
            return;
        }

        if (!await MountVolumesAsync())
        {
            return;
        }

        using var refreshing = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var refresh = RefreshVolumesAsync(refreshing.Token);
        try
        {
            foreach (var slot in _initContainers)
            {
                if (!await RunContainerAsync(slot))
                {
                    return;
                }
            }

            await Task.WhenAll(_containers.Select(RunContainerAsync));
        }
        finally
        {
            await refreshing.CancelAsync();
            await refresh;
        }
    }

    private async Task<bool> MountVolumesAsync()
    {
        for (var retry = s_firstMountRetry; ; retry = Min(retry * 2, s_longestMountRetry))
        {
            try
            {
                _volumes.SetUp(_source, _pod);
                _sandboxReady = true;
                return true;
            }
            catch (VolumeException exception)
            {
                var wait = Delay(retry);
                _cluster.RecordEvent(_source, "Warning", "FailedMount", exception.Message);
                if (!await wait)
                {
                    return false;
                }
            }
        }
    }

    private async Task RefreshVolumesAsync(CancellationToken cancellationToken)
    {
        while (await Delay(_options.SyncFrequency, cancellationToken))
        {
            try
            {
                JsonObject source;
                V1Pod pod;
                lock (_gate)
                {
                    (source, pod) = (_source, _pod);
                }

                _volumes.SetUp(source, pod);
            }
            catch (VolumeException exception)
            {
                _cluster.RecordEvent(_source, "Warning", "FailedMount", exception.Message);
            }
        }
    }

    /// <summary>Runs a container, again and again where the restart policy wants it. True if it ended well.</summary>
    private async Task<bool> RunContainerAsync(ContainerSlot slot)
    {
        for (var (first, backOff) = (true, TimeSpan.Zero); ; first = false)
        {
            if (await RunOnceAsync(slot, restart: !first) is not { } end)
            {
                return false;
            }

            if (_stopping.IsCancellationRequested || !Restarts(slot, end))
            {
                return end.ExitCode == 0;
            }

            if (end.FinishedAt - end.StartedAt >= s_backOffReset && end.Reason != StartError)
            {
                backOff = TimeSpan.Zero;
            }

            // The first restart does not wait.
            if (backOff > TimeSpan.Zero)
            {
                var wait = Delay(backOff);
                Event(slot, "Warning", "BackOff", $"Back-off restarting failed container {slot.Spec.Name} in pod {Name}");
                Change(
                    slot,
                    status =>
                        status with
                        {
                            State = new ContainerState.Waiting(
                                "CrashLoopBackOff",
                                $"back-off {GoDuration(backOff)} restarting failed container={slot.Spec.Name} pod={Name}"
                            ),
                            LastState = end,
                        }
                );
                if (!await wait)
                {
                    return false;
                }
            }

            backOff = backOff == TimeSpan.Zero ? s_firstBackOff : Min(backOff * 2, s_longestBackOff);
        }
    }

    private const string StartError = "StartError";

    private bool Restarts(ContainerSlot slot, ContainerState.Terminated end) =>
        _pod.Spec.RestartPolicy switch
        {
            "Never" => false,
            "OnFailure" => end.ExitCode != 0,
            _ => !slot.IsInit || end.ExitCode != 0,
        };

    /// <summary>One run. Null if the pod was to end before it began.</summary>
    private async Task<ContainerState.Terminated?> RunOnceAsync(ContainerSlot slot, bool restart)
    {
        var log = new ContainerLog();
        ContainerProcess process;
        string message;

        // Containers start one after the other, in the pod's order.
        await _starting.WaitAsync();
        try
        {
            if (await PrepareAsync(slot) is not { } prepared)
            {
                return null;
            }

            message = prepared.TerminationLog;
            var containerId = "containerd://" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
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

            Event(slot, "Normal", "Created", $"Created container: {slot.Spec.Name}");
            try
            {
                process = await ContainerProcess.StartAsync(_isolation, prepared.Command, log, _time);
            }
            catch (ContainerStartException exception)
            {
                return NotStarted(slot, log, exception);
            }

            lock (_gate)
            {
                slot.Process = process;
            }

            Event(slot, "Normal", "Started", $"Started container {slot.Spec.Name}");
            Change(slot, status => status with { State = new ContainerState.Running(_time.GetUtcNow()) });
        }
        finally
        {
            _starting.Release();
        }

        using (process)
        {
            int exitCode;
            using (_stopping.Token.Register(() => Ask(slot, process)))
            using (_killing.Token.Register(process.Kill))
            {
                exitCode = await process.Exit;
            }

            lock (_gate)
            {
                slot.Process = null;
            }

            return Ended(slot, exitCode, ContainerPreparation.TerminationMessage(slot.Spec, message, exitCode, log));
        }
    }

    private void Ask(ContainerSlot slot, ContainerProcess process)
    {
        Event(slot, "Normal", "Killing", $"Stopping container {slot.Spec.Name}");
        process.Terminate();
    }

    private ContainerState.Terminated NotStarted(ContainerSlot slot, ContainerLog log, ContainerStartException exception)
    {
        log.Complete();
        Event(slot, "Warning", "Failed", $"Error: {exception.Message}");
        var end = new ContainerState.Terminated(
            128,
            StartError,
            exception.Message,
            DateTimeOffset.UnixEpoch,
            _time.GetUtcNow(),
            slot.Status.ContainerId
        );
        Change(
            slot,
            status =>
                Restarts(slot, end) && !_stopping.IsCancellationRequested
                    ? status with
                    {
                        State = new ContainerState.Waiting("RunContainerError", exception.Message),
                        LastState = end,
                    }
                    : status with
                    {
                        State = end,
                    }
        );
        return end;
    }

    private ContainerState.Terminated Ended(ContainerSlot slot, int exitCode, string? message)
    {
        var end = new ContainerState.Terminated(
            exitCode,
            exitCode == 0 ? "Completed" : "Error",
            message,
            (slot.Status.State as ContainerState.Running)?.StartedAt,
            _time.GetUtcNow(),
            slot.Status.ContainerId
        );

        // The ends of containers of a pod that is told to end are reported with the pod's own.
        lock (_gate)
        {
            slot.Status = slot.Status with { State = end };
        }

        if (!_stopping.IsCancellationRequested)
        {
            Publish();
        }

        return end;
    }

    /// <summary>Image and configuration, tried until both are there. Null if the pod is to end.</summary>
    private async Task<PreparedContainer?> PrepareAsync(ContainerSlot slot)
    {
        while (await PullAsync(slot) is { } image)
        {
            try
            {
                return _preparation.Prepare(_pod, slot, image);
            }
            catch (ContainerConfigException exception)
            {
                var wait = Delay(_options.SyncFrequency);
                Event(slot, "Warning", "Failed", $"Error: {exception.Message}");
                Change(slot, status => status with { State = new ContainerState.Waiting("CreateContainerConfigError", exception.Message) });
                if (!await wait)
                {
                    return null;
                }
            }
        }

        return null;
    }

    private async Task<ContainerImage?> PullAsync(ContainerSlot slot)
    {
        var name = slot.Spec.Image;
        var found = _images.Find(name);
        for (var backOff = s_firstBackOff; !_stopping.IsCancellationRequested; )
        {
            var policy = slot.Spec.ImagePullPolicy;
            if (found is not null && policy == "Always")
            {
                Event(slot, "Normal", "Pulling", $"Pulling image \"{name}\"");
                Event(slot, "Normal", "Pulled", $"Successfully pulled image \"{name}\" in 0s (0s including waiting). Image size: 0 bytes.");
                return found;
            }

            if (found is not null)
            {
                Event(slot, "Normal", "Pulled", $"Container image \"{name}\" already present on machine");
                return found;
            }

            if (policy == "Never")
            {
                var absent = $"Container image \"{name}\" is not present with pull policy of Never";
                var retry = Delay(_options.SyncFrequency);
                Event(slot, "Warning", "ErrImageNeverPull", absent);
                Event(slot, "Warning", "Failed", "Error: ErrImageNeverPull");
                Change(slot, status => status with { State = new ContainerState.Waiting("ErrImageNeverPull", absent) });
                await retry;
                continue;
            }

            var refusal = ImageStore.NotFound(name);
            var sync = Delay(_options.SyncFrequency);
            var wait = Delay(backOff);
            Event(slot, "Normal", "Pulling", $"Pulling image \"{name}\"");
            Event(slot, "Warning", "Failed", $"Failed to pull image \"{name}\": {refusal}");
            Event(slot, "Warning", "Failed", "Error: ErrImagePull");
            _cluster.RecordEvent(_source, "Normal", "Sandbox", $"The sandbox has no image \"{name}\". It has: {_images.KnownNames}.");
            Change(slot, status => status with { State = new ContainerState.Waiting("ErrImagePull", refusal) });
            if (await sync)
            {
                Event(slot, "Normal", "BackOff", $"Back-off pulling image \"{name}\"");
                Event(slot, "Warning", "Failed", "Error: ImagePullBackOff");
                Change(
                    slot,
                    status =>
                        status with
                        {
                            State = new ContainerState.Waiting(
                                "ImagePullBackOff",
                                $"Back-off pulling image \"{name}\": ErrImagePull: {refusal}"
                            ),
                        }
                );
                await wait;
            }

            backOff = Min(backOff * 2, s_longestBackOff);
        }

        return null;
    }

    private async Task WatchDeadlineAsync(CancellationToken cancellationToken)
    {
        if (_pod.Spec.ActiveDeadlineSeconds is not { } seconds)
        {
            return;
        }

        var failure = new PodFailure("DeadlineExceeded", "Pod was active on the node longer than the specified deadline");
        if (await Delay(TimeSpan.FromSeconds(seconds), cancellationToken) && !_stopping.IsCancellationRequested)
        {
            Fail(failure);
            _cluster.RecordEvent(_source, "Normal", failure.Reason, failure.Message);
            Stop(TimeSpan.FromSeconds(_pod.Spec.TerminationGracePeriodSeconds ?? 30));
        }
    }

    private void Fail(PodFailure failure)
    {
        lock (_gate)
        {
            _failure ??= failure;
        }

        Publish();
    }

    /// <summary>Asks what runs to end, and kills what still does after the grace. A shorter grace wins over an earlier one.</summary>
    private void Stop(TimeSpan grace)
    {
        var kill = grace > TimeSpan.Zero ? Task.Delay(grace, _time, _killing.Token) : Task.CompletedTask;
        lock (_gate)
        {
            foreach (var slot in _initContainers.Concat(_containers).Where(slot => slot.Status.State is not ContainerState.Running))
            {
                // What waits to run again stays as it last ended; what never ran, as it was before anything was tried.
                slot.Status = slot.Status with
                {
                    State = slot.Status switch
                    {
                        { State: ContainerState.Terminated end } => end,
                        { LastState: { } last } => last,
                        _ => ContainerSlot.Creating(_initContainers.Length > 0),
                    },
                    LastState = null,
                };
            }
        }

        Publish();
        _stopping.Cancel();
        _ = KillAfterAsync(kill);
    }

    private async Task KillAfterAsync(Task grace)
    {
        await grace.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _killing.CancelAsync();
    }

    private void End()
    {
        var lost =
            _deleted || _failure is not null
                ? _initContainers.Concat(_containers).Where(slot => slot.Status.State is ContainerState.Waiting).ToArray()
                : [];
        if (lost.Length > 0)
        {
            _sandboxReady = false;
            Publish();
        }

        lock (_gate)
        {
            _sandboxReady = false;
            _ended = true;
            _givenUp = lost.Length > 0;
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
        if (_deleted)
        {
            Remove();
        }
    }

    private void Remove()
    {
        if (!_abandoned)
        {
            _cluster.RemovePod(_pod.Metadata.NamespaceProperty, _pod.Metadata.Name, _pod.Metadata.Uid);
        }
    }

    private void Change(ContainerSlot slot, Func<ContainerStatus, ContainerStatus> change)
    {
        lock (_gate)
        {
            slot.Status = change(slot.Status);
        }

        Publish();
    }

    /// <summary>Writes the status, if it is another one than before.</summary>
    private void Publish()
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
                HostIP = _options.HostIP,
                StartTime = _startTime,
                InitContainers = [.. _initContainers.Select(slot => slot.Status)],
                Containers = [.. _containers.Select(slot => slot.Status)],
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

    private void Event(ContainerSlot slot, string type, string reason, string message) =>
        _cluster.RecordEvent(_source, type, reason, message, slot.FieldPath);

    /// <summary>Waits; false if the pod is to end meanwhile.</summary>
    private Task<bool> Delay(TimeSpan duration) => Delay(duration, _stopping.Token);

    private async Task<bool> Delay(TimeSpan duration, CancellationToken cancellationToken)
    {
        await Task.Delay(duration, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !cancellationToken.IsCancellationRequested;
    }

    private string Name => $"{_pod.Metadata.Name}_{_pod.Metadata.NamespaceProperty}({_pod.Metadata.Uid})";

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    /// <summary>A duration as Go writes it: <c>10s</c>, <c>2m40s</c>.</summary>
    private static string GoDuration(TimeSpan duration) =>
        duration.TotalMinutes < 1 ? $"{duration.Seconds}s" : $"{(int)duration.TotalMinutes}m{duration.Seconds}s";
}
