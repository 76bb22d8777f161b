using System.Text.RegularExpressions;
using Build.Host;
using Build.Targets;

namespace EndToEnd.Tests;

/// <summary>The README's tables name the targets and the arguments that there are.</summary>
public sealed partial class ReadmeTests
{
    /// <summary>What Cake itself answers; the README names the more useful of them.</summary>
    private static readonly string[] OfCake = ["target", "help", "working", "version", "info"];

    [Fact]
    public void Every_target_has_a_row() =>
        Assert.Equal(
            TargetTable.Names.Order(StringComparer.Ordinal),
            Rows("target")
                .SelectMany(row => Word().Matches(row.Split('|')[1]).Select(word => word.Groups[1].Value))
                .Order(StringComparer.Ordinal)
        );

    [Fact]
    public void Every_argument_is_explained()
    {
        var table = string.Join('\n', Rows("argument"));
        Assert.All(
            Arguments.All.Select(argument => argument.Name).Except(OfCake).Except(["runtime", "repository", "filter", "stand-ins"]),
            name => Assert.Matches($@"`--{name}\b", table)
        );
    }

    private static IEnumerable<string> Rows(string firstColumn) =>
        Checkout
            .Read("README.md")
            .Split('\n')
            .SkipWhile(line => !line.StartsWith($"| {firstColumn} |", StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(line => line.StartsWith('|'));

    [GeneratedRegex(@"`(\w+)`", RegexOptions.None, 1000)]
    private static partial Regex Word();
}
