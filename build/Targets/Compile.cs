using Build.Host;
using Cake.Common.Tools.DotNet;
using Cake.Common.Tools.DotNet.MSBuild;
using Cake.Core;
using Cake.Frosting;

namespace Build.Targets;

// The host's own files are among what is built, and Windows locks them while it runs. Every way to start the host
// (build.sh, build.ps1, dotnet run) builds it first where something changed, in the same configuration and on the
// same packages, so the build here finds them up to date and writes none of them.
[TaskName("Compile")]
[TaskDescription("Builds the solution.")]
public sealed class Compile : FrostingTask<BuildContext>
{
    // dotnet msbuild, because dotnet build ends each success with a summary that cannot be turned off.
    public override void Run(BuildContext context) =>
        context.DotNetMSBuild(
            Repository.Find().Solution,
            new DotNetMSBuildSettings
            {
                ToolPath = Repository.DotNet,
                NoLogo = true,
                Verbosity = DotNetVerbosity.Quiet,
                ArgumentCustomization = arguments =>
                    arguments
                        .Append("-restore")
                        .Append($"-p:Configuration={Repository.Configuration}")
                        .Append($"-p:PublishedPackages={(HostPackages.ArePublished ? "true" : "false")}"),
            }
        );
}
