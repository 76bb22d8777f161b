using System.Collections.Concurrent;
using System.Globalization;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Planning;
using Federation.Reporting;
using Federation.Resources;
using Spectre.Console;

namespace Build;

/// <summary>What a run says to the person who watches it: lines in a file or a pipe, colours and live progress in a terminal.</summary>
public sealed class Screen(IAnsiConsole console)
{
    /// <summary>More rows than this do not fit a terminal.</summary>
    private const int LiveRows = 30;

    private readonly Lock _line = new();

    public void Say(string text) => Line(Markup.Escape(text));

    public void Opened(ConfigurationFile file, int selected, int all, string cloud)
    {
        if (file.IsExample)
        {
            Line("[yellow]There is no federation.yaml here: the bundled example runs, in the sandbox. No cloud account is touched.[/]");
        }

        Line(
            $"{Markup.Escape(file.Shown)}: {(selected == all ? Count(all, "workload") : $"{selected} of {Count(all, "workload")}")}, {cloud}"
        );
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
        foreach (var change in plan.Steps.Where(change => change.Action != StepAction.Unchanged))
        {
            Line($"{Sign(change.Action)} {Markup.Escape(change.Resource.Value)}");
            foreach (var field in change.Fields)
            {
                Line($"    [grey]{Markup.Escape(Short(field.Path))}[/]{Difference(change.Action, field)}");
            }
        }

        Warn(plan.Findings);
        if (plan.Findings.All(finding => finding.Severity != Severity.Error))
        {
            Line(
                plan.HasChanges
                    ? $"{plan.Count(StepAction.Create)} to create, {plan.Count(StepAction.Update)} to update, {plan.Count(StepAction.Unchanged)} unchanged."
                    : $"No changes: all {Count(plan.Steps.Count, "resource")} are as they should be."
            );
        }
    }

    /// <summary>Shows the changes as they are made: live in a terminal, a line as each ends elsewhere.</summary>
    public async Task<T> ApplyingAsync<T>(Plan plan, Func<Action<StepProgress>, Task<T>> apply)
    {
        var changes = plan.Steps.Where(change => change.Action != StepAction.Unchanged).ToArray();
        if (!console.Profile.Capabilities.Interactive || changes.Length is 0 or > LiveRows)
        {
            return await apply(new ChangeLines(this, changes.Length).Report);
        }

        return await console
            .Progress()
            .Columns(
                new SpinnerColumn { CompletedText = "[green]✓[/]" },
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ElapsedTimeColumn()
            )
            .StartAsync(context =>
            {
                var rows = changes.ToDictionary(
                    change => change.Resource,
                    change => context.AddTask($"{Sign(change.Action)} {Markup.Escape(change.Resource.Value)}", autoStart: false)
                );
                return apply(progress =>
                {
                    var row = rows[progress.Step.Resource];
                    switch (progress.State)
                    {
                        case StepState.Running:
                            row.StartTask();
                            row.IsIndeterminate = true;
                            break;
                        case StepState.Done:
                            row.Value = row.MaxValue;
                            row.StopTask();
                            break;
                        default:
                            row.Description = $"[red]![/] {Markup.Escape(progress.Step.Resource.Value)} [red]failed[/]";
                            row.StopTask();
                            break;
                    }
                });
            });
    }

    public void Proving(GateRequest request) =>
        Line(
            $"{Markup.Escape(request.Workload.Name)}: pod {Markup.Escape(request.Workload.Namespace)}/{Markup.Escape(request.PodName)} runs [italic]{Markup.Escape(request.Workload.Verify.Run)}[/]"
        );

    public void Log(Workload workload, string line) => Line($"[grey]{Markup.Escape(workload.Name)} |[/] {Markup.Escape(OneLine(line))}");

    public void Proved(GateRequest request, GateResult result, TimeSpan elapsed)
    {
        Line(
            result.Passed
                ? $"{Markup.Escape(request.Workload.Name)}: [green]verified[/] as {Markup.Escape(result.AssumedRoleArn ?? "")} in {Seconds(elapsed)}"
                : $"{Markup.Escape(request.Workload.Name)}: [red]failed[/] after {Seconds(elapsed)}"
        );
        Draw(result.Diagnosis);
        if (result.PodKept)
        {
            Line(
                $"    [grey]the pod is kept: kubectl describe pod -n {Markup.Escape(request.Workload.Namespace)} {Markup.Escape(request.PodName)}[/]"
            );
        }
    }

