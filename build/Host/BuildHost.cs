using System.Reflection;
using Build.Agents;
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
    public static int Run(IEnumerable<string> args, Terminal terminal, Interruption interruption)
    {
        var agent = BuildAgent.Here(terminal, Environment.GetEnvironmentVariable);
        terminal = agent.Terminal;
        CommandLine line;
        try
        {
            line = PullRequestRule.Apply(CommandLine.Parse(args, [.. Targets.All.Keys]), agent);
        }
        catch (FindingException exception)
        {
            Failure.Show(exception, Verbosity.Normal, terminal.Error);
            agent.Conclude(Conclusion.Of(new Ending(), exception));
            return Failure.ExitCodeOf(exception);
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

        if (code != 0 && interruption.ExitCode is { } interrupted)
        {
            terminal.Error.WriteLine("Interrupted.");
            agent.Conclude(Conclusion.Of(ending, cause: null));
            return interrupted;
        }
        if (ending.Exception is { } thrown)
        {
            var cause = Failure.CauseOf(thrown);
            Failure.Show(cause, line.Verbosity, terminal.Error);
            agent.Conclude(Conclusion.Of(ending, cause));
            return Failure.ExitCodeOf(cause);
        }
        if (code == 0)
        {
            agent.Conclude(Conclusion.Of(ending, cause: null));
        }

        if (code != 0 && line.Verbosity < Verbosity.Diagnostic)
        {
            foreach (var error in log.Errors)
            {
                terminal.Error.WriteLine(error);
            }
        }
        return code < 0 ? ExitCodes.Invalid : code;
    }

    /// <summary>
    /// A host that finds this assembly's targets. Cake adds the entry assembly by itself, and refuses the targets of an assembly
    /// that is added twice; the entry assembly is another one where a test runs the host.
    /// </summary>
    private static CakeHost NewHost()
    {
        var (host, targets) = (new CakeHost(), typeof(BuildHost).Assembly);
        return Assembly.GetEntryAssembly() == targets ? host : host.AddAssembly(targets);
    }
}
