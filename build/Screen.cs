using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Planning;
using Federation.Reporting;
using Spectre.Console;

namespace Build;

/// <summary>
/// Shows a run to the person who watches it: lines in a file or a pipe, colours and live progress in a terminal. Errors are
/// shown by the host when the run has ended, each once; what ends nothing is shown here as it is found.
/// </summary>
/// <param name="cloud"><c>live</c> or <c>sandbox</c>; null where the run calls no cloud.</param>
internal sealed class Screen(IAnsiConsole console, string? cloud) : IRunObserver
{
    /// <summary>The most workloads that the closing table shows.</summary>
    private const int LongestTable = 50;

    private readonly HashSet<Finding> _shown = [];
    private readonly List<(RunPhase Phase, TimeSpan Elapsed)> _phases = [];
    private StepScreen? _steps;

    public void On(RunEvent happened)
    {
        switch (happened)
        {
            case RunEvent.Opened opened:
                Show(opened);
                break;
            case RunEvent.EvidenceOpened opened:
                Say(
                    $"{opened.Path}: evidence of {Count(opened.Selected.Count, "workload")}, taken {opened.Taken:yyyy-MM-dd HH:mm:ss}Z; "
                        + "nothing is called."
                );
                break;
            case RunEvent.DocumentsWritten written:
                Say(
                    $"Rendered {Count(written.Workloads, "workload")} to {written.Folder} ({Count(written.Files, "file")}); "
                        + $"the permissions that a live run needs are in {written.RunnerFolder}."
                );
                break;
            case RunEvent.EndpointsOverridden endpoints:
                foreach (var (name, value) in endpoints.Overrides)
                {
                    Line($"[grey]{Markup.Escape($"{name}={value}")}[/]");
                }

                break;
            case RunEvent.Found found:
                Warn(found.Findings);
                break;
            case RunEvent.PlanMade made:
                Show(made.Plan);
                break;
            case RunEvent.PlanSaved saved:
                Say($"The plan is in {saved.Path}, with the checksum {saved.Checksum}.");
                break;
            case RunEvent.ApplyStarted started:
                _steps = StepScreen.Begin(console, [.. started.Steps.Where(step => step.Writes)]);
                break;
            case RunEvent.StepProgressed(var progress):
                _steps?.Show(progress);
                break;
            case RunEvent.ApplyEnded:
                _steps?.End();
                break;
            case RunEvent.GateStarted started:
                Line(
                    $"{Name(started.Workload)}: pod {Pod(started.Workload, started.Pod)} runs "
                        + $"[italic]{Markup.Escape(started.Workload.Verify.Run)}[/]"
                );
                break;
            case RunEvent.PodLogged logged:
                Line($"[grey]{Name(logged.Workload)} |[/] {Markup.Escape(PlainText.OneLine(logged.Line))}");
                break;
            case RunEvent.GateSkipped skipped:
                Line($"{Name(skipped.Workload)}: [red]STS would refuse the token[/], so no validation pod is created");
                Show(skipped.Diagnosis);
                break;
            case RunEvent.GateRefused refused:
                Line($"{Name(refused.Workload)}: [red]failed[/]: the validation pod could not be run to its end");
                Show(refused.Diagnosis);
                break;
            case RunEvent.GateEnded ended:
                Show(ended);
                break;
            case RunEvent.Diagnosed diagnosed:
                Show(diagnosed.Evidence, diagnosed.Diagnosis);
                break;
            case RunEvent.TextExplained explained:
                Say(
                    explained.Findings.Count == 0
                        ? "No known error found in this text. With access to the clouds, --target=Diagnose looks for itself."
                        : $"{Count(explained.Findings.Count, "known error")} found in this text:"
                );
                break;
            case RunEvent.TokensCompared compared:
                Show(compared);
                break;
            case RunEvent.EvidenceSaved saved:
                Say($"The evidence is in {saved.Path}; it holds no secret.");
                break;
            case RunEvent.SandboxReady ready:
                Say("The sandbox is ready. In another shell:");
                Say($"    source {ready.EnvironmentFile}");
                Say("Ctrl+C stops it.");
                break;
            case RunEvent.SandboxStopped:
                Say("The sandbox has stopped.");
                break;
            case RunEvent.PhaseEnded ended:
                _phases.Add((ended.Phase, ended.Elapsed));
                break;
            case RunEvent.Ended ended:
                Show(ended.Report, ended.ReportPath);
                break;
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

    private void Show(RunEvent.Opened opened)
    {
        if (opened.IsExample)
        {
            Line("[yellow]There is no federation.yaml here: the bundled example runs, in the sandbox. No cloud account is touched.[/]");
        }

        var workloads = Count(opened.Configured, "workload");
        Say(
            $"{opened.Source}: "
                + $"{(opened.Selected.Count == opened.Configured ? workloads : $"{opened.Selected.Count} of {workloads}")}, "
                + (cloud ?? "no cloud is called")
        );
    }

    private void Show(Plan plan)
    {
        foreach (var step in plan.Steps.Where(step => step.Action != StepAction.Unchanged))
        {
            Line($"{Sign(step.Action)} {Markup.Escape(step.Id.ToString())}{Why(step, plan)}");
            foreach (var field in step.Fields)
            {
                Line($"    [grey]{Markup.Escape(ShortPath(field.Path))}[/]{Difference(step.Action, field)}");
            }
        }

        foreach (var step in plan.Steps.Where(step => step.Reason == StepReason.StillNeeded))
        {
            Line($"[yellow]=[/] {Markup.Escape(step.Id.ToString())} [grey](stays: another workload needs it)[/]");
        }

        if (plan.Findings.All(finding => finding.Severity != Severity.Error))
        {
            Say(
                plan.HasChanges
                    ? $"{plan.Count(StepAction.Create)} to create, {plan.Count(StepAction.Update)} to update, "
                        + (plan.Count(StepAction.Delete) is var going and > 0 ? $"{going} to delete, " : "")
                        + $"{plan.Count(StepAction.Unchanged)} unchanged."
                    : $"No changes: all {Count(plan.Steps.Count, "resource")} are as they should be."
            );
        }
    }

    private static string Why(Step step, Plan plan) =>
        step switch
        {
            { Reason: StepReason.SuppressedByMode } => " [grey](not written: the mode keeps it as it is)[/]",
            { Reason: StepReason.Adopted } => " [grey](taken over)[/]",
            { Stage: Stage.Widen } => ": [grey]the new access beside the old one[/]",
            { Reason: StepReason.Superseded }
                when plan.Steps.Any(other => other.Id == step.Id with { Stage = Stage.Widen } && other.Writes) =>
                ": [grey]the old access goes after the gate, or in a second Apply[/]",
            { Reason: StepReason.Superseded } => ": [grey]the old access goes; the new one was there before this run[/]",
            { Stage: Stage.Narrow } => ": [grey]no longer configured[/]",
            _ => "",
        };

    private void Show(RunEvent.GateEnded ended)
    {
        var result = ended.Result;
        Line(
            result.Passed
                ? $"{Name(ended.Workload)}: [green]verified[/] as {Markup.Escape(result.AssumedRoleArn ?? "")} in {Seconds(ended.Elapsed)}"
                : $"{Name(ended.Workload)}: [red]failed[/] after {Seconds(ended.Elapsed)}"
        );
        Show(result.Passed ? result.Diagnosis.WithoutUnread() : result.Diagnosis);
        if (result.PodKept)
        {
            Line(
                $"    [grey]the pod is kept: kubectl describe pod -n {Markup.Escape(ended.Workload.Namespace)} "
                    + $"{Markup.Escape(ended.Pod)}[/]"
            );
        }
    }

    private void Show(WorkloadEvidence evidence, WorkloadDiagnosis diagnosis)
    {
        var name = Name(evidence.Workload);
        Line(
            diagnosis.RootCause switch
            {
                null => $"{name}: [green]nothing is wrong[/]",
                { } cause when diagnosis.SeenCause is null =>
                    $"{name}: [yellow]nothing wrong was seen, but not everything could be read[/] ({cause.Code})",
                { } cause => $"{name}: [red]{cause.Code} {cause.Title}[/]",
            }
        );
        Show(diagnosis);
        if (evidence.Aws.Exchange is { Code: null })
        {
            Say("  STS accepted the exchange that was tried from here; its credentials were dropped unread.");
        }
    }

    /// <summary>The way of the token, link by link, and what is worth a warning.</summary>
    private void Show(WorkloadDiagnosis diagnosis)
    {
        foreach (var line in ChainDrawing.Lines(diagnosis.Chain, console.Profile.Capabilities.Unicode))
        {
            var colour = line.State switch
            {
                LinkState.Held => "green",
                LinkState.Broken => "red",
                _ => "grey",
            };
            Line($"  [{colour}]{Markup.Escape(PlainText.OneLine(line.Text))}[/]");
        }

        Warn(diagnosis.Findings);
    }

    private void Show(RunEvent.TokensCompared compared)
    {
        if (compared.Tokens.Count == 0)
        {
            Line(
                $"{Name(compared.Workload)}: [yellow]no token found.[/] A validation pod that was refused shows its own; "
                    + "--pod=NAMESPACE/NAME reads a running pod's, --preflight requests one, --token-file=FILE takes any."
            );
        }

        foreach (var (token, lines) in compared.Tokens)
        {
            var kind = token.Algorithm is null ? "" : $" ({token.Algorithm}, kid {token.KeyId ?? "none"})";
            Line($"{Name(compared.Workload)}: the token of {Markup.Escape(PlainText.OneLine(token.Source + kind))}");
            var width = lines.Count == 0 ? 0 : lines.Max(line => line.Claim.Length);
            foreach (var line in lines)
            {
                Show(line, width);
            }
        }

        Warn(compared.Diagnosis.Findings);
    }

    /// <summary>A claim beside what AWS expects of it.</summary>
    private void Show(ClaimLine line, int width)
    {
        var (held, broken) = console.Profile.Capabilities.Unicode ? ("✓", "✗") : ("+", "x");
        var (sign, colour) = line.Fits switch
        {
            true => (held, "green"),
            false => (broken, "red"),
            _ => (" ", "grey"),
        };
        var by = line.Fits == true ? $"  [grey]{string.Join(", ", line.Requirements.Select(wish => wish.By))}[/]" : "";
        Line(
            $"  [{colour}]{sign}[/] {Markup.Escape(PlainText.OneLine(line.Claim.PadRight(width)))}  "
                + Markup.Escape(PlainText.OneLine(line.Value))
                + by
        );
        foreach (var wish in line.Requirements.Where(_ => line.Fits == false))
        {
            Line(
                $"    {new string(' ', width)}  [{(wish.Fits ? "grey" : "red")}]{wish.By} expects "
                    + $"{Markup.Escape(PlainText.OneLine(wish.Value))}[/]"
            );
        }
    }

    /// <summary>A row for each workload, and where the report is.</summary>
    private void Show(Report report, string path)
    {
        if (report.Workloads.Count is > 0 and <= LongestTable && report.Outcome is not Outcome.Rendered)
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

            console.Write(table);
        }

        var phases = string.Join(", ", _phases.Select(phase => $"{phase.Phase} {Seconds(phase.Elapsed)}"));
        var elapsed = Seconds(TimeSpan.FromMilliseconds(report.DurationMilliseconds));
        Line(
            $"[{Colour(report.Outcome)}]{report.Outcome.ToString().ToLowerInvariant()}[/] in {elapsed}"
                + $"{(phases.Length == 0 ? "" : $" ({phases})")}; report: {Markup.Escape(path)}"
        );
    }

    /// <summary>Findings that end nothing, each once.</summary>
    private void Warn(IEnumerable<Finding> findings)
    {
        foreach (var finding in findings.Where(finding => finding.Severity != Severity.Error && _shown.Add(finding)))
        {
            var place = finding.Location is { } location ? $"{location}: " : "";
            Line(
                $"{Markup.Escape(place)}[yellow]{finding.Severity.ToString().ToLowerInvariant()} {finding.Code} {finding.Title}:[/] "
                    + Markup.Escape(finding.Cause)
            );
            Line($"    [grey]fix:[/] {Markup.Escape(finding.Fix)}");
        }
    }

    private void Say(string text) => Line(Markup.Escape(text));

    private void Line(string markup) => console.MarkupLine(PlainText.Printable(markup));

    private static string Name(Workload workload) => Markup.Escape(workload.Name);

    private static string Pod(Workload workload, string pod) => Markup.Escape($"{workload.Namespace}/{pod}");

    private static string Count(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";

    /// <summary>Both ends of a path say what it is about: a policy's statement, and the member that a condition lists.</summary>
    private static string ShortPath(string path)
    {
        const int Longest = 160;
        const int Start = 60;
        const string Omitted = "...";
        return path.Length > Longest ? path[..Start] + Omitted + path[^(Longest - Start - Omitted.Length)..] : path;
    }

    private static string Short(string? value)
    {
        const int Longest = 160;
        return value is null ? "(none)"
            : value.Length > Longest ? value[..(Longest - 3)] + "..."
            : value;
    }

    /// <summary>The values of a field; a member of a set stands in its path already.</summary>
    private static string Difference(StepAction action, FieldChange field) =>
        (field.From, field.To) switch
        {
            (null, _) when field.IsMember => action == StepAction.Create ? "" : " [green]added[/]",
            _ when field.IsMember => " [red]removed[/]",
            (null, var to) when action == StepAction.Create => $" {Markup.Escape(Short(to))}",
            var (from, to) => $" [red]{Markup.Escape(Short(from))}[/] → [green]{Markup.Escape(Short(to))}[/]",
        };

    private static string Colour(Outcome outcome) =>
        outcome switch
        {
            Outcome.Failed or Outcome.Invalid or Outcome.Interrupted => "red",
            Outcome.Skipped or Outcome.Drifted => "yellow",
            _ => "green",
        };
}