    /// <summary>It fails without a pod having to show it.</summary>
    public void Foreseen(Workload workload, WorkloadDiagnosis diagnosis)
    {
        Line($"{Markup.Escape(workload.Name)}: [red]STS would refuse it[/], so no pod is made to find out");
        Draw(diagnosis);
    }

    public void Diagnosed(WorkloadEvidence evidence, WorkloadDiagnosis diagnosis)
    {
        var workload = evidence.Workload;
        Line(
            diagnosis.RootCause switch
            {
                null => $"{Markup.Escape(workload.Name)}: [green]nothing is wrong[/]",
                { } cause when diagnosis.SeenCause is null =>
                    $"{Markup.Escape(workload.Name)}: [yellow]nothing wrong was seen, but not everything could be read[/] ({cause.Code})",
                { } cause => $"{Markup.Escape(workload.Name)}: [red]{cause.Code} {cause.Title}[/]",
            }
        );
        Draw(diagnosis);
        if (evidence.Aws.Exchange is { Code: null })
        {
            Line("  STS agreed to the exchange that was tried from here; its credentials were dropped unread.");
        }
    }

    public void Explained(IReadOnlyList<Finding> findings) =>
        Line(
            findings.Count == 0
                ? "Nothing in this text is known here. With access to the clouds, --target=Diagnose looks for itself."
                : $"{Count(findings.Count, "thing")} in this text {(findings.Count == 1 ? "is" : "are")} known:"
        );

    /// <summary>A token's claims, a line each.</summary>
    public void Shown(Workload workload, TokenEvidence token, IReadOnlyList<ClaimLine> lines)
    {
        Line(
            $"{Markup.Escape(workload.Name)}: the token of {Markup.Escape(OneLine(token.Source))}{(token.Algorithm is null ? "" : Markup.Escape(OneLine($" ({token.Algorithm}, kid {token.KeyId ?? "none"})")))}"
        );
        var width = lines.Count == 0 ? 0 : lines.Max(line => line.Claim.Length);
        foreach (var line in lines)
        {
            var (sign, colour) = line.Fits switch
            {
                true => (Signs.Held, "green"),
                false => (Signs.Broken, "red"),
                _ => (" ", "grey"),
            };
            var by = line.Fits == true ? $"  [grey]{string.Join(", ", line.Wishes.Select(wish => wish.By))}[/]" : "";
            Line($"  [{colour}]{sign}[/] {Markup.Escape(OneLine(line.Claim.PadRight(width)))}  {Markup.Escape(OneLine(line.Value))}{by}");
            foreach (var wish in line.Wishes.Where(wish => line.Fits == false))
            {
                Line(
                    $"    {new string(' ', width)}  [{(wish.Fits ? "grey" : "red")}]{wish.By} wants {Markup.Escape(OneLine(wish.Value))}[/]"
                );
            }
        }
    }

    public void NoToken(Workload workload) =>
        Line(
            $"{Markup.Escape(workload.Name)}: [yellow]no token is to be seen.[/] A validation pod that was refused shows its own; --pod=NAMESPACE/NAME reads a running pod's, --preflight requests one, --token-file=FILE takes any."
        );

    /// <summary>The way of the token, link by link.</summary>
    private void Draw(WorkloadDiagnosis diagnosis)
    {
        foreach (var line in ChainDrawing.Lines(diagnosis.Chain, console.Profile.Capabilities.Unicode))
        {
            var colour = line.State switch
            {
                LinkState.Held => "green",
                LinkState.Broken => "red",
                _ => "grey",
            };
            Line($"  [{colour}]{Markup.Escape(OneLine(line.Text))}[/]");
        }
    }

    private (string Held, string Broken) Signs => console.Profile.Capabilities.Unicode ? ("✓", "✗") : ("+", "x");

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
            var table = new Table()
                .Border(console.Profile.Capabilities.Unicode ? TableBorder.Rounded : TableBorder.Ascii)
                .AddColumns("Workload", "Outcome", "Role", "Time");
            foreach (var workload in report.Workloads)
            {
                table.AddRow(
                    Markup.Escape(workload.Name),
                    $"[{Colour(workload.Outcome)}]{workload.Outcome.ToString().ToLowerInvariant()}[/]",
                    Markup.Escape(workload.RoleArn),
                    workload.Phases.Count == 0 ? "" : Seconds(TimeSpan.FromMilliseconds(workload.Phases.Sum(phase => phase.Milliseconds)))
                );
            }

