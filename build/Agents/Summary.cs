using System.Net;
using System.Text;
using Federation.Diagnosis;
using Federation.Findings;
using Federation.Planning;
using Federation.Reporting;
using Federation.Runs;

namespace Build.Agents;

/// <summary>
/// A run for its reviewers, as Markdown: the verdict, the findings, the workloads, and the plan field by field. Names,
/// values and messages are escaped, so that nothing in them is read as Markdown or HTML.
/// </summary>
internal static class Summary
{
    /// <summary>GitHub takes 1 MiB from a step, and nothing of a longer summary ("Workflow commands for GitHub Actions").</summary>
    internal const int Limit = 1024 * 1024;

    /// <summary>Maximum number of findings, and of chains, shown in full.</summary>
    internal const int Shown = 20;

    public static string Write(Conclusion conclusion, IReadOnlyList<string> notices, Documentation documentation)
    {
        var cut =
            "\n> **The rest is cut**: a summary holds 1 MiB at most. The whole is in the "
            + $"report{(conclusion.ReportPath is { } path ? $", {Code(path)}" : "")}.\n";
        var page = new Page(Limit - Encoding.UTF8.GetByteCount(cut));
        foreach (var (open, lines, close) in Blocks(conclusion, notices, documentation))
        {
            if (!page.Add(open, lines, close))
            {
                return page + cut;
            }
        }

        return page.ToString();
    }

    private static IEnumerable<Block> Blocks(Conclusion conclusion, IReadOnlyList<string> notices, Documentation documentation)
    {
        yield return new Block(Verdict(conclusion));
        foreach (var notice in notices)
        {
            yield return new Block($"\n> {Text(notice)}\n");
        }

        var findings = conclusion.All;
        var workloadsOf = (conclusion.Report?.Workloads ?? [])
            .SelectMany(workload => workload.Findings.Select(finding => (finding, workload.Name)))
            .ToLookup(pair => pair.finding, pair => pair.Name);
        foreach (var finding in findings.Take(Shown))
        {
            yield return new Block(Of(finding, [.. workloadsOf[finding]], documentation));
        }

        if (findings.Count > Shown)
        {
            yield return new Block(
                $"\n<details><summary>{findings.Count - Shown} more findings</summary>\n\n| | Finding | Workload | Cause "
                    + "|\n|---|---|---|---|\n",
                findings
                    .Skip(Shown)
                    .Select(finding =>
                        $"| {Sign(finding.Severity)} | {Link(finding, documentation)} | {Who([.. workloadsOf[finding]])} | "
                        + $"{Text(finding.Cause)} |\n"
                    ),
                "\n</details>\n"
            );
        }

        if (conclusion.Report is not { } report)
        {
            yield break;
        }

        if (report.Workloads.Count > 0)
        {
            yield return new Block(
                "\n### Workloads\n\n| Workload | Identity | Role | Outcome | Time |\n|---|---|---|---|---|\n",
                report
                    .Workloads.OrderByDescending(workload => workload.Outcome == Outcome.Failed)
                    .Select(workload =>
                        $"| {Text(workload.Name)} | {Code(workload.Subject)} | {Code(workload.RoleArn)} | "
                        + $"{Sign(workload.Outcome)} {StepContract.Lower(workload.Outcome)} | "
                        + $"{Seconds(workload.Phases.Sum(phase => phase.Milliseconds))} |\n"
                    )
            );
        }

        // A chain that holds is drawn where it is all there is to see.
        var chains = report
            .Workloads.Where(workload =>
                workload.Chain.Any(link => link.State != LinkState.Held) || (workload.Chain.Count > 0 && report.Workloads.Count == 1)
            )
            .ToArray();
        foreach (var workload in chains.Take(Shown))
        {
            yield return new Block(
                "\n<details><summary>The chain of "
                    + $"{WebUtility.HtmlEncode(PlainText.OneLine(workload.Name))}</summary>\n\n"
                    + $"```mermaid\n{ChainDrawing.Mermaid(workload.Chain)}```\n\n"
                    + "| Link | State | Expected | Actual |\n|---|---|---|---|\n",
                workload.Chain.Select(link =>
                    $"| {Text(ChainDrawing.TitleOf(link))} | {Sign(link.State)} | {Code(link.Expected)} | "
                    + $"{(link.Actual == link.Expected ? "the same" : Code(link.Actual))} |\n"
                ),
                "\n</details>\n"
            );
        }

        if (chains.Length > Shown)
        {
            yield return new Block($"\nThe chains of {chains.Length - Shown} more workloads are in the report.\n");
        }

        var changes = ChangeCounts.ChangesOf(report).ToArray();
        if (changes.Length > 0)
        {
            var lines = changes.Where(change => change.Action != StepAction.Unchanged).SelectMany(Diff).ToArray();
            var fence = Fence(lines);
            yield return lines.Length == 0
                ? new Block($"\nNo changes: all {changes.Length} resources are as they should be.\n")
                : new Block(
                    $"\n<details><summary>{Counted(report, changes)}</summary>\n\n{fence}diff\n",
                    lines.Select(line => line + "\n"),
                    $"{fence}\n\n</details>\n"
                );
        }

        if (report.Phases.Count > 0)
        {
            yield return new Block(
                $"\n{string.Join(" · ", report.Phases.Select(phase => $"{phase.Name} {Seconds(phase.Milliseconds)}"))}. "
                    + $"Report: {Code(conclusion.ReportPath)}"
                    + (report.Evidence is { } evidence ? $". Evidence, with no secret in it: {Code(evidence)}\n" : "\n")
            );
        }
    }

