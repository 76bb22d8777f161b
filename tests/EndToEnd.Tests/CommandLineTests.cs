using Build.Host;
using Spectre.Console.Testing;

namespace EndToEnd.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--target=Verfy", "There is no target 'Verfy'.", "Did you mean 'Verify'?")]
    [InlineData("--confg=x", "There is no argument --confg.", "Did you mean --config?")]
    [InlineData("Plan", "'Plan' is not an argument", "Write --target=Plan.")]
    [InlineData("--config=", "--config needs a value.", "Write --config=FILE.")]
    [InlineData("--verbosity=loud", "'loud' is not a verbosity.", "quiet, minimal, normal, verbose and diagnostic")]
    public void A_wrong_argument_is_refused_with_what_to_write_instead(string argument, string cause, string fix)
    {
        var (code, output, error) = Run(argument);

        Assert.Equal(2, code);
        Assert.Contains("FED8013", error, StringComparison.Ordinal);
        Assert.Contains(cause, error, StringComparison.Ordinal);
        Assert.Contains(fix, error, StringComparison.Ordinal);
        Assert.Empty(output);
    }

    [Fact]
    public void All_wrong_arguments_are_named_in_one_run()
    {
        var (_, _, error) = Run("--target=Verfy", "--confg=x");

        Assert.Contains("Verfy", error, StringComparison.Ordinal);
        Assert.Contains("--confg", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dry_run_names_the_targets_in_their_order_and_runs_none()
    {
        var (code, output, _) = Run("--target=Test", "--dryrun");

        Assert.Equal(0, code);
        Assert.True(output.IndexOf("Compile", StringComparison.Ordinal) < output.LastIndexOf("Test", StringComparison.Ordinal), output);
    }

    [Fact]
    public void Help_lists_the_targets_and_the_arguments()
    {
        var (code, output, _) = Run("--help");

        Assert.Equal(0, code);
        Assert.Contains("Verify", output, StringComparison.Ordinal);
        Assert.Contains("--config=FILE", output, StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using var output = new TestConsole().Width(1000);
        using var error = new TestConsole().Width(1000);
        using var interruption = new Interruption();
        var environment = new HostEnvironment(_ => null, [], TextReader.Null, TimeProvider.System);
        var code = BuildHost.Run(arguments, new Terminal(output, error), interruption, environment);
        return (code, output.Output, error.Output);
    }
}
