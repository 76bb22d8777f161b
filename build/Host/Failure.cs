using Cake.Core.Diagnostics;
using Federation.Diagnosis;
using Spectre.Console;

namespace Build.Host;

/// <summary>What ended a run, for a person.</summary>
internal static class Failure
{
    public static void Show(Exception cause, Verbosity verbosity, IAnsiConsole console)
    {
        if (cause is FindingException { Findings: var findings })
        {
            foreach (var finding in findings) Show(finding, console);
        }
        else
        {
            console.MarkupLineInterpolated($"[red]error:[/] {OneLine(cause)}");
        }
        if (verbosity >= Verbosity.Diagnostic) console.WriteLine(cause.ToString());
    }

    private static void Show(Finding finding, IAnsiConsole console)
    {
        var colour = finding.Severity switch { Severity.Error => "red", Severity.Warning => "yellow", _ => "blue" };
        var place = finding.Location is { } location ? $"{location}: " : "";
        console.MarkupLine($"{Markup.Escape(place)}[{colour}]{finding.Severity.ToString().ToLowerInvariant()} {finding.Code} {finding.Title}:[/] {Markup.Escape(finding.Cause)}");
        Line("resource", finding.Resource);
        Line("expected", finding.Expected);
        Line("actual", finding.Actual);
        Line("fix", finding.Fix);

        void Line(string name, string? value)
        {
            if (value is not null) console.MarkupLineInterpolated($"  [grey]{name + ":",-9}[/] {value}");
        }
    }

    private static string OneLine(Exception cause)
    {
        var message = cause.Message.ReplaceLineEndings(" ");
        return cause.InnerException is { } inner && !message.Contains(inner.Message, StringComparison.Ordinal)
            ? $"{message} {inner.Message.ReplaceLineEndings(" ")}"
            : message;
    }
}
