using Cake.Frosting;

namespace Build.Targets;

[TaskName("Destroy")]
[TaskDescription("Deletes what carries this federation's mark, and only that; --workload limits it.")]
[IsDependentOn(typeof(Render))]
public sealed class Destroy : AsyncFrostingTask<BuildContext>
{
    public override Task RunAsync(BuildContext context) => context.RunAsync(run => run.Applied);
}
