using Build.Targets;
using Spectre.Console;

namespace Build.Host;

/// <summary>What <c>--help</c> shows: Cake's own help knows neither the targets nor their arguments.</summary>
internal static class Help
{
    public static void Show(IAnsiConsole console)
    {
        console.WriteLine("./build.sh --target=TARGET [--argument=value ...]");
        console.WriteLine();
        console.WriteLine("Targets");
        Table(console, TargetTable.All.Select(target => (target.Name, target.Description)));
        console.WriteLine();
        console.WriteLine("Arguments (default)");
        Table(
            console,
            Arguments.All.Select(argument => ($"--{argument.Name}{(argument.Value is null ? "" : $"={argument.Value}")}", argument.Meaning))
        );
    }

    private static void Table(IAnsiConsole console, IEnumerable<(string Name, string Meaning)> rows)
    {
        var table = rows.ToList();
        var width = table.Max(row => row.Name.Length);
        foreach (var (name, meaning) in table)
        {
            console.WriteLine($"  {name.PadRight(width)}  {meaning}");
        }
    }
}
