using System.Text.Json.Nodes;
using k8s.Models;

namespace Federation.Sandbox.Kubelet;

/// <summary>Takes one pod from its binding to its end: volumes, then init containers one by one, then all its containers.</summary>
internal sealed class PodWorker
{
    /// <summary>Kubernetes, "Node-pressure Eviction": the pod is ended, and fails with this reason.</summary>
    private static readonly PodFailure Evicted = new("Evicted", "The node was low on resource: memory.");

    private readonly string _directory;
    private readonly Func<bool> _evicts;
    private readonly IContainerIsolation _isolation;
    private readonly PodReport _report;
    private readonly PodTermination _termination;
    private readonly VolumeMounting _volumes;
    private readonly ContainerRunner _runner;

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
        _directory = Path.Combine(options.Directory, "pods", pod.Metadata.Uid);
        _evicts = options.Evicts;
        _isolation = isolation;
        _report = new PodReport(source, pod, cluster, options.HostIP, time);
        _termination = new PodTermination(_report, time);
        var volumes = new PodVolumes(Path.Combine(_directory, "volumes"), cluster, time);
        _volumes = new VolumeMounting(volumes, _report, _termination, options.SyncFrequency);
        _runner = new ContainerRunner(
            new ImagePuller(images, _report, _termination, options.SyncFrequency),
            new ContainerPreparation(cluster, options, images, volumes, _directory),
            isolation,
            _report,
            _termination,
            options.SyncFrequency,
            time
        );
    }

    public ContainerLog? FindLog(string container, bool previous) => _report.FindLog(container, previous);

    public ContainerProcess? FindProcess(string container) => _report.FindProcess(container);

    /// <summary>The pod was changed at the API server: its deletion begins, say, or its grace is cut short.</summary>
    public void Observe(JsonObject source, V1Pod pod)
    {
        var hasEnded = _report.Observe(source, pod);
        if (pod.Metadata.DeletionTimestamp is null)
        {
            return;
        }

        if (hasEnded)
        {
            _report.Remove();
        }
        else
        {
            _termination.Stop(TimeSpan.FromSeconds(pod.Metadata.DeletionGracePeriodSeconds ?? 30));
        }
    }

    /// <summary>The pod is gone, or the node goes: kills at once and reports nothing more.</summary>
    public void Abandon()
    {
        _report.Abandon();
        _termination.Stop(TimeSpan.Zero);
    }

    public async Task RunAsync()
    {
        using var deadline = new CancellationTokenSource();
        try
        {
            var watch = _termination.WatchDeadlineAsync(deadline.Token);
            _report.Publish();
            _report.Event("Normal", "Sandbox", _isolation.Description);
            if (_evicts())
            {
                _report.Fail(Evicted);
                _report.Event("Warning", Evicted.Reason, Evicted.Message);
                _termination.Stop(TimeSpan.Zero);
            }

            await WorkAsync();
            await deadline.CancelAsync();
            await watch;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A pod that cannot be run is its own failure, not the node's.
            _report.Event("Warning", "FailedSync", $"error determining status: {exception.Message}");
            _report.Fail(new PodFailure("FailedSync", exception.Message));
            _termination.Stop(TimeSpan.Zero);
        }

        _report.End();
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
            const string message = "Pods need a POSIX shell: on Windows run the sandbox inside the Windows Subsystem for Linux (WSL).";
            _report.Fail(new PodFailure("NotSupported", message));
            _report.Event("Warning", "Failed", message);
            return;
        }

        if (!await _volumes.MountAsync())
        {
            return;
        }

        using var refreshing = CancellationTokenSource.CreateLinkedTokenSource(_termination.Stopping);
        var refresh = _volumes.RefreshAsync(refreshing.Token);
        try
        {
            foreach (var slot in _report.InitContainers)
            {
                if (!await _runner.RunAsync(slot))
                {
                    return;
                }
            }

            await Task.WhenAll(_report.Containers.Select(_runner.RunAsync));
        }
        finally
        {
            await refreshing.CancelAsync();
            await refresh;
        }
    }
}
