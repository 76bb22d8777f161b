using k8s;
using k8s.Models;

namespace Federation.Sandbox.Kubelet;

/// <summary>
/// The node of a sandbox cluster: schedules pods to itself and runs their containers as processes of this machine.
/// </summary>
internal sealed class KubeletAgent(IKubeletCluster cluster, KubeletOptions options, TimeProvider time) : IPodRuntime
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (PodWorker Worker, Task Work)> _pods = new(StringComparer.Ordinal);
    private readonly List<Task> _leaving = [];
    private readonly Scheduler _scheduler = new(cluster, options, time);

    /// <summary>Runs until cancelled. Then kills the processes of all pods and deletes their files.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(options.Directory);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(options.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        try
        {
            var isolation = await ChooseIsolationAsync(cancellationToken);
            var images = new ImageStore(options, isolation);
            await foreach (var change in cluster.WatchPodsAsync(cancellationToken))
            {
                try
                {
                    Handle(change, isolation, images);
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    // An unreadable pod must not stop the node.
                    cluster.RecordEvent(change.Pod, "Warning", "FailedSync", $"error determining status: {exception.Message}");
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested) { }
        finally
        {
            (PodWorker Worker, Task Work)[] pods;
            lock (_gate)
            {
                pods = [.. _pods.Values];
                _pods.Clear();
            }

            foreach (var (worker, _) in pods)
            {
                worker.Abandon();
            }

            await Task.WhenAll([.. pods.Select(pod => pod.Work), .. _leaving]);
            RemoveFiles();
        }
    }

    public ContainerLog? FindLog(string podUid, string container, bool previous) => FindWorker(podUid)?.FindLog(container, previous);

    public ContainerExec? StartExec(string podUid, string container, IReadOnlyList<string> arguments, bool terminal) =>
        FindWorker(podUid)?.FindProcess(container)?.StartExec(arguments, terminal);

    private PodWorker? FindWorker(string podUid)
    {
        lock (_gate)
        {
            return _pods.TryGetValue(podUid, out var pod) ? pod.Worker : null;
        }
    }

    private void RemoveFiles()
    {
        try
        {
            Directory.Delete(options.Directory, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A pod may have left files that this user may not delete.
        }
    }

    private async Task<IContainerIsolation> ChooseIsolationAsync(CancellationToken cancellationToken) =>
        options.Isolation switch
        {
            ContainerIsolation.Namespaces => new NamespaceIsolation(),
            ContainerIsolation.RewrittenPaths => new PathRewritingIsolation(),
            _ => await NamespaceIsolation.WorksAsync(Path.Combine(options.Directory, "probe"), cancellationToken)
                ? new NamespaceIsolation()
                : new PathRewritingIsolation(),
        };

    private void Handle(PodEvent change, IContainerIsolation isolation, ImageStore images)
    {
        var pod = KubernetesJson.Deserialize<V1Pod>(change.Pod.ToJsonString());
        (PodWorker Worker, Task Work) known;
        lock (_gate)
        {
            _pods.TryGetValue(pod.Metadata.Uid, out known);
        }

        if (change.Kind == PodEventKind.Deleted)
        {
            if (known.Worker is not null)
            {
                known.Worker.Abandon();
                lock (_gate)
                {
                    _pods.Remove(pod.Metadata.Uid);
                    _leaving.RemoveAll(work => work.IsCompleted);
                    _leaving.Add(known.Work);
                }
            }
        }
        else if (known.Worker is not null)
        {
            known.Worker.Observe(change.Pod, pod);
        }
        else if (pod.Metadata.DeletionTimestamp is not null)
        {
            if (pod.Spec.NodeName == options.NodeName)
            {
                cluster.RemovePod(pod.Metadata.NamespaceProperty, pod.Metadata.Name, pod.Metadata.Uid);
            }
        }
        else if (string.IsNullOrEmpty(pod.Spec.NodeName))
        {
            if (pod.Spec.SchedulerName is null or "default-scheduler")
            {
                _scheduler.Schedule(change.Pod, pod);
            }
        }
        else if (pod.Spec.NodeName == options.NodeName && pod.Status?.Phase is not ("Succeeded" or "Failed"))
        {
            var worker = new PodWorker(change.Pod, pod, cluster, options, time, isolation, images);
            lock (_gate)
            {
                _pods.Add(pod.Metadata.Uid, (worker, Task.Run(worker.RunAsync, CancellationToken.None)));
            }
        }
    }
}
