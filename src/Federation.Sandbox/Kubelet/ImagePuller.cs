namespace Federation.Sandbox.Kubelet;

/// <summary>Finds the image of a container of one pod, with the events and waits of a pull from a registry.</summary>
internal sealed class ImagePuller(ImageStore images, PodReport report, PodTermination termination, TimeSpan syncFrequency)
{
    /// <summary>Tries until the image is there. Null if the pod is to end.</summary>
    public async Task<ContainerImage?> PullAsync(ContainerSlot slot)
    {
        var name = slot.Spec.Image;
        var policy = slot.Spec.ImagePullPolicy;
        var backOff = BackOff.First;
        while (!termination.Stopping.IsCancellationRequested)
        {
            if (images.Find(name) is { } image)
            {
                ReportFound(slot, pulled: policy == "Always");
                return image;
            }

            if (policy == "Never")
            {
                var absent = $"Container image \"{name}\" is not present with pull policy of Never";
                var retry = termination.WaitAsync(syncFrequency);
                report.Event(slot, "Warning", "ErrImageNeverPull", absent);
                report.Event(slot, "Warning", "Failed", "Error: ErrImageNeverPull");
                ReportWaiting(slot, "ErrImageNeverPull", absent);
                await retry;
                continue;
            }

            var refusal = ImageStore.NotFound(name);
            var sync = termination.WaitAsync(syncFrequency);
            var wait = termination.WaitAsync(backOff);
            report.Event(slot, "Normal", "Pulling", $"Pulling image \"{name}\"");
            report.Event(slot, "Warning", "Failed", $"Failed to pull image \"{name}\": {refusal}");
            report.Event(slot, "Warning", "Failed", "Error: ErrImagePull");
            report.Event("Normal", "Sandbox", $"The sandbox has no image \"{name}\". It has: {images.KnownNames}.");
            ReportWaiting(slot, "ErrImagePull", refusal);
            if (await sync)
            {
                report.Event(slot, "Normal", "BackOff", $"Back-off pulling image \"{name}\"");
                report.Event(slot, "Warning", "Failed", "Error: ImagePullBackOff");
                ReportWaiting(slot, "ImagePullBackOff", $"Back-off pulling image \"{name}\": ErrImagePull: {refusal}");
                await wait;
            }

            backOff = BackOff.After(backOff);
        }

        return null;
    }

    private void ReportFound(ContainerSlot slot, bool pulled)
    {
        var name = slot.Spec.Image;
        if (pulled)
        {
            report.Event(slot, "Normal", "Pulling", $"Pulling image \"{name}\"");
        }

        report.Event(
            slot,
            "Normal",
            "Pulled",
            pulled
                ? $"Successfully pulled image \"{name}\" in 0s (0s including waiting). Image size: 0 bytes."
                : $"Container image \"{name}\" already present on machine"
        );
    }

    private void ReportWaiting(ContainerSlot slot, string reason, string message) =>
        report.Change(slot, status => status with { State = new ContainerState.Waiting(reason, message) });
}
