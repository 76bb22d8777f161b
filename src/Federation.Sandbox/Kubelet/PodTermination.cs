using System.Diagnostics.CodeAnalysis;

namespace Federation.Sandbox.Kubelet;

/// <summary>The end of one pod: when it is asked for, how long it may take, and who waits for something must give up.</summary>
[SuppressMessage(
    "Design",
    "CA1001",
    Justification = "Neither source has a timer or a wait handle to dispose of, and a signal that comes late must still find them."
)]
internal sealed class PodTermination(PodReport report, TimeProvider time)
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _killing = new();

    /// <summary>Nothing new is started, and what runs is asked to end.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>What still runs is killed.</summary>
    public CancellationToken Killing => _killing.Token;

    /// <summary>Asks what runs to end, and kills what still does after the grace. A shorter grace wins over an earlier one.</summary>
    public void Stop(TimeSpan grace)
    {
        var kill = grace > TimeSpan.Zero ? Task.Delay(grace, time, _killing.Token) : Task.CompletedTask;
        report.Stop();
        _stopping.Cancel();
        _ = KillAfterAsync(kill);
    }

    /// <summary>Stops the pod when its <c>activeDeadlineSeconds</c> are over.</summary>
    public async Task WatchDeadlineAsync(CancellationToken cancellationToken)
    {
        if (report.Pod.Spec.ActiveDeadlineSeconds is not { } seconds)
        {
            return;
        }

        var failure = new PodFailure("DeadlineExceeded", "Pod was active on the node longer than the specified deadline");
        if (await WaitAsync(TimeSpan.FromSeconds(seconds), cancellationToken) && !Stopping.IsCancellationRequested)
        {
            report.Fail(failure);
            report.Event("Normal", failure.Reason, failure.Message);
            Stop(TimeSpan.FromSeconds(report.Pod.Spec.TerminationGracePeriodSeconds ?? 30));
        }
    }

    /// <summary>Waits; false if the pod is to end meanwhile.</summary>
    public Task<bool> WaitAsync(TimeSpan duration) => WaitAsync(duration, Stopping);

    /// <summary>Waits; false if cancelled meanwhile.</summary>
    public async Task<bool> WaitAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        await Task.Delay(duration, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !cancellationToken.IsCancellationRequested;
    }

    private async Task KillAfterAsync(Task grace)
    {
        await grace.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _killing.CancelAsync();
    }
}
