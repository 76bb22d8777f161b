using Cake.Frosting;

namespace Build.Targets;

[TaskName("Sandbox")]
[TaskDescription("Runs the embedded clouds in the foreground, and writes the environment that leads real clients to them.")]
public sealed class Sandbox : AsyncFrostingTask<BuildContext>
{
    public override Task RunAsync(BuildContext context) => context.RunAsync(run => run.ServeAsync(context.Sandbox));
}
