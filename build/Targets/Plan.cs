using Cake.Frosting;

namespace Build.Targets;

[TaskName("Plan")]
[TaskDescription("Shows what Apply would change, field by field; changes nothing.")]
[IsDependentOn(typeof(Render))]
public sealed class Plan : AsyncFrostingTask<BuildContext>
{
    public override Task RunAsync(BuildContext context) => context.RunAsync(run => run.Planned);
}
