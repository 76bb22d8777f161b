using Build.Host;
using Build.Packing;
using Cake.Common;
using Cake.Core;
using Cake.Core.IO;
using Cake.Frosting;
using Federation.Findings;
using Federation.Resources;
using Spectre.Console;
using Path = System.IO.Path;

namespace Build.Targets;

[TaskName("Pack")]
[TaskDescription(
    "Makes the release's archives: the host with its runtime, for each system, with digests and bills of materials; on the "
        + "published packages only."
)]
public sealed class Pack : AsyncFrostingTask<BuildContext>
{
    private static readonly string[] Projects = ["src/Federation.Sandbox.AwsCli/Federation.Sandbox.AwsCli.csproj", "build/Build.csproj"];

    public override async Task RunAsync(BuildContext context)
    {
        RefuseStandIns(context.Arguments.HasArgument("stand-ins"));
        var repository = Repository.Find();
        var version = typeof(Pack).Assembly.GetName().Version!.ToString(3);
        var source = context.Arguments.GetArgument("repository") ?? "";
        var output = Path.GetFullPath(Path.Combine(context.Arguments.GetArgument("output") ?? "artifacts", "pack"));
        var standIns = Directory
            .GetDirectories(Path.Combine(repository.Root, "standins"))
            .Select(folder => Path.GetFileName(folder)!)
            .ToHashSet(StringComparer.Ordinal);
        if (Directory.Exists(output))
        {
            Directory.Delete(output, recursive: true);
        }

        var digests = new Dictionary<string, string>(StringComparer.Ordinal);
        var missing = false;
        foreach (var system in Systems(context.Arguments.GetArgument("runtime")))
        {
            var work = Path.Combine(output, "work", system.Id);
            var folder = Path.Combine(work, "archive");
            if (!Publish(context, repository, system, source, work, folder))
            {
                missing = true;
                continue;
            }

            // What is not needed to run: a release's symbols and doc comments.
            foreach (var file in Directory.GetFiles(folder).Where(file => Path.GetExtension(file) is ".pdb" or ".xml"))
            {
                File.Delete(file);
            }

            Copy(Path.Combine(repository.Root, "templates"), Path.Combine(folder, "templates"));
            File.Copy(Path.Combine(repository.Root, "LICENSE"), Path.Combine(folder, "LICENSE"));

            var name = $"{Mark.Tool}-{version}-{system.Id}";
            File.WriteAllText(
                Path.Combine(output, $"{name}.cdx.json"),
                BillOfMaterials.Of(folder, Mark.Tool, version, system.Id, standIns, CakeVersion)
            );
            digests[system.Id] = await ReleaseArchive.WriteAsync(
                folder,
                Path.Combine(output, $"{name}.tar.gz"),
                system.Programs,
                Age(context, repository),
                context.CancellationToken
            );
            var size = new FileInfo(Path.Combine(output, $"{name}.tar.gz")).Length / 1024d / 1024d;
            context.Console.WriteLine($"{name}.tar.gz  {size:0.0} MiB  {digests[system.Id]}  {Check(context, system, folder)}");
        }

        if (missing)
        {
            throw new TargetFailedException(ExitCodes.Refused);
        }

        Directory.Delete(Path.Combine(output, "work"), recursive: true);
        File.WriteAllText(
            Path.Combine(output, "SHA256SUMS"),
            string.Concat(digests.Select(entry => $"{entry.Value}  {Mark.Tool}-{version}-{entry.Key}.tar.gz\n"))
        );
        File.WriteAllText(Path.Combine(output, ReleaseVersion.File), ReleaseVersion.Write(version, source, digests));
    }

    /// <exception cref="FindingException">The host is built on stand-ins, and nobody allowed that (FED8013).</exception>
    private static void RefuseStandIns(bool allowed)
    {
        if (!HostPackages.ArePublished && !allowed)
        {
            throw new FindingException(
                new Finding
                {
                    Code = FindingCodes.ArgumentInvalid,
                    Cause = "Pack makes releases, which are built on the published packages; this host is built on stand-ins for them.",
                    Fix =
                        "Run PublishedPackages=true ./build.sh --target=Pack where the registry has them, or give --stand-ins for "
                        + "archives to try out.",
                }
            );
        }
    }

    private static string CakeVersion => typeof(ICakeContext).Assembly.GetName().Version!.ToString(3);