            lock (_line)
            {
                console.Write(table);
            }
        }

        var phases = string.Join(
            ", ",
            record.Phases.Select(phase => $"{phase.Name} {Seconds(TimeSpan.FromMilliseconds(phase.Milliseconds))}")
        );
        Line(
            $"[{Colour(report.Outcome)}]{report.Outcome.ToString().ToLowerInvariant()}[/] in {Seconds(record.Elapsed)}{(phases.Length == 0 ? "" : $" ({phases})")}; report: {Markup.Escape(path)}"
        );
    }

    /// <summary>Findings that stop nothing; those that do are shown at the end, once.</summary>
    public void Warn(IEnumerable<Finding> findings)
    {
        foreach (var finding in findings.Where(finding => finding.Severity != Severity.Error))
        {
            Line(
                $"{(finding.Location is { } location ? Markup.Escape($"{location}: ") : "")}[yellow]{finding.Severity.ToString().ToLowerInvariant()} {finding.Code} {finding.Title}:[/] {Markup.Escape(finding.Cause)}"
            );
            Line($"    [grey]fix:[/] {Markup.Escape(finding.Fix)}");
        }
    }

    internal void Line(string markup)
    {
        lock (_line)
        {
            console.MarkupLine(Printable(markup));
        }
    }

    internal static string Sign(StepAction action) =>
        action switch
        {
            StepAction.Create => "[green]+[/]",
            StepAction.Update => "[yellow]~[/]",
            StepAction.Delete => "[red]-[/]",
            _ => " ",
        };

    internal static string Seconds(TimeSpan time) =>
        time.TotalSeconds < 1 ? $"{time.TotalMilliseconds:0} ms" : $"{time.TotalSeconds:0.0} s";

    private static string Count(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";

    private static string Short(string? value) =>
        value is null ? "(none)"
        : value.Length > 160 ? value[..157] + "..."
        : value;

    /// <summary>The values of a field; a member of a set stands in its path already.</summary>
    private static string Difference(StepAction action, FieldChange field) =>
        (field.From, field.To) switch
        {
            (null, _) when field.IsMember => action == StepAction.Create ? "" : " [green]added[/]",
            _ when field.IsMember => " [red]removed[/]",
            (null, var to) when action == StepAction.Create => $" {Markup.Escape(Short(to))}",
            var (from, to) => $" [red]{Markup.Escape(Short(from))}[/] → [green]{Markup.Escape(Short(to))}[/]",
        };

    /// <summary>
    /// What clouds, pods and people wrote must not steer who shows it: each control character, and each that turns the
    /// direction of writing or does not show, becomes U+FFFD. Tabs and line feeds stay.
    /// </summary>
    internal static string Printable(string text) =>
        string.Concat(
            text.Select(c =>
                c is '\t' or '\n' || char.GetUnicodeCategory(c) is not (UnicodeCategory.Control or UnicodeCategory.Format) ? c : '\uFFFD'
            )
        );

    /// <summary>As <see cref="Printable"/>, and on one line.</summary>
    internal static string OneLine(string text) =>
        Printable(string.Concat(text.Select(c => c is '\n' or '\r' or '\u0085' or '\u2028' or '\u2029' ? '⏎' : c)));

    private static string Colour(Outcome outcome) =>
        outcome switch
        {
            Outcome.Failed or Outcome.Invalid or Outcome.Interrupted => "red",
            Outcome.Skipped or Outcome.Drifted => "yellow",
            _ => "green",
        };
}

/// <summary>The changes of an Apply, a line as each ends.</summary>
internal sealed class ChangeLines(Screen screen, int all)
{
    private readonly ConcurrentDictionary<ResourceId, long> _begun = new();
    private int _ended;

    public void Report(StepProgress progress)
    {
        var id = progress.Step.Resource;
        if (progress.State == StepState.Running)
        {
            _begun[id] = TimeProvider.System.GetTimestamp();
            return;
        }

        var elapsed = Screen.Seconds(TimeProvider.System.GetElapsedTime(_begun[id]));
        var number = Interlocked.Increment(ref _ended);
        screen.Line(
            progress.State == StepState.Done
                ? $"[[{number}/{all}]] {Screen.Sign(progress.Step.Action)} {Markup.Escape(id.Value)} [grey]{elapsed}[/]"
                : $"[[{number}/{all}]] [red]![/] {Markup.Escape(id.Value)} [red]failed[/] [grey]after {elapsed}[/]"
        );
    }
}
