using System.Reflection;
using Build.Agents;
using Build.Targets;
using Cake.Core;
using Cake.Core.Diagnostics;
using Cake.Frosting;
using Federation.Findings;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;

namespace Build.Host;

/// <summary>From arguments to exit code: checks them, has Cake run the targets, and says what went wrong.</summary>
public static class BuildHost
{
    /// <summary>Runs what <paramref name="args"/> ask for.</summary>
    /// <returns>The exit code, see <see cref="ExitCodes"/>; 130 or 143 when interrupted.</returns>
    public static int Run(IEnumerable<string> args, Terminal terminal, Interruption interruption, HostEnvironment environment)
    {
        var agent = BuildAgent.Here(terminal, environment.Variable);
        terminal = agent.Terminal;
        var failure = new Failure(terminal.Error, Documentation.Find(environment.Variable));
        CommandLine line;
        try
        {
            line = PullRequestRule.Apply(CommandLine.Parse(args, agent.IsStep ? TargetTable.NamesInStep : TargetTable.Names), agent);
        }
        catch (FindingException refused)
        {
            var findings = refused.Findings.Select(agent.Advise).ToArray();
            failure.Show(findings);
            agent.Conclude(Conclusion.Of(new Ending(), findings));
            return ExitCodes.For(findings);
        }

        if (line.Help)
        {
            Help.Show(terminal.Out);
            return ExitCodes.Done;
        }

        var ending = new Ending();
        var log = new HostLog(new HostConsole(terminal)) { Verbosity = line.Verbosity };
        var code = NewHost()
            .UseContext<BuildContext>()
            .UseTeardown<EndingTeardown>()
            .ConfigureServices(services =>
                services
                    .AddSingleton(line)
                    .AddSingleton(environment)
                    .AddSingleton(terminal)
                    .AddSingleton(terminal.Out)
                    .AddSingleton(agent)
                    .AddSingleton(interruption)
                    .AddSingleton(ending)
                    .AddSingleton<IConsole, HostConsole>()
                    .AddSingleton<ICakeLog>(log)
                    .AddSingleton<ICakeReportPrinter, HostReportPrinter>()
            )
            .Run(line.Normalised);

        if (line.Has("info"))
        {
            terminal.Out.WriteLine($"Packages: {HostPackages.Side}");
        }

        if (line.Verbosity >= Verbosity.Diagnostic)
        {
            failure.ShowDetails(ending);
        }

        if (code != 0 && interruption.ExitCode is { } interrupted)
        {
            terminal.Error.WriteLine("Interrupted.");
            agent.Conclude(Conclusion.Of(ending, ending.Findings));
            return interrupted;
        }

        if (ending.Exception is { } thrown)
        {
            var errors = failure.Show(thrown, ending.Findings);
            agent.Conclude(Conclusion.Of(ending, errors));
            return thrown is TargetFailedException failed ? failed.ExitCode : Math.Max(ExitCodes.For(errors), ExitCodes.No);
        }

        if (code == 0)
        {
            agent.Conclude(Conclusion.Of(ending, ending.Findings));
        }
        else if (line.Verbosity < Verbosity.Diagnostic)
        {
            foreach (var error in log.Errors)
            {
                terminal.Error.WriteLine(error);
            }
        }

        return code < 0 ? ExitCodes.Invalid : code;
    }

    /// <summary>
    /// The host begins with the entry assembly, and registers the targets of an assembly that is added again twice, which
    /// Cake refuses.
    /// </summary>
    private static CakeHost NewHost() =>
        Assembly.GetEntryAssembly() == typeof(BuildHost).Assembly ? new CakeHost() : new CakeHost().AddAssembly(typeof(BuildHost).Assembly);
}
