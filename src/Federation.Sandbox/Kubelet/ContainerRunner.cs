using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Federation.Sandbox.Kubelet;

/// <summary>Runs the containers of one pod: image, configuration, process, end, and again where the restart policy says so.</summary>
[SuppressMessage("Design", "CA1001", Justification = "No wait handle is asked of the semaphore: there is nothing to dispose.")]
internal sealed class ContainerRunner(
    ImagePuller puller,
    ContainerPreparation preparation,
    IContainerIsolation isolation,
    PodReport report,
    PodTermination termination,
    TimeSpan syncFrequency,
    TimeProvider time
)
{
    private const string StartError = "StartError";

    /// <summary>After a run this long, the next failure waits as the first one did.</summary>
    private static readonly TimeSpan s_backOffReset = TimeSpan.FromMinutes(10);

    /// <summary>Containers start one after the other, in the pod's order.</summary>
    private readonly SemaphoreSlim _starting = new(1, 1);

    private string PodName
    {
        get
        {
            var pod = report.Pod.Metadata;
            return $"{pod.Name}_{pod.NamespaceProperty}({pod.Uid})";
        }
    }

    /// <summary>Runs a container until it has ended for good. True if it ended with exit code 0.</summary>
    public async Task<bool> RunAsync(ContainerSlot slot)
    {
        for (var (first, backOff) = (true, TimeSpan.Zero); ; first = false)
        {
            if (await RunOnceAsync(slot, restart: !first) is not { } end)
            {
                return false;
            }

            if (termination.Stopping.IsCancellationRequested || !Restarts(slot, end))
            {
                return end.ExitCode == 0;
            }

            if (end.FinishedAt - end.StartedAt >= s_backOffReset && end.Reason != StartError)
            {
                backOff = TimeSpan.Zero;
            }

            // The first restart does not wait.
            if (backOff > TimeSpan.Zero && !await WaitToRestartAsync(slot, end, backOff))
            {
                return false;
            }

            backOff = backOff == TimeSpan.Zero ? BackOff.First : BackOff.After(backOff);
        }
    }

    private bool Restarts(ContainerSlot slot, ContainerState.Terminated end) =>
        report.Pod.Spec.RestartPolicy switch
        {
            "Never" => false,
            "OnFailure" => end.ExitCode != 0,
            _ => !slot.IsInit || end.ExitCode != 0,
        };

    private async Task<bool> WaitToRestartAsync(ContainerSlot slot, ContainerState.Terminated end, TimeSpan backOff)
    {
        var wait = termination.WaitAsync(backOff);
        report.Event(slot, "Warning", "BackOff", $"Back-off restarting failed container {slot.Spec.Name} in pod {PodName}");
        var message = $"back-off {BackOff.Text(backOff)} restarting failed container={slot.Spec.Name} pod={PodName}";
        report.Change(slot, status => status with { State = new ContainerState.Waiting("CrashLoopBackOff", message), LastState = end });
        return await wait;
    }

    /// <summary>Runs a container once. Null if the pod was to end before the container was created.</summary>
    private async Task<ContainerState.Terminated?> RunOnceAsync(ContainerSlot slot, bool restart)
    {
        var log = new ContainerLog();
        ContainerProcess process;
        PreparedContainer prepared;
        await _starting.WaitAsync();
        try
        {
            if (await PrepareAsync(slot) is not { } ready)
            {
                return null;
            }

            prepared = ready;
            report.Begin(slot, "containerd://" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)), log, restart);
            report.Event(slot, "Normal", "Created", $"Created container: {slot.Spec.Name}");
            try
            {
                process = await ContainerProcess.StartAsync(isolation, prepared.Command, log, time);
            }
            catch (ContainerStartException exception)
            {
                return ReportNotStarted(slot, log, exception);
            }

            report.SetProcess(slot, process);
            report.Event(slot, "Normal", "Started", $"Started container {slot.Spec.Name}");
            report.Change(slot, status => status with { State = new ContainerState.Running(time.GetUtcNow()) });
        }
        finally
        {
            _starting.Release();
        }

        using (process)
        {
            int exitCode;
            using (termination.Stopping.Register(() => AskToEnd(slot, process)))
            using (termination.Killing.Register(process.Kill))
            {
                exitCode = await process.Exit;
            }

            report.SetProcess(slot, null);
            var message = ContainerPreparation.TerminationMessage(slot.Spec, prepared.TerminationLog, exitCode, log);
            return ReportEnd(slot, exitCode, message);
        }
    }

    /// <summary>Image and configuration, tried until both are there. Null if the pod is to end.</summary>
    private async Task<PreparedContainer?> PrepareAsync(ContainerSlot slot)
    {
        while (await puller.PullAsync(slot) is { } image)
        {
            try
            {
                return preparation.Prepare(report.Pod, slot, image);
            }
            catch (ContainerConfigException exception)
            {
                var wait = termination.WaitAsync(syncFrequency);
                report.Event(slot, "Warning", "Failed", $"Error: {exception.Message}");
                var state = new ContainerState.Waiting("CreateContainerConfigError", exception.Message);
                report.Change(slot, status => status with { State = state });
                if (!await wait)
                {
                    return null;
                }
            }
        }

        return null;
    }

    private void AskToEnd(ContainerSlot slot, ContainerProcess process)
    {
        report.Event(slot, "Normal", "Killing", $"Stopping container {slot.Spec.Name}");
        process.Terminate();
    }

    private ContainerState.Terminated ReportNotStarted(ContainerSlot slot, ContainerLog log, ContainerStartException exception)
    {
        log.Complete();
        report.Event(slot, "Warning", "Failed", $"Error: {exception.Message}");
        var end = new ContainerState.Terminated(
            128,
            StartError,
            exception.Message,
            DateTimeOffset.UnixEpoch,
            time.GetUtcNow(),
            slot.Status.ContainerId
        );
        var isTriedAgain = Restarts(slot, end) && !termination.Stopping.IsCancellationRequested;
        report.Change(
            slot,
            status =>
                isTriedAgain
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

    private ContainerState.Terminated ReportEnd(ContainerSlot slot, int exitCode, string? message)
    {
        var end = new ContainerState.Terminated(
            exitCode,
            exitCode == 0 ? "Completed" : "Error",
            message,
            (slot.Status.State as ContainerState.Running)?.StartedAt,
            time.GetUtcNow(),
            slot.Status.ContainerId
        );

        // Where the whole pod is to end, its containers' ends are reported with the pod's own.
        report.Change(slot, status => status with { State = end }, publish: !termination.Stopping.IsCancellationRequested);
        return end;
    }
}
