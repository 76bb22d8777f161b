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
        AssertRun(0, ["--target=Top"], "setup", "Left", "Right", "Top", "teardown");

    [Fact]
    public void A_dependee_runs_before_the_target_that_does_not_know_of_it() =>
        AssertRun(0, ["--target=Known"], "setup", "Unknown", "Known", "teardown");

    [Fact]
    public void Several_targets_share_what_they_depend_on() =>
        AssertRun(0, ["--target=Left", "--target=Right"], "setup", "Left", "Right", "teardown");

    [Fact]
    public void Without_a_target_it_is_Default() => AssertRun(0, [], "setup", "Default", "teardown");

    [Fact]
    public void An_exclusive_target_runs_without_its_dependencies() =>
        AssertRun(0, ["--target=Top", "--exclusive"], "setup", "Top", "teardown");

    [Fact]
    public void A_task_that_should_not_run_is_passed_over() => AssertRun(0, ["--target=NeedsSkipped"], "setup", "NeedsSkipped", "teardown");

    [Fact]
    public void A_failing_task_ends_the_run_with_1_and_the_teardown_learns_why()
    {
        AssertRun(1, ["--target=NeedsFailing"], "setup", "Failing", "teardown after the fault");
        Assert.Contains("the fault", Said, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_handler_makes_the_task_succeed() =>
        AssertRun(0, ["--target=Handled"], "setup", "Handled", "handled the fault", "teardown");

    [Fact]
    public void A_task_may_fail_and_the_run_go_on() =>
        AssertRun(0, ["--target=NeedsOptional"], "setup", "Optional", "NeedsOptional", "teardown");

    [Fact]
    public void Finally_comes_after_a_failure_too() =>
        AssertRun(1, ["--target=Finishing"], "setup", "Finishing", "finally", "teardown after the fault");

    [Fact]
    public void A_dry_run_names_the_tasks_in_their_order_and_runs_none()
    {
        AssertRun(0, ["--target=Top", "--dryrun"], "setup", "teardown");
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
    public void A_task_reads_its_own_arguments() => AssertRun(0, ["--target=Reading", "--word=a=b c"], "setup", "a=b c", "teardown");

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
            .UseLifetime<JournalLifetime>()
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

public sealed class JournalLifetime : FrostingLifetime<JournalContext>
{
    public override void Setup(JournalContext context, ISetupContext info) => context.Journal.Add("setup");

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

public sealed class Known : JournalTask;

[IsDependeeOf(typeof(Known))]
public sealed class Unknown : JournalTask;

public sealed class Skipped : JournalTask
{
    public override bool ShouldRun(JournalContext context) => false;
}

[IsDependentOn(typeof(Skipped))]
public sealed class NeedsSkipped : JournalTask;

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

public sealed class Handled : FaultyTask
{
    public override void OnError(Exception exception, JournalContext context) => context.Journal.Add($"handled {exception.Message}");
}

[ContinueOnError]
public sealed class Optional : FaultyTask;

[IsDependentOn(typeof(Optional))]
public sealed class NeedsOptional : JournalTask;

public sealed class Finishing : FaultyTask
{
    public override void Finally(JournalContext context) => context.Journal.Add("finally");
}

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
