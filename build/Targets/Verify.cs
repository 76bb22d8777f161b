using Cake.Frosting;

namespace Build.Targets;

[TaskName("Verify")]
[TaskDescription("Renders, plans, applies, then proves every selected workload with a validation pod.")]
[IsDependentOn(typeof(Apply))]
public sealed class Verify : AsyncFrostingTask<BuildContext>
{
    public override Task RunAsync(BuildContext context) => context.RunAsync(run => run.Proved);
}
