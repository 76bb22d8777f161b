using Cake.Frosting;

namespace Build;

[TaskName("Compile")]
[TaskDescription("Builds the solution.")]
public sealed class Compile : AsyncFrostingTask<BuildContext>
{
    public override Task RunAsync(BuildContext context) => Task.CompletedTask;
}