    /// <exception cref="FindingException">There is no such system (FED8013).</exception>
    private static IReadOnlyList<ReleaseSystem> Systems(string? asked)
    {
        if (asked is null)
        {
            return ReleaseSystem.All;
        }

        return
        [
            .. asked
                .Split(',')
                .Select(id =>
                    ReleaseSystem.All.FirstOrDefault(system => system.Id == id)
                    ?? throw new FindingException(
                        new Finding
                        {
                            Code = FindingCodes.ArgumentInvalid,
                            Cause = $"--runtime={asked}: no archive is made for '{id}'.",
                            Fix =
                                $"Give some of {string.Join(", ", ReleaseSystem.All.Select(system => system.Id))}, with commas "
                                + "between them.",
                        }
                    )
                ),
        ];
    }

    /// <summary>Builds both programs into one folder, where they share the runtime. What could not be fetched for it is named.</summary>
    private static bool Publish(
        BuildContext context,
        Repository repository,
        ReleaseSystem system,
        string source,
        string work,
        string folder
    )
    {
        foreach (var project in Projects)
        {
            var arguments = new ProcessArgumentBuilder()
                .Append("publish")
                .AppendQuoted(Path.Combine(repository.Root, project))
                .Append("-c")
                .Append(Repository.Configuration)
                .Append("-r")
                .Append(system.Id)
                .Append("--self-contained")
                .Append("-p:Archive=true")
                .Append("-p:ForDevelopment=false")
                .Append($"-p:PublishedPackages={(HostPackages.ArePublished ? "true" : "false")}")
                .Append("-p:UseAppHost=true")
                .Append("-p:PublishReadyToRun=true")
                .Append("-p:ContinuousIntegrationBuild=true")
                // Paths go into assemblies, and with them into the digest: each archive is built under one and the same.
                .AppendQuoted($"-p:PathMap={work}=/_/work")
                .Append("-nologo")
                .Append("-v")
                .Append("quiet")
                .Append("--artifacts-path")
                .AppendQuoted(Path.Combine(work, "build"))
                .Append("-o")
                .AppendQuoted(folder);
            if (source.Length > 0)
            {
                arguments.AppendQuoted($"-p:RepositoryUrl={source}");
            }

            var code = context.StartProcess(
                Repository.DotNet,
                new ProcessSettings { Arguments = arguments, RedirectStandardOutput = true },
                out var said
            );
            if (code == 0)
            {
                continue;
            }

            // NU1101 and NU1102: no source has the package, or not in that version.
            var unfound = said.SelectMany(line => line.Split(": error ").Skip(1))
                .Where(line => line.StartsWith("NU110", StringComparison.Ordinal))
                .Distinct(StringComparer.Ordinal)
                .ToArray();
            context.Console.WriteLine(
                unfound.Length > 0
                    ? $"{system.Id}: not packed, a package cannot be fetched."
                    : $"{system.Id}: not packed, {project} does not build."
            );
            foreach (var line in unfound.Length > 0 ? unfound : said)
            {
                context.Console.WriteLine($"    {line}");
            }

            return false;
        }

        return true;
    }

    /// <summary>Runs what can run here; of what cannot, says what it was found to be.</summary>
    private static string Check(BuildContext context, ReleaseSystem system, string folder)
    {
        if (system.Programs.FirstOrDefault(program => !system.Made(Path.Combine(folder, program))) is { } wrong)
        {
            context.Console.WriteLine($"{system.Id}: {wrong} is no program of that system.");
            throw new TargetFailedException(ExitCodes.No);
        }

        if (!system.IsHere)
        {
            return "format checked; not run here";
        }

        var code = context.StartProcess(
            Path.Combine(folder, system.Programs[0]),
            new ProcessSettings
            {
                Arguments = "--version",
                WorkingDirectory = Path.GetTempPath(),
                RedirectStandardOutput = true,
            },
            out var said
        );
        if (code == 0)
        {
            return $"runs here: {string.Join(' ', said)}";
        }

        context.Console.WriteLine($"{system.Id}: {system.Programs[0]} --version ended with {code}.");
        throw new TargetFailedException(ExitCodes.No);
    }

    /// <summary>The commit's time, so that the same commit gives the same archive.</summary>
    private static DateTimeOffset Age(BuildContext context, Repository repository)
    {
        var code = context.StartProcess(
            "git",
            new ProcessSettings
            {
                Arguments = new ProcessArgumentBuilder().Append("-C").AppendQuoted(repository.Root).Append("log -1 --format=%ct"),
                RedirectStandardOutput = true,
            },
            out var said
        );
        return code == 0 && long.TryParse(said.FirstOrDefault(), out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : DateTimeOffset.UnixEpoch;
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
