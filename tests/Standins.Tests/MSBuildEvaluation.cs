using System.Diagnostics;
using System.Text.Json;

namespace Standins.Tests;

/// <summary>What MSBuild makes of a project of this repository, evaluated and not built.</summary>
internal static class MSBuildEvaluation
{
    public static string Root { get; } = FindRoot();

    /// <param name="project">Below the root of the checkout.</param>
    /// <param name="arguments">Properties to set, and what to ask for.</param>
    public static JsonElement Of(string project, params string[] arguments)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            ["msbuild", Path.Combine(Root, project), .. arguments, "-nodeReuse:false"]
        )
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
        return JsonDocument.Parse(output).RootElement;
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Pipeline.sln")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }
}
