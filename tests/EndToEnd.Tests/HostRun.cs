using System.Text.Json;
using System.Text.Json.Nodes;
using Build.Host;
using Federation.Calls;
using Spectre.Console;

namespace EndToEnd.Tests;

/// <summary>
/// The host run in this process, as <c>build.sh</c> runs it in its own: arguments and an environment in; exit code, both
/// streams and the report out. Nothing of the process itself is read or changed, so that tests run side by side.
/// </summary>
internal sealed class HostRun : IDisposable
{
    /// <summary>The environment of the run; at first that of a person's machine with nothing set.</summary>
    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    /// <summary>The clock of the run.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>The live clouds that the variables lead to.</summary>
    private CloudEndpoints Live
    {
        get
        {
            var endpoints = CloudEndpoints.FromEnvironment(Variable, Variables.Keys);
            return
                Variable(CloudEndpoints.Variables.Aws) is { } url
                && Variable("AWS_ACCESS_KEY_ID") is { } key
                && Variable("AWS_SECRET_ACCESS_KEY") is { } secret
                ? endpoints with
                {
                    Aws = new AwsEndpoint(new Uri(url), key, secret, Variable("AWS_SHARED_CREDENTIALS_FILE") ?? ""),
                }
                : endpoints;
        }
    }

    /// <summary>A folder of this test's own.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("federation-").FullName;

    public string Output => Path.Combine(Folder, "artifacts");

    /// <summary>The root of this repository, found from where the tests were built.</summary>
    public static string Repository { get; } = FindRepository();

    public static string Example => Path.Combine(Repository, "templates", "federation.example.yaml");

    /// <summary>Writes a configuration into this test's folder.</summary>
    public string Configure(string yaml)
    {
        var path = Path.Combine(Folder, "federation.yaml");
        File.WriteAllText(path, yaml);
        return path;
    }

    /// <summary>Writes a file into this test's folder, and returns its path.</summary>
    public string Write(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    public HostResult Run(params string[] arguments) => Run(new Interruption(), _ => { }, arguments);

    /// <param name="watch">Told of everything the host has said so far, whenever it says more.</param>
    public HostResult Run(Interruption interruption, Action<string> watch, params string[] arguments)
    {
        using var _ = interruption;
        var output = new WatchedWriter(watch);
        var error = new StringWriter();
        var report = Path.Combine(Output, "report.json");
        if (File.Exists(report))
        {
            File.Delete(report);
        }

        var environment = new HostEnvironment(Variable, [.. Variables.Keys], TextReader.Null, Time) { LiveEndpoints = Live };
        var code = BuildHost.Run(
            [.. arguments, $"--output={Output}"],
            new Terminal(Plain(output), Plain(error)),
            interruption,
            environment
        );
        return new HostResult(
            code,
            output.ToString(),
            error.ToString(),
            File.Exists(report) ? JsonNode.Parse(File.ReadAllText(report)) : null
        );
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private string? Variable(string name) => Variables.GetValueOrDefault(name);

    private static IAnsiConsole Plain(StringWriter writer)
    {
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.No,
                ColorSystem = ColorSystemSupport.NoColors,
                Out = new AnsiConsoleOutput(writer),
            }
        );
        console.Profile.Width = 400;
        return console;
    }

    private static string FindRepository()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "Pipeline.sln")))
        {
            directory = directory.Parent;
        }

        return directory.FullName;
    }
}

/// <summary>A writer that shows what it has to a watcher after each write.</summary>
internal sealed class WatchedWriter(Action<string> watch) : StringWriter
{
    public override void Write(char value)
    {
        base.Write(value);
        watch(ToString());
    }

    public override void Write(char[] buffer, int index, int count)
    {
        base.Write(buffer, index, count);
        watch(ToString());
    }

    public override void Write(string? value)
    {
        base.Write(value);
        watch(ToString());
    }
}

/// <summary>How a run of the host ended.</summary>
internal sealed record HostResult(int ExitCode, string Output, string Error, JsonNode? Report)
{
    public string? Outcome => (string?)Report?["outcome"];

    /// <summary>The findings of the whole run and of its workloads.</summary>
    public IEnumerable<string> Codes => Findings.Select(finding => (string)finding["code"]!);

    public IEnumerable<JsonNode> Findings =>
        Report is null
            ? []
            : Report["findings"]!
                .AsArray()
                .Concat(Report["workloads"]!.AsArray().SelectMany(workload => workload!["findings"]!.AsArray()))
                .OfType<JsonNode>();

    public JsonNode Workload(int index = 0) => Report!["workloads"]![index]!;

    /// <summary>The actions of all changes of all workloads.</summary>
    public IEnumerable<string> Actions =>
        Report!["workloads"]!
            .AsArray()
            .SelectMany(workload => workload!["changes"]!.AsArray())
            .Select(change => (string)change!["action"]!);

    /// <summary>Everything, for a failed assertion.</summary>
    public override string ToString() =>
        $"exit {ExitCode}\n{Output}\n{Error}\n{Report?.ToJsonString(new JsonSerializerOptions { WriteIndented = true })}";
}