    private static string Counted(Report report, ReportedChange[] changes)
    {
        var counts = ChangeCounts.Of(report);
        if (Array.TrueForAll(changes, change => change.State == ChangeState.Planned))
        {
            return $"Plan: {counts.Created} to create, {counts.Updated} to update, {counts.Deleted} to delete, "
                + $"{counts.Unchanged} unchanged";
        }

        var undone = counts is { Failed: 0, NotReached: 0 } ? "" : $", {counts.Failed} failed, {counts.NotReached} not reached";
        return $"Changes: {counts.Created} created, {counts.Updated} updated, {counts.Deleted} deleted, {counts.Unchanged} "
            + $"unchanged{undone}";
    }

    private static string Verdict(Conclusion conclusion)
    {
        if (conclusion.Report is not { } report)
        {
            return $"## {Sign(Outcome.Failed)} Nothing was done\n";
        }

        var (count, failed) = (report.Workloads.Count, report.Workloads.Count(workload => workload.Outcome == Outcome.Failed));
        var what =
            count == 0
                ? "nothing was done"
                : $"{(failed > 0 && failed < count ? $"{failed} of " : "")}{count} workload{(count == 1 ? "" : "s")}";
        var overridden =
            report.Endpoints.Count == 0 || report.Cloud == Sessions.Sandbox
                ? ""
                : $"\n> Endpoints are overridden: {string.Join(", ", report.Endpoints.Keys.Select(Code))}\n";
        return $"""
            ## {Sign(report.Outcome)} {report.Outcome}: {what}

            {Text(report.Target)} · {(
                report.Cloud == Sessions.Sandbox ? "in the **sandbox**: no cloud account was touched" : Text(report.Cloud)
            )} · {Seconds(report.DurationMilliseconds)}
            {overridden}
            """.ReplaceLineEndings(
            "\n"
        );
    }

    private static string Of(ReportedFinding finding, string[] workloads, Documentation documentation)
    {
        var page = new StringBuilder();
        page.Append(
            $"\n### {Sign(finding.Severity)} "
                + $"{Link(finding, documentation)}{(workloads.Length == 0 ? "" : $": {Who(workloads)}")}\n\n{Text(finding.Cause)}\n\n"
        );
        var rows = new (string Name, string? Value)[]
        {
            ("Where", finding.File is null ? null : $"{finding.File}:{finding.Line}:{finding.Column}"),
            ("Resource", finding.Resource),
            ("Expected", finding.Expected),
            ("Actual", finding.Actual),
        }
            .Where(row => row.Value is not null)
            .ToArray();
        if (rows.Length > 0)
        {
            page.Append("| | |\n|---|---|\n");
            foreach (var (name, value) in rows)
            {
                page.Append($"| {name} | {Code(value)} |\n");
            }

            page.Append('\n');
        }

        return page.Append($"**Fix:** {Text(finding.Fix)}\n").ToString();
    }

    private static string Link(ReportedFinding finding, Documentation documentation) =>
        $"{(documentation.Of(finding.Code) is { } address ? $"[{finding.Code}]({address})" : finding.Code)} {Text(finding.Title)}";

