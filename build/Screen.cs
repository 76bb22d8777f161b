using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Planning;
using Federation.Reporting;
using Spectre.Console;

namespace Build;

/// <summary>What a run says to the person who watches it: lines in a file or a pipe, colours and live progress in a terminal.</summary>
public sealed class Screen(IAnsiConsole console)
{
    private readonly Lock _line = new();

    public void Say(string text) => Line(Markup.Escape(text));

    public void Opened(ConfigurationFile file, int selected, int all, string cloud)
    {
        if (file.IsExample)
        {
            Line("[yellow]There is no federation.yaml here: the bundled example runs, in the sandbox. No cloud account is touched.[/]");
        }

        Line($"{Markup.Escape(file.Shown)}: {(selected == all ? Count(all, "workload") : $"{selected} of {Count(all, "workload")}")}, {(cloud == TargetOptions.Sandbox ? "in the sandbox" : "live")}");
    }

    public void Rendered(int workloads, int files, string folder) =>
        Line($"Rendered {Count(workloads, "workload")} to {Markup.Escape(folder)} ({Count(files, "file")}).");

    public void Overridden(IReadOnlyDictionary<string, string> endpoints)
    {
        foreach (var (name, value) in endpoints)
        {
            Line($"[grey]{name}={Markup.Escape(value)}[/]");
        }
    }

    public void Planned(Plan plan)
    {
        foreach (var change in plan.Changes.Where(change => change.Action != ChangeAction.Unchanged))
        {
            Line($"{Sign(change.Action)} {Markup.Escape(change.Desired.Id.Value)}");
            foreach (var field in change.Fields)
            {
                Line(change.Action == ChangeAction.Create
                    ? $"    [grey]{Markup.Escape(field.Path)}[/] {Markup.Escape(Short(field.To))}"
                    : $"    [grey]{Markup.Escape(field.Path)}[/] [red]{Markup.Escape(Short(field.From))}[/] → [green]{Markup.Escape(Short(field.To))}[/]");
            }
        }

        Warn(plan.Findings);
        if (plan.Findings.All(finding => finding.Severity != Severity.Error))
        {
            Line(plan.HasChanges
                ? $"{plan.Count(ChangeAction.Create)} to create, {plan.Count(ChangeAction.Update)} to update, {plan.Count(ChangeAction.Unchanged)} unchanged."
                : $"No changes: all {Count(plan.Changes.Count, "resource")} are as they should be.");
        }
    }

    /// <summary>Shows the changes as they are made.</summary>
    public ChangeView Applying(Plan plan) => new(this, plan);

    public void Proving(GateRequest request) =>
        Line($"{Markup.Escape(request.Workload.Name)}: pod {Markup.Escape(request.Workload.Namespace)}/{Markup.Escape(request.PodName)} runs [italic]{Markup.Escape(request.Workload.Verify.Run)}[/]");

    public void Log(Workload workload, string line) => Line($"[grey]{Markup.Escape(workload.Name)} |[/] {Markup.Escape(Printable(line))}");

    public void Proved(GateRequest request, GateResult result, TimeSpan elapsed)
    {
        Line(result.Passed
            ? $"{Markup.Escape(request.Workload.Name)}: [green]verified[/] as {Markup.Escape(result.AssumedRoleArn ?? "")} in {Seconds(elapsed)}"
            : $"{Markup.Escape(request.Workload.Name)}: [red]failed[/] after {Seconds(elapsed)}");
        if (result.PodKept)
        {
            Line($"    [grey]the pod is kept: kubectl describe pod -n {Markup.Escape(request.Workload.Namespace)} {Markup.Escape(request.PodName)}[/]");
        }
    }

    public void Serving(string environmentFile)
    {
        Line("The sandbox is ready. In another shell:");
        Line($"    source {Markup.Escape(environmentFile)}");
        Line("Ctrl+C stops it.");
    }

