using System.Diagnostics;
using System.Xml.Linq;
using Build.Host;
using Cake.Core;
using Cake.Frosting;
using Federation.Diagnosis;
using Spectre.Console;

namespace Build;

[TaskName("Test")]
[TaskDescription("Builds the solution and runs its tests; the last line counts them.")]
[IsDependentOn(typeof(Compile))]
public sealed class Test : AsyncFrostingTask<BuildContext>
{
    // Test projects start servers and processes of their own: more than two at a time only slow each other down.
    private const int ProjectsAtATime = 2;

    public override async Task RunAsync(BuildContext context)
    {
        var repository = Repository.Find();
        var results = Path.Combine(repository.Root, "artifacts", "test-results");
        if (Directory.Exists(results)) Directory.Delete(results, recursive: true);
        var filter = context.Arguments.GetArgument("filter");

        var runs = new List<TestRun>();
        await Parallel.ForEachAsync(
            Directory.GetDirectories(Path.Combine(repository.Root, "tests"), "*.Tests").Order(StringComparer.Ordinal),
            new ParallelOptions { MaxDegreeOfParallelism = ProjectsAtATime, CancellationToken = context.CancellationToken },
            async (project, cancellation) =>
            {
                var run = await TestRun.Of(project, results, filter, cancellation);
                lock (runs)
                {
                    runs.Add(run);
                    run.Show(context.Console);
                }
            });

        foreach (var skipped in runs.SelectMany(run => run.Skipped)) context.Console.WriteLine($"skipped  {skipped}");
        var (passed, failed, skips) = (runs.Sum(run => run.Passed), runs.Sum(run => run.Failures.Count), runs.Sum(run => run.Skipped.Count));
        context.Console.WriteLine($"{passed} passed, {failed} failed{(skips > 0 ? $", {skips} skipped" : "")}");
        if (failed > 0 || passed == 0) throw new TargetFailedException(ExitCodes.No);
    }

    /// <summary>What one test project's run came to.</summary>
    private sealed record TestRun(string Project, TimeSpan Duration, int Passed, IReadOnlyList<string> Failures, IReadOnlyList<string> Skipped)
    {
        public static async Task<TestRun> Of(string folder, string results, string? filter, CancellationToken cancellation)
        {
            var project = Path.GetFileName(folder);
            var watch = Stopwatch.StartNew();
            var (exitCode, output) = await Execute(project, Path.Combine(folder, "bin", Repository.Configuration, "net10.0", $"{project}.dll"), results, filter, cancellation);
            var file = Path.Combine(results, $"{project}.xml");
            if (!File.Exists(file))
            {
                return new TestRun(project, watch.Elapsed, 0, [$"{project} ended with exit code {exitCode} and without results{Environment.NewLine}{Indented(output)}"], []);
            }

            var document = XDocument.Load(file);
            var tests = document.Descendants("test").ToLookup(test => (string?)test.Attribute("result"), StringComparer.Ordinal);
            var failures = tests["Fail"].Select(test => Failure((string?)test.Attribute("name"), test.Element("failure")))
                .Concat(document.Descendants("error").Select(error => Failure($"{error.Attribute("type")?.Value} {error.Attribute("name")?.Value}", error.Element("failure"))))
                .ToList();
            // A crash after the last test, say: the platform's 0, 2 and 8 stand for passed, failed and none found.
            if (failures.Count == 0 && exitCode is not (0 or 8)) failures.Add($"{project} ended with exit code {exitCode}{Environment.NewLine}{Indented(output)}");
            return new TestRun(project, watch.Elapsed, tests["Pass"].Count(), failures,
                [.. tests["Skip"].Select(test => $"{(string?)test.Attribute("name")}: {test.Element("reason")?.Value.Trim()}")]);
        }

        public void Show(IAnsiConsole console)
        {
            console.WriteLine($"{Project,-28} {Passed,4} passed, {Failures.Count} failed  {Duration.TotalSeconds,6:0.0} s");
            foreach (var failure in Failures) console.WriteLine($"FAILED   {failure}");
        }

        private static async Task<(int ExitCode, string Output)> Execute(string project, string assembly, string results, string? filter, CancellationToken cancellation)
        {
            var start = new ProcessStartInfo(Repository.DotNet,
                [
                    assembly, "--results-directory", results, "--report-xunit-xml", "--report-xunit-xml-filename", $"{project}.xml",
                    "--ansi", "off", "--progress", "off", .. filter is null ? (string[])[] : ["--filter-method", $"*{filter}*"],
                ])
            { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
            using var process = Process.Start(start)!;
            try
            {
                var (output, error) = (process.StandardOutput.ReadToEndAsync(cancellation), process.StandardError.ReadToEndAsync(cancellation));
                await process.WaitForExitAsync(cancellation);
                return (process.ExitCode, await output + await error);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }
        }

        private static string Failure(string? name, XElement? failure) =>
            $"{name}{Environment.NewLine}{Indented($"{failure?.Element("message")?.Value}{Environment.NewLine}{failure?.Element("stack-trace")?.Value}")}";

        private static string Indented(string text) => string.Join(Environment.NewLine,
            text.Trim().ReplaceLineEndings("\n").Split('\n').TakeLast(60).Select(line => $"         {line}"));
    }
}
