using Build;
using Build.Agents;
using Build.Host;
using Federation.Findings;
using Federation.Reporting;
using Spectre.Console;

namespace EndToEnd.Tests.Agents;

/// <summary>What clouds and people wrote is shown, and steers no terminal.</summary>
public sealed class TerminalTests
{
    private const string Hostile = "team\u001b[2K\r\u202e:reader\u009b31m";
    private const string Shown = "team\uFFFD[2K\uFFFD\uFFFD:reader\uFFFD31m";

    private static readonly Finding Finding = new()
    {
        Code = FindingCodes.TrustSubjectMismatch,
        Severity = Severity.Warning,
        Cause = $"It admits {Hostile}.",
        Fix = $"Put {Hostile} right.",
        Expected = "team:reader",
        Actual = Hostile,
    };

    [Fact]
    public void A_finding_that_stops_nothing_is_shown_without_control_characters()
    {
        var shown = Written(console => new Screen(console, "live").On(new RunEvent.Found([Finding])));

        Assert.Contains($"It admits {Shown}.", shown, StringComparison.Ordinal);
        Assert.Contains($"Put {Shown} right.", shown, StringComparison.Ordinal);
        AssertHarmless(shown);
    }

    [Fact]
    public void A_finding_that_ends_the_run_is_shown_without_control_characters()
    {
        var shown = Written(console => new Failure(console, new Documentation(Root: null)).Show([Finding]));

        Assert.Contains($"It admits {Shown}.", shown, StringComparison.Ordinal);
        Assert.Contains($"actual:   {Shown}", shown, StringComparison.Ordinal);
        AssertHarmless(shown);
    }

    private static string Written(Action<IAnsiConsole> show)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.No,
                ColorSystem = ColorSystemSupport.NoColors,
                Out = new AnsiConsoleOutput(writer),
            }
        );
        console.Profile.Width = 1000;
        show(console);
        return writer.ToString();
    }

    private static void AssertHarmless(string shown) => Assert.DoesNotContain(shown, c => c is '\u001b' or '\r' or '\u202e' or '\u009b');
}
