using Build.Agents;
using Cake.Core;
using Federation.Findings;
using Federation.Reporting;
using Spectre.Console;

namespace Build.Host;

/// <summary>Shows a person what went wrong.</summary>
internal sealed class Failure(IAnsiConsole console, Documentation documentation)
{
    /// <summary>What a task threw, out of the wrappings that Cake and the runtime put around it.</summary>
    public static Exception CauseOf(Exception exception) =>
        exception switch
        {
            CakeReportException { InnerException: { } inner } => CauseOf(inner),
            AggregateException { InnerExceptions: [var only] } => CauseOf(only),
            _ => exception,
        };

    /// <summary>Shows what ended the targets.</summary>
    /// <param name="thrown">What a target threw.</param>
    /// <param name="found">What the run found; where the target failed for that, its errors are shown.</param>
    /// <returns>The findings that ended the targets, the root cause first.</returns>
    public IReadOnlyList<Finding> Show(Exception thrown, IReadOnlyList<Finding> found)
    {
        IReadOnlyList<Finding> errors = thrown switch
        {
            TargetFailedException => [.. found.Where(finding => finding.Severity == Severity.Error)],
            FindingException refused => refused.Findings,
            // A tool that a target of this repository's own build ran, such as the compiler, has said what is wrong.
            CakeException => [],
            _ => [UnexpectedFailure.While("running the target", thrown)],
        };
        if (thrown is CakeException)
        {
            console.MarkupLineInterpolated($"[red]error:[/] {PlainText.OneLine(thrown.Message)}");
        }

        Show(errors);
        return errors;
    }

    public void Show(IReadOnlyList<Finding> findings)
    {
        foreach (var finding in findings)
        {
            Show(finding);
        }
    }

    /// <summary>Shows where in the code the run was ended, for <c>--verbosity=diagnostic</c>.</summary>
    public void ShowDetails(Ending ending)
    {
        foreach (
            var exception in ending
                .Unforeseen.Append(ending.Exception)
                .OfType<Exception>()
                .Where(thrown => thrown is not TargetFailedException)
        )
        {
            console.WriteLine(exception.ToString());
        }
    }

    private void Show(Finding finding)
    {
        var colour = finding.Severity switch
        {
            Severity.Error => "red",
            Severity.Warning => "yellow",
            _ => "blue",
        };
        var place = finding.Location is { } location ? $"{location}: " : "";
        console.MarkupLine(
            $"{Markup.Escape(place)}[{colour}]{finding.Severity.ToString().ToLowerInvariant()} {finding.Code} {finding.Title}:[/] "
                + Markup.Escape(PlainText.Printable(finding.Cause))
        );
        Line("resource", finding.Resource);
        Line("expected", finding.Expected);
        Line("actual", finding.Actual);
        if (ChainDrawing.Marked(finding.Expected, finding.Actual) is { } column)
        {
            console.MarkupLineInterpolated($"  {new string(' ', 10 + column)}^");
        }

        Line("fix", finding.Fix);
        Line("more", documentation.Of(finding.Code) ?? finding.Kind.Page);

        void Line(string name, string? value)
        {
            if (value is not null)
            {
                console.MarkupLineInterpolated($"  [grey]{$"{name}:".PadRight(9)}[/] {PlainText.Printable(value)}");
            }
        }
    }
}