    private static string Who(string[] workloads) =>
        workloads switch
        {
            [] => "",
            [var only] => Text(only),
            [var first, ..] => $"{Text(first)} and {workloads.Length - 1} more",
        };

    private static IEnumerable<string> Diff(ReportedChange change)
    {
        var sign = change.Action switch
        {
            StepAction.Create => "+",
            StepAction.Delete => "-",
            _ => "!",
        };
        var stage = change.Stage == Stage.Plain ? "" : $" ({StepContract.Lower(change.Stage)})";
        yield return $"{sign} {PlainText.OneLine(change.Resource)}{stage}";
        foreach (var field in change.Fields)
        {
            if (field.From is { } from)
            {
                yield return $"-   {Line(field, from)}";
            }

            if (field.To is { } to)
            {
                yield return $"+   {Line(field, to)}";
            }
        }
    }

    private static string Line(FieldChange field, string value) =>
        PlainText.OneLine(field.IsMember ? field.Path : $"{field.Path}: {value}");

    /// <summary>A fence longer than any run of backticks in what it holds ("CommonMark", fenced code blocks).</summary>
    private static string Fence(IEnumerable<string> lines)
    {
        var longest = 2;
        foreach (var line in lines)
        {
            var run = 0;
            foreach (var c in line)
            {
                run = c == '`' ? run + 1 : 0;
                longest = Math.Max(longest, run);
            }
        }

        return new string('`', longest + 1);
    }

    /// <summary>A value, in its own type face. In HTML, because a code span has no escape for a backtick or a pipe.</summary>
    private static string Code(string? value) => value is null ? "" : $"<code>{Text(value)}</code>";

    /// <summary>
    /// Text in which every sign of Markdown and HTML is just that sign: each ASCII punctuation takes a backslash
    /// ("CommonMark", backslash escapes).
    /// </summary>
    private static string Text(string value)
    {
        var text = new StringBuilder(value.Length + 16);
        foreach (var c in PlainText.OneLine(value))
        {
            if (char.IsAscii(c) && (char.IsPunctuation(c) || char.IsSymbol(c)) && c is not ('-' or '.' or ',' or '/' or ':' or '\'' or '"'))
            {
                text.Append('\\');
            }

            text.Append(c);
        }

        return text.ToString();
    }

    private static string Sign(Outcome outcome) =>
        outcome switch
        {
            Outcome.Failed or Outcome.Invalid or Outcome.Interrupted => "❌",
            Outcome.Skipped or Outcome.Drifted => "⚠️",
            _ => "✅",
        };

    private static string Sign(Severity severity) =>
        severity switch
        {
            Severity.Error => "❌",
            Severity.Warning => "⚠️",
            _ => "ℹ️",
        };

    private static string Sign(LinkState state) =>
        state switch
        {
            LinkState.Held => "✅ held",
            LinkState.Broken => "❌ broken",
            _ => "not reached",
        };

    private static string Seconds(long milliseconds) => milliseconds == 0 ? "" : Screen.Seconds(TimeSpan.FromMilliseconds(milliseconds));

    /// <summary>A block that is dropped as a whole; its inner lines are cut first to fit the size limit.</summary>
    private sealed record Block(string Open, IEnumerable<string> Lines, string Close)
    {
        public Block(string text)
            : this(text, [], "") { }

        public Block(string open, IEnumerable<string> lines)
            : this(open, lines, "") { }
    }

    private sealed class Page(int room)
    {
        private readonly StringBuilder _text = new();
        private int _left = room;

        /// <returns>All of it is there.</returns>
        public bool Add(string open, IEnumerable<string> lines, string close)
        {
            if (!Fits(open, close))
            {
                return false;
            }

            Put(open);
            _left -= Size(close);
            var whole = true;
            foreach (var line in lines)
            {
                whole = Fits(line);
                if (!whole)
                {
                    break;
                }

                Put(line);
            }

            _text.Append(close);
            return whole;
        }

        public override string ToString() => _text.ToString();

        private bool Fits(params string[] parts) => parts.Sum(Size) <= _left;

        private void Put(string text)
        {
            _text.Append(text);
            _left -= Size(text);
        }

        private static int Size(string text) => Encoding.UTF8.GetByteCount(text);
    }
}
