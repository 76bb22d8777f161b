using Cake.Frosting;

namespace Build.Targets;

[TaskName("Render")]
[TaskDescription("Renders the documents of every selected workload; no credentials, no network.")]
public sealed class Render : AsyncFrostingTask<BuildContext>
{
    public override Task RunAsync(BuildContext context) => context.RunAsync(run => run.Rendered);
}
