using Cake.Frosting;

namespace Build.Targets;

[TaskName("Apply")]
[TaskDescription("Brings the clouds to what the documents say; a second time changes nothing.")]
[IsDependentOn(typeof(Plan))]
public sealed class Apply : AsyncFrostingTask<BuildContext>
{
    public override Task RunAsync(BuildContext context) => context.RunAsync(run => run.Applied);
}
