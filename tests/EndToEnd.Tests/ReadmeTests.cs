using Build.Host;
using Build.Targets;
using EndToEnd.Tests.Steps;

namespace EndToEnd.Tests;

/// <summary>The README's tables name the targets and the arguments that there are.</summary>
public sealed class ReadmeTests
{
    /// <summary>What Cake itself answers; the README names the more useful of them.</summary>
    private static readonly string[] OfCake = ["target", "help", "working", "version", "info"];

    [Fact]
    public void The_table_of_targets_is_written_from_the_host_s() =>
        StepFilesTests.Hold(
            "README.md",
            "targets",
            [
                "| target | what it does |",
                "|---|---|",
                .. TargetTable.All.Select(target =>
                    $"| `{target.Name}`{(target == TargetTable.Default ? " (default)" : "")} | {target.Description} |"
                ),
            ]
        );

    [Fact]
    public void The_table_of_permissions_is_written_from_the_templates_for_the_runner() =>
        StepFilesTests.Hold(
            "README.md",
            "permissions",
            [
                "| file | permission | on |",
                "|---|---|---|",
                .. Permissions
                    .Of(Path.Combine(HostRun.Repository, "templates", "runner"))
                    .Select(row => $"| `{row.File}` | {string.Join(' ', row.Granted.Select(one => $"`{one}`"))} | {row.On} |"),
            ]
        );

    [Fact]
    public void Every_argument_is_explained()
    {
        var readme = Checkout.Read("README.md");
        Assert.All(
            Arguments.All.Select(argument => argument.Name).Except(OfCake).Except(["runtime", "repository", "filter", "stand-ins"]),
            name => Assert.Matches($@"`--{name}\b", readme)
        );
    }
}
