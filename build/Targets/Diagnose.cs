using Cake.Frosting;

namespace Build.Targets;

[TaskName("Diagnose")]
[TaskDescription("Explains the present state of every selected workload, and names the one thing that is wrong; changes nothing.")]
public sealed class Diagnose : AsyncFrostingTask<BuildContext>
{
    public override Task RunAsync(BuildContext context) => context.RunAsync(run => run.Diagnosed);
}
