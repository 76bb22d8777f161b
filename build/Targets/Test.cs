using System.Diagnostics;
using System.Globalization;
using System.Xml.Linq;
using Build.Host;
using Cake.Core;
using Cake.Frosting;
using Federation.Findings;
using Spectre.Console;

namespace Build.Targets;

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
        if (Directory.Exists(results))
        {
            Directory.Delete(results, recursive: true);
        }

        var filter = context.Arguments.GetArgument("filter");

        var runs = new List<TestRun>();
        // The largest first: they tend to take longest, and the others fill the gaps.
        var projects = Directory.GetDirectories(Path.Combine(repository.Root, "tests"), "*.Tests").OrderByDescending(SizeOf);
        await Parallel.ForEachAsync(
            projects,
            new ParallelOptions { MaxDegreeOfParallelism = ProjectsAtATime, CancellationToken = context.CancellationToken },
            async (project, cancellation) =>
            {
                var run = await TestRun.Of(project, results, filter, cancellation);
                lock (runs)
                {
                    runs.Add(run);
                    run.Show(context.Console);
                }
            }
        );

        foreach (var skipped in runs.SelectMany(run => run.Skipped))
        {
            context.Console.WriteLine($"skipped  {skipped}");
        }

        var (passed, failed, skips) = (
            runs.Sum(run => run.Passed),
            runs.Sum(run => run.Failures.Count),
            runs.Sum(run => run.Skipped.Count)
        );
        context.Console.WriteLine($"{passed} passed, {failed} failed{(skips > 0 ? $", {skips} skipped" : "")}");
        if (failed > 0 || passed == 0)
        {
            throw new TargetFailedException(ExitCodes.No);
        }
    }

    private static long SizeOf(string folder) => new FileInfo(AssemblyOf(folder)) is { Exists: true } assembly ? assembly.Length : 0;

    private static string AssemblyOf(string folder) =>
        Path.Combine(folder, "bin", Repository.Configuration, "net10.0", $"{Path.GetFileName(folder)}.dll");

    /// <summary>What one test project's run came to.</summary>
    private sealed record TestRun(
        string Project,
        TimeSpan Duration,
        int Passed,
        IReadOnlyList<string> Failures,
        IReadOnlyList<string> Skipped
    )
    {
        private static readonly XNamespace Trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";

        public static async Task<TestRun> Of(string folder, string results, string? filter, CancellationToken cancellation)
        {
            var project = Path.GetFileName(folder);
            var watch = Stopwatch.StartNew();
            var (exitCode, output) = await Execute(project, AssemblyOf(folder), results, filter, cancellation);
            var file = Path.Combine(results, $"{project}.trx");
            if (!File.Exists(file))
            {
                return new TestRun(project, watch.Elapsed, 0, [Ended(project, exitCode, output)], []);
            }

            var tests = XDocument
                .Load(file)
                .Descendants(Trx + "UnitTestResult")
                .ToLookup(test => (string?)test.Attribute("outcome"), StringComparer.Ordinal);
            var failures = tests["Failed"]
                .Select(test =>
                    $"{NameOf(test)}{Environment.NewLine}{Indented(
                $"{First(test, "Message")}{Environment.NewLine}{First(test, "StackTrace")}")}"
                )
                .ToList();
            // The platform ends with 0 when all passed, 2 when some failed, 8 when there were none; anything else is a
            // failure outside the tests, such as a crash after the last one.
            if (failures.Count == 0 && exitCode is not (0 or 8))
            {
                failures.Add(Ended(project, exitCode, output));
            }

            return new TestRun(
                project,
                watch.Elapsed,
                tests["Passed"].Count(),
                failures,
                [.. tests["NotExecuted"].Select(test => $"{NameOf(test)}: {First(test, "StdOut")?.Trim()}")]
            );
        }

        public void Show(IAnsiConsole console)
        {
            console.WriteLine(
                string.Format(
                    CultureInfo.InvariantCulture,
                    "{0,-28} {1,4} passed, {2} failed  {3,6:0.0} s",
                    Project,
                    Passed,
                    Failures.Count,
                    Duration.TotalSeconds
                )
            );
            foreach (var failure in Failures)
            {
                console.WriteLine($"FAILED   {failure}");
            }
        }

        private static async Task<(int ExitCode, string Output)> Execute(
            string project,
            string assembly,
            string results,
            string? filter,
            CancellationToken cancellation
        )
        {
            var start = new ProcessStartInfo(
                Repository.DotNet,
                [
                    assembly,
                    "--results-directory",
                    results,
                    "--report-xunit-trx",
                    "--report-xunit-trx-filename",
                    $"{project}.trx",
                    "--ansi",
                    "off",
                    "--progress",
                    "off",
                    .. filter is null ? (string[])[] : ["--filter-method", $"*{filter}*"],
                ]
            )
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            };
            using var process = Process.Start(start)!;
            try
            {
                var (output, error) = (
                    process.StandardOutput.ReadToEndAsync(cancellation),
                    process.StandardError.ReadToEndAsync(cancellation)
                );
                await process.WaitForExitAsync(cancellation);
                return (process.ExitCode, await output + await error);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }
        }

        private static string NameOf(XElement test) => (string)test.Attribute("testName")!;

        private static string? First(XElement test, string element) => test.Descendants(Trx + element).FirstOrDefault()?.Value;

        private static string Ended(string project, int exitCode, string output) =>
            $"{project} ended with exit code {exitCode}{Environment.NewLine}{Indented(output)}";

        private static string Indented(string text) =>
            string.Join(
                Environment.NewLine,
                text.Trim().ReplaceLineEndings("\n").Split('\n').TakeLast(60).Select(line => $"         {line}")
            );
    }
}