    /// <summary>The last word: a row a workload, and where the report is.</summary>
    public void Ended(RunRecord record, Report report, string path)
    {
        if (report.Workloads.Count is > 0 and <= 50 && report.Outcome is not Outcome.Rendered)
        {
            var table = new Table().Border(console.Profile.Capabilities.Unicode ? TableBorder.Rounded : TableBorder.Ascii)
                .AddColumns("Workload", "Outcome", "Role", "Time");
            foreach (var workload in report.Workloads)
            {
                table.AddRow(
                    Markup.Escape(workload.Name),
                    $"[{Colour(workload.Outcome)}]{workload.Outcome.ToString().ToLowerInvariant()}[/]",
                    Markup.Escape(workload.RoleArn),
                    workload.Phases.Count == 0 ? "" : Seconds(TimeSpan.FromMilliseconds(workload.Phases.Sum(phase => phase.Milliseconds))));
            }

            lock (_line)
            {
                console.Write(table);
            }
        }

        Line($"[{Colour(report.Outcome)}]{report.Outcome.ToString().ToLowerInvariant()}[/] in {Seconds(record.Elapsed)} ({string.Join(", ", record.Phases.Select(phase => $"{phase.Name} {Seconds(TimeSpan.FromMilliseconds(phase.Milliseconds))}"))}); report: {Markup.Escape(path)}");
    }

    /// <summary>Findings that stop nothing; those that do are shown at the end, once.</summary>
    public void Warn(IEnumerable<Finding> findings)
    {
        foreach (var finding in findings.Where(finding => finding.Severity != Severity.Error))
        {
            Line($"{(finding.Location is { } location ? Markup.Escape($"{location}: ") : "")}[yellow]{finding.Severity.ToString().ToLowerInvariant()} {finding.Code} {finding.Title}:[/] {Markup.Escape(finding.Cause)}");
            Line($"    [grey]fix:[/] {Markup.Escape(finding.Fix)}");
        }
    }

    internal void Line(string markup)
    {
        lock (_line)
        {
            console.MarkupLine(markup);
        }
    }

    internal static string Sign(ChangeAction action) => action switch
    {
        ChangeAction.Create => "[green]+[/]",
        ChangeAction.Update => "[yellow]~[/]",
        ChangeAction.Delete => "[red]-[/]",
        _ => " ",
    };

    internal static string Seconds(TimeSpan time) => time.TotalSeconds < 1 ? $"{time.TotalMilliseconds:0} ms" : $"{time.TotalSeconds:0.0} s";

    private static string Count(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";

    private static string Short(string? value) => value is null ? "(none)" : value.Length > 160 ? value[..157] + "..." : value;

    /// <summary>A pod's output is not ours: its control characters must not steer the terminal.</summary>
    private static string Printable(string line) => string.Concat(line.Select(c => char.IsControl(c) && c != '\t' ? '\uFFFD' : c));

    private static string Colour(Outcome outcome) => outcome switch
    {
        Outcome.Failed or Outcome.Invalid or Outcome.Interrupted => "red",
        Outcome.Skipped or Outcome.Drifted => "yellow",
        _ => "green",
    };
}

/// <summary>The changes of an Apply as they are made: a line when each has ended.</summary>
public sealed class ChangeView(Screen screen, Plan plan)
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<ResourceId, long> _begun = new();
    private readonly int _all = plan.Changes.Count(change => change.Action != ChangeAction.Unchanged);
    private int _ended;

    public void Report(ChangeProgress progress)
    {
        var id = progress.Change.Desired.Id;
        if (progress.State == ChangeState.Running)
        {
            _begun[id] = TimeProvider.System.GetTimestamp();
            return;
        }

        var elapsed = _begun.TryGetValue(id, out var begun) ? TimeProvider.System.GetElapsedTime(begun) : TimeSpan.Zero;
        var done = progress.State == ChangeState.Done;
        screen.Line($"[[{Interlocked.Increment(ref _ended)}/{_all}]] {(done ? Screen.Sign(progress.Change.Action) : "[red]![/]")} {Markup.Escape(id.Value)} [grey]{(done ? "" : "failed, ")}{Screen.Seconds(elapsed)}[/]");
    }
}
