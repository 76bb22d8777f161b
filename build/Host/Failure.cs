using System.Net.Sockets;
using System.Security.Authentication;
using Build.Agents;
using Cake.Core;
using Cake.Core.Diagnostics;
using Federation.Findings;
using Federation.Reporting;
using Spectre.Console;

namespace Build.Host;

/// <summary>What ended a run: its exit code, and its words for a person.</summary>
internal static class Failure
{
    /// <summary>What a task threw, out of the wrappings that Cake and the runtime put around it.</summary>
    public static Exception CauseOf(Exception exception) =>
        exception switch
        {
            CakeReportException { InnerException: { } inner } => CauseOf(inner),
            AggregateException { InnerExceptions: [var only] } => CauseOf(only),
            _ => exception,
        };

    /// <summary>Findings decide by their first error; what nobody foresaw is 3 where the network failed, 1 otherwise.</summary>
    public static int ExitCodeOf(Exception cause) =>
        cause switch
        {
            TargetFailedException { ExitCode: var code } => code,
            FindingException { Findings: var findings } => Math.Max(ExitCodes.Of(findings), ExitCodes.No),
            _ when Chain(cause)
                    .Any(inner => inner is HttpRequestException or SocketException or AuthenticationException or TimeoutException) =>
                ExitCodes.Refused,
            _ => ExitCodes.No,
        };

    public static void Show(Exception cause, Verbosity verbosity, IAnsiConsole console)
    {
        if (cause is FindingException { Findings: var findings })
        {
            foreach (var finding in findings)
            {
                Show(finding, console);
            }
        }
        else if (cause is not TargetFailedException)
        {
            console.MarkupLineInterpolated($"[red]error:[/] {Screen.Printable(OneLine(cause))}");
        }
        if (verbosity >= Verbosity.Diagnostic)
        {
            console.WriteLine(cause.ToString());
        }
    }

    private static void Show(Finding finding, IAnsiConsole console)
    {
        var colour = finding.Severity switch
        {
            Severity.Error => "red",
            Severity.Warning => "yellow",
            _ => "blue",
        };
        var place = finding.Location is { } location ? $"{location}: " : "";
        console.MarkupLine(
            $"{Markup.Escape(place)}[{colour}]{finding.Severity.ToString().ToLowerInvariant()} {finding.Code} {finding.Title}:[/] {Markup.Escape(Screen.Printable(finding.Cause))}"
        );
        Line("resource", finding.Resource);
        Line("expected", finding.Expected);
        Line("actual", finding.Actual);
        if (ChainDrawing.Marked(finding.Expected, finding.Actual) is { } column)
        {
            console.MarkupLineInterpolated($"  {"", -9} {new string(' ', column)}^");
        }

        Line("fix", finding.Fix);
        Line("more", Documentation.Find(Environment.GetEnvironmentVariable).Of(finding.Code) ?? finding.Kind.Page);

        void Line(string name, string? value)
        {
            if (value is not null)
            {
                console.MarkupLineInterpolated($"  [grey]{name + ":", -9}[/] {Screen.Printable(value)}");
            }
        }
    }

    private static IEnumerable<Exception> Chain(Exception exception)
    {
        for (var current = exception; current is not null; current = current.InnerException)
        {
            yield return current;
        }
    }

    /// <summary>What went wrong, in one line.</summary>
    public static string OneLine(Exception cause)
    {
        var message = cause.Message.ReplaceLineEndings(" ");
        return cause.InnerException is { } inner && !message.Contains(inner.Message, StringComparison.Ordinal)
            ? $"{message} {inner.Message.ReplaceLineEndings(" ")}"
            : message;
    }
}
