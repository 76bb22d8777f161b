using Build.Agents;
using Cake.Cli;
using Cake.Core;
using Cake.Core.Diagnostics;
using Spectre.Console;

namespace Build.Host;

/// <summary>Names each target as it begins; Cake's table of durations comes only when asked for, by <c>--verbosity=verbose</c>.</summary>
internal sealed class HostReportPrinter(IAnsiConsole console, ICakeLog log, IBuildAgent agent) : ICakeReportPrinter
{
    public void Write(CakeReport report)
    {
        if (log.Verbosity >= Verbosity.Verbose)
        {
            new CakeSpectreReportPrinter(console).Write(report);
        }
    }

    public void WriteStep(string name, Verbosity verbosity)
    {
        if (log.Verbosity >= Verbosity.Normal)
        {
            agent.Begin(name);
        }
    }

    public void WriteLifeCycleStep(string name, Verbosity verbosity)
    {
        if (log.Verbosity >= Verbosity.Verbose)
        {
            WriteStep(name, verbosity);
        }
    }

    public void WriteSkippedStep(string name, Verbosity verbosity) => WriteStep($"{name} (skipped)", verbosity);
}
