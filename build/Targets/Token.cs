using Cake.Frosting;

namespace Build.Targets;

[TaskName("Token")]
[TaskDescription("Shows the claims of the workload's real token beside what AWS expects of it; changes nothing.")]
public sealed class Token : AsyncFrostingTask<BuildContext>
{
    public override Task RunAsync(BuildContext context) => context.RunAsync(run => run.CompareTokensAsync());
}
