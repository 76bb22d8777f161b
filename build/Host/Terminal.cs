using Spectre.Console;

namespace Build.Host;

/// <summary>Where the host writes: what was asked for to <paramref name="Out"/>, what went wrong to <paramref name="Error"/>.</summary>
public sealed record Terminal(IAnsiConsole Out, IAnsiConsole Error)
{
    /// <summary>The process's own standard streams; coloured, and broken into lines, only where they are a terminal's.</summary>
    public static Terminal Standard { get; } = new(Create(Console.Out), Create(Console.Error));

    private static IAnsiConsole Create(TextWriter writer)
    {
        var output = new AnsiConsoleOutput(writer);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = output });
        // Without a terminal Spectre assumes 80 columns and would break long values, which could then not be searched in a log.
        if (!output.IsTerminal)
        {
            console.Profile.Width = 10_000;
        }

        return console;
    }
}
