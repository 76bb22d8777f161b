using System.Diagnostics;
using System.Text.RegularExpressions;
using EndToEnd.Tests.Agents;
using YamlDotNet.RepresentationModel;

namespace EndToEnd.Tests.Steps;

/// <summary>
/// Runs the steps of action.yml by bash, as the runner does ("Workflow syntax", jobs.&lt;id&gt;.steps[*].shell): each script in a
/// file of its own, with what the runner sets, and the expressions filled in nowhere but in <c>env:</c>.
/// </summary>
internal sealed class CompositeAction
{
    private readonly string _folder;
    private readonly Dictionary<string, string> _environment;

    /// <param name="folder">A folder of this test's own.</param>
    /// <param name="action">Where the action is, as the runner fetched it; none: it is in the workspace (<c>uses: ./</c>).</param>
    public CompositeAction(string folder, string? action)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || !File.Exists("/bin/bash") || !OnPath("curl"), "bash and curl are not installed.");
        _folder = folder;
        ToolCache = Path.Combine(folder, "tools");
        Workspace = Directory.CreateDirectory(Path.Combine(folder, "workspace")).FullName;
        Directory.CreateDirectory(Path.Combine(folder, "temp"));
        _environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["CI"] = "true",
            ["GITHUB_ACTIONS"] = "true",
            ["GITHUB_ACTION_PATH"] = action ?? HostRun.Repository,
            ["GITHUB_WORKSPACE"] = action is null ? HostRun.Repository : Workspace,
            ["GITHUB_EVENT_NAME"] = "push",
            ["RUNNER_OS"] = "Linux",
            ["RUNNER_ARCH"] = "X64",
            ["RUNNER_TEMP"] = Path.Combine(folder, "temp"),
            ["RUNNER_TOOL_CACHE"] = ToolCache,
        };
    }

    public string ToolCache { get; }

    public string Workspace { get; }

    public string this[string variable]
    {
        set => _environment[variable] = value;
    }

    /// <summary>Puts a script in the place of a program. It finds the program itself by <c>PATH=${PATH#*:}</c>.</summary>
    public void Replace(string program, string script)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "replaced")).FullName;
        var path = Path.Combine(folder, program);
        File.WriteAllText(path, $"#!/bin/bash\n{script}\n");
        ActionRelease.MakeProgram(path);
        _environment["PATH"] = $"{folder}:{Environment.GetEnvironmentVariable("PATH")}";
    }

    /// <summary>Runs one step after the other until one fails.</summary>
    public async Task<StepResult> RunAsync(IReadOnlyDictionary<string, string>? inputs = null, Action<Process, string>? watch = null)
    {
        inputs ??= new Dictionary<string, string>(StringComparer.Ordinal);
        var outputs = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
        var result = new StepResult(0, "", new Dictionary<string, string>(StringComparer.Ordinal), 0);
        var log = "";
        foreach (var step in Steps())
        {
            result = await RunAsync(step, inputs, outputs, watch);
            outputs[Text(step, "id")] = result.Outputs;
            log += result.Log;
            if (result.ExitCode != 0)
            {
                break;
            }
        }

        return result with
        {
            Log = log,
        };
    }

    private async Task<StepResult> RunAsync(
        YamlMappingNode step,
        IReadOnlyDictionary<string, string> inputs,
        Dictionary<string, IReadOnlyDictionary<string, string>> outputs,
        Action<Process, string>? watch
    )
    {
        var id = Text(step, "id");
        var script = Path.Combine(_folder, $"{id}.sh");
        var file = Path.Combine(_folder, $"{id}.outputs");
        await File.WriteAllTextAsync(script, Text(step, "run"));
        await File.WriteAllTextAsync(file, "");
        Assert.Equal("bash", Text(step, "shell"));
        Assert.DoesNotContain("${{", Text(step, "run"), StringComparison.Ordinal);

        var start = new ProcessStartInfo("/bin/bash", ["--noprofile", "--norc", "-e", "-o", "pipefail", script])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Workspace,
        };
        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["GITHUB_OUTPUT"] = file;
        start.Environment["GITHUB_STEP_SUMMARY"] = Path.Combine(_folder, "summary.md");
        if (step.Children.TryGetValue("env", out var env))
        {
            foreach (var (name, value) in (YamlMappingNode)env)
            {
                start.Environment[((YamlScalarNode)name).Value!] = Fill(((YamlScalarNode)value).Value!, inputs, outputs);
            }
        }

        using var process = Process.Start(start)!;
        var log = new List<string>();
        DataReceivedEventHandler take = (_, line) =>
        {
            if (line.Data is null)
            {
                return;
            }

            lock (log)
            {
                log.Add(line.Data);
                watch?.Invoke(process, line.Data);
            }
        };
        process.OutputDataReceived += take;
        process.ErrorDataReceived += take;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new StepResult(
            process.ExitCode,
            string.Concat(log.Select(line => line + "\n")),
            AgentLog.Outputs(await File.ReadAllTextAsync(file)),
            process.Id
        );
    }

    private static string Fill(
        string text,
        IReadOnlyDictionary<string, string> inputs,
        Dictionary<string, IReadOnlyDictionary<string, string>> outputs
    ) =>
        Regex.Replace(
            text,
            @"\$\{\{ (?<path>[^}]*) \}\}",
            match =>
                match.Groups["path"].Value.Split('.') switch
                {
                    ["inputs", var name] => inputs.TryGetValue(name, out var given) ? given : Default(name),
                    ["steps", var id, "outputs", var name] => outputs[id][name],
                    _ => throw new FormatException($"This runner does not know {match.Value}."),
                },
            RegexOptions.None,
            TimeSpan.FromSeconds(5)
        );

    private static string Default(string input) => ((YamlScalarNode)Action()["inputs"][input]["default"]).Value!;

    private static IEnumerable<YamlMappingNode> Steps() => ((YamlSequenceNode)Action()["runs"]["steps"]).Cast<YamlMappingNode>();

    private static YamlNode Action()
    {
        var stream = new YamlStream();
        using var reader = new StreamReader(Path.Combine(HostRun.Repository, "action.yml"));
        stream.Load(reader);
        return stream.Documents[0].RootNode;
    }

    private static string Text(YamlMappingNode step, string key) => ((YamlScalarNode)step[key]).Value!;

    private static bool OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, program)));
}

/// <summary>How a step ended.</summary>
/// <param name="Process">The id of the process that the runner started.</param>
internal sealed record StepResult(int ExitCode, string Log, IReadOnlyDictionary<string, string> Outputs, int Process);
