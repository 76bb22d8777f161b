using Cake.Common.Tools.DotNet;
using Cake.Common.Tools.DotNet.Build;
using Cake.Core;
using Cake.Frosting;

namespace Build;

// The host's own files are among what is built, and Windows locks them while it runs. Every way to start the host
// (build.sh, build.ps1, dotnet run) builds it first where something changed, in the same configuration, so the
// build here finds them up to date and writes none of them.
[TaskName("Compile")]
[TaskDescription("Builds the solution.")]
public sealed class Compile : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context) => context.DotNetBuild(Repository.Find().Solution, new DotNetBuildSettings
    {
        ToolPath = Repository.DotNet,
        Configuration = Repository.Configuration,
        NoLogo = true,
        Verbosity = DotNetVerbosity.Quiet,
        ArgumentCustomization = arguments => arguments.Append("-clp:NoSummary"),
    });
}
