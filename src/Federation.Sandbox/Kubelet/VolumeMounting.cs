namespace Federation.Sandbox.Kubelet;

/// <summary>Mounts the volumes of one pod before its containers start, and keeps them up to date while they run.</summary>
internal sealed class VolumeMounting(PodVolumes volumes, PodReport report, PodTermination termination, TimeSpan syncFrequency)
{
    private static readonly TimeSpan s_firstRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_longestRetry = TimeSpan.FromSeconds(122);

    /// <summary>Tries until every source of the volumes is there. False if the pod is to end.</summary>
    public async Task<bool> MountAsync()
    {
        for (var retry = s_firstRetry; ; retry = BackOff.After(retry, s_longestRetry))
        {
            if (SetUp() is not { } problem)
            {
                report.SetSandboxReady();
                return true;
            }

            var wait = termination.WaitAsync(retry);
            report.Event("Warning", "FailedMount", problem);
            if (!await wait)
            {
                return false;
            }
        }
    }

    /// <summary>Renews tokens and what has changed at the sources, until cancelled.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        while (await termination.WaitAsync(syncFrequency, cancellationToken))
        {
            if (SetUp() is { } problem)
            {
                report.Event("Warning", "FailedMount", problem);
            }
        }
    }

    /// <returns>What stands in the way, or null.</returns>
    private string? SetUp()
    {
        try
        {
            var (source, pod) = report.Observed;
            volumes.SetUp(source, pod);
            return null;
        }
        catch (VolumeException exception)
        {
            return exception.Message;
        }
    }
}
