using Federation.Diagnosis;
using Federation.Findings;

namespace Federation.Tests.Diagnosis;

public sealed class PodVerdictTests
{
    private static readonly DateTimeOffset Created = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_pod_that_succeeded_brings_its_termination_message() =>
        Assert.Equal(
            new PodVerdict.Succeeded("who"),
            Of(Pod("Succeeded", new ContainerSnapshot("c", "i") { ExitCode = 0, TerminatedMessage = "who" }))
        );

    [Fact]
    public void A_pod_that_failed_brings_its_exit_code() =>
        Assert.Equal(
            new PodVerdict.Failed(3, "who"),
            Of(Pod("Failed", new ContainerSnapshot("c", "i") { ExitCode = 3, TerminatedMessage = "who" }))
        );

    [Fact]
    public void A_deadline_is_a_time_out() =>
        Assert.Equal(
            FindingCodes.PodTimedOut,
            Hopeless(Pod("Failed", new ContainerSnapshot("c", "i") { ExitCode = 137 }) with { Reason = "DeadlineExceeded" })
        );

    [Theory]
    [InlineData("InvalidImageName", "couldn't parse image name")]
    [InlineData("ErrImageNeverPull", "Container image \"x\" is not present with pull policy of Never")]
    [InlineData("ErrImagePull", "failed to resolve reference \"r/x:1\": r/x:1: not found")]
    [InlineData("ErrImagePull", "pull access denied, repository does not exist or may require authorization")]
    [InlineData("ImagePullBackOff", "Back-off pulling image \"x\": ErrImagePull: 401 Unauthorized")]
    public void An_image_that_can_never_be_pulled_ends_the_gate_at_once(string reason, string message) =>
        Assert.Equal(
            FindingCodes.ImagePullFailed,
            Hopeless(Pod("Pending", new ContainerSnapshot("c", "i") { WaitingReason = reason, WaitingMessage = message }))
        );

    [Fact]
    public void Another_pull_error_is_given_until_the_second_back_off()
    {
        var pod = Pod(
            "Pending",
            new ContainerSnapshot("c", "i")
            {
                WaitingReason = "ImagePullBackOff",
                WaitingMessage = "Back-off pulling image \"x\": i/o timeout",
            }
        );
        Assert.IsType<PodVerdict.Undecided>(Of(pod with { Events = [new("BackOff", "Back-off pulling image \"x\"", 1)] }));
        Assert.Equal(FindingCodes.ImagePullFailed, Hopeless(pod with { Events = [new("BackOff", "Back-off pulling image \"x\"", 2)] }));
    }

    [Fact]
    public void An_unschedulable_pod_is_given_a_grace_for_autoscalers()
    {
        var pod = Pod("Pending") with { UnscheduledReason = "Unschedulable", UnscheduledMessage = "0/1 nodes are available" };
        Assert.IsType<PodVerdict.Undecided>(Of(pod, after: PodVerdict.SchedulingGrace - TimeSpan.FromSeconds(1)));
        Assert.Equal(FindingCodes.PodUnschedulable, Hopeless(pod, after: PodVerdict.SchedulingGrace));
    }

    [Fact]
    public void No_grace_is_given_once_the_autoscaler_has_declined() =>
        Assert.Equal(
            FindingCodes.PodUnschedulable,
            Hopeless(
                Pod("Pending") with
                {
                    UnscheduledReason = "Unschedulable",
                    Events = [new("NotTriggerScaleUp", "pod didn't trigger scale-up", 1)],
                }
            )
        );

    [Fact]
    public void An_undecided_pod_says_what_it_waits_for() =>
        Assert.Equal(
            new PodVerdict.Undecided("Pending, ContainerCreating"),
            Of(Pod("Pending", new ContainerSnapshot("c", "i") { WaitingReason = "ContainerCreating" }))
        );

    private static PodSnapshot Pod(string phase, params ContainerSnapshot[] containers) =>
        new("team", "reader-verify-1", phase) { Created = Created, Containers = containers };

    private static PodVerdict Of(PodSnapshot pod, TimeSpan after = default) => PodVerdict.From(pod, Created + after);

    private static string Hopeless(PodSnapshot pod, TimeSpan after = default) =>
        Assert.IsType<PodVerdict.Hopeless>(Of(pod, after)).Finding.Code;
}
