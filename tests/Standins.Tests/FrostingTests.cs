using System.Reflection;
using Cake.Core;
using Cake.Frosting;
using Microsoft.Extensions.DependencyInjection;

namespace Standins.Tests;

public sealed class FrostingTests
{
    private readonly Journal _journal = new();
    private readonly IConsole _console = DispatchProxy.Create<IConsole, ConsoleRecorder>();

    private string Said => ((ConsoleRecorder)(object)_console).Text;

    [Fact]
    public void A_target_runs_after_everything_it_depends_on_and_each_once() =>
        AssertRun(0, ["--target=Top"], "Left", "Right", "Top", "teardown");

    [Fact]
    public void Several_targets_share_what_they_depend_on() =>
        AssertRun(0, ["--target=Left", "--target=Right"], "Left", "Right", "teardown");

    [Fact]
    public void Without_a_target_it_is_Default() => AssertRun(0, [], "Default", "teardown");

    [Fact]
    public void An_exclusive_target_runs_without_its_dependencies() => AssertRun(0, ["--target=Top", "--exclusive"], "Top", "teardown");

    [Fact]
    public void A_failing_task_ends_the_run_with_1_and_the_teardown_learns_why()
    {
        AssertRun(1, ["--target=NeedsFailing"], "Failing", "teardown after the fault");
        Assert.Contains("the fault", Said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dry_run_names_the_tasks_in_their_order_and_runs_none()
    {
        AssertRun(0, ["--target=Top", "--dryrun"], "teardown");
        Assert.True(Said.IndexOf("Left", StringComparison.Ordinal) < Said.LastIndexOf("Top", StringComparison.Ordinal), Said);
    }

    [Fact]
    public void The_tree_shows_what_depends_on_what_and_runs_nothing()
    {
        AssertRun(0, ["--tree"]);
        Assert.Matches(@"Top\s+├─Left\s+└─Right", Said);
    }

    [Fact]
    public void An_unknown_target_fails()
    {
        AssertRun(1, ["--target=Nowhere"]);
        Assert.Contains("Nowhere", Said, StringComparison.Ordinal);
    }

    [Fact]
    public void Arguments_that_cannot_be_parsed_end_with_minus_1() => AssertRun(-1, ["--verbosity=loud"]);

    [Fact]
    public void A_task_reads_its_own_arguments() => AssertRun(0, ["--target=Reading", "--word=a=b c"], "a=b c", "teardown");

    [Fact]
    public void An_assembly_that_is_added_twice_registers_its_tasks_twice_which_is_refused()
    {
        // The entry assembly is the host's from the start.
        var code = Host().AddAssembly(Assembly.GetEntryAssembly()!).Run(["--target=Default"]);

        Assert.Equal(1, code);
        Assert.Matches("Another task with the name '[A-Za-z]+' has already been added", Said);
    }

    private void AssertRun(int exitCode, string[] args, params string[] journal)
    {
        var actual = Host().Run(args);

        Assert.Equal(journal, _journal.Lines);
        Assert.Equal(exitCode, actual);
    }

    private CakeHost Host() =>
        new CakeHost()
            .UseContext<JournalContext>()
            .UseTeardown<JournalTeardown>()
            .ConfigureServices(services => services.AddSingleton(_journal).AddSingleton(_console));
}

public sealed class Journal
{
    public IList<string> Lines { get; } = [];
}

public sealed class JournalContext(ICakeContext context, Journal journal) : FrostingContext(context)
{
    public IList<string> Journal { get; } = journal.Lines;
}

public sealed class JournalTeardown : FrostingTeardown<JournalContext>
{
    public override void Teardown(JournalContext context, ITeardownContext info) =>
        context.Journal.Add(info.Successful ? "teardown" : $"teardown after {info.ThrownException.GetBaseException().Message}");
}

public abstract class JournalTask : FrostingTask<JournalContext>
{
    public override void Run(JournalContext context) => context.Journal.Add(GetType().Name);
}

public sealed class Default : JournalTask;

[IsDependentOn(typeof(Left))]
[IsDependentOn(typeof(AnotherName))]
public sealed class Top : JournalTask;

public sealed class Left : AsyncFrostingTask<JournalContext>
{
    public override async Task RunAsync(JournalContext context)
    {
        await Task.Yield();
        context.Journal.Add("Left");
    }
}

[IsDependentOn(typeof(Left))]
[TaskName("Right")]
public sealed class AnotherName : FrostingTask<JournalContext>
{
    public override void Run(JournalContext context) => context.Journal.Add("Right");
}

public abstract class FaultyTask : JournalTask
{
    public override void Run(JournalContext context)
    {
        base.Run(context);
        throw new InvalidOperationException("the fault");
    }
}

public sealed class Failing : FaultyTask;

[IsDependentOn(typeof(Failing))]
public sealed class NeedsFailing : JournalTask;

public sealed class Reading : FrostingTask<JournalContext>
{
    public override void Run(JournalContext context) => context.Journal.Add(context.Arguments.GetArgument("word"));
}

/// <summary>Keeps everything that is written to a console.</summary>
public class ConsoleRecorder : DispatchProxy
{
    private readonly System.Text.StringBuilder _text = new();

    public string Text => _text.ToString();

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod!.Name.StartsWith("Write", StringComparison.Ordinal))
        {
            _text.Append(args is [string format, object[] values] ? string.Format(format, values) : args![0]);
            if (targetMethod.Name.EndsWith("Line", StringComparison.Ordinal))
            {
                _text.AppendLine();
            }
        }
        return targetMethod.ReturnType.IsValueType && targetMethod.ReturnType != typeof(void)
            ? Activator.CreateInstance(targetMethod.ReturnType)
            : null;
    }
}
