using System.Diagnostics;

namespace EndToEnd.Tests.Steps;

/// <summary>Node.js, and the packages that <c>npm ci</c> fetched, where they are.</summary>
internal static class Node
{
    /// <param name="packages">The folder of packages that it takes, in the repository.</param>
    public static async Task<(int ExitCode, string Said)> RunAsync(string packages, params string[] arguments)
    {
        var node = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? "node.exe" : "node"))
            .FirstOrDefault(File.Exists);
        Assert.SkipUnless(node is not null, "node is not installed.");
        Assert.SkipUnless(
            Directory.Exists(Path.Combine(HostRun.Repository, packages)),
            $"{packages} is not there: npm ci --ignore-scripts makes it."
        );
        using var process = Process.Start(
            new ProcessStartInfo(node, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
                WorkingDirectory = HostRun.Repository,
            }
        )!;
        var (output, errors) = (
            process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken),
            process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)
        );
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await errors);
    }
}
