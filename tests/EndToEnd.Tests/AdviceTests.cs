using System.Text.RegularExpressions;
using Build.Host;
using Build.Targets;

namespace EndToEnd.Tests;

/// <summary>What findings and pages tell people to type exists.</summary>
public sealed partial class AdviceTests
{
    private static readonly string[] Rooms =
    [
        "src/Federation",
        "src/Federation.Aws",
        "src/Federation.Google",
        "src/Federation.Kubernetes",
        "src/Federation.Issuers",
    ];

    public static TheoryData<string> Files =>
        [
            "README.md",
            .. Directory.EnumerateFiles(Checkout.PathOf("docs"), "*.md").Select(Relative),
            .. Rooms
                .SelectMany(room => Directory.EnumerateFiles(Checkout.PathOf(room), "*.cs", SearchOption.AllDirectories))
                .Select(Relative)
                .Where(file =>
                    !file.Contains("/obj/", StringComparison.Ordinal) && Checkout.Read(file).Contains("--", StringComparison.Ordinal)
                ),
        ];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_argument_that_is_advised_is_in_the_table_of_arguments(string file)
    {
        var unknown = Advised(file).Select(argument => argument.Groups["name"].Value).Except(Arguments.All.Select(known => known.Name));

        Assert.Empty(unknown);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_target_that_is_advised_is_in_the_table_of_targets(string file)
    {
        var unknown = Advised(file)
            .Select(argument => argument.Groups["target"].Value)
            .Where(target => target.Any(char.IsAsciiLetterLower))
            .Except(TargetTable.Names);

        Assert.Empty(unknown);
    }

    private static MatchCollection Advised(string file)
    {
        var text = Checkout.Read(file);
        if (file.EndsWith(".cs", StringComparison.Ordinal))
        {
            text = WordOfACommand().Replace(Concatenation().Replace(Comment().Replace(text, ""), ""), "");
        }

        return Argument().Matches(OtherTool().Replace(text, ""));
    }

    private static string Relative(string path) => Path.GetRelativePath(Checkout.PathOf(""), path).Replace('\\', '/');

    [GeneratedRegex(
        @"(^|[^\w-])--(?<name>[a-z][a-z-]*)(=(?<target>[A-Z]\w*))?",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking
    )]
    private static partial Regex Argument();

    /// <summary>
    /// A command of another tool, up to the end of its code span, string literal or line; a line that ends in a backslash goes on.
    /// </summary>
    [GeneratedRegex(
        @"\b(aws|gcloud|kubectl|curl|npm|npx|tfx|docker|sha256sum)\b[ ](\\\r?\n|[^`\n])*",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking
    )]
    private static partial Regex OtherTool();

    /// <summary>An option alone in a string literal: a word in the list of another tool's command.</summary>
    [GeneratedRegex("\"--[a-z-]+\"", RegexOptions.NonBacktracking)]
    private static partial Regex WordOfACommand();

    /// <summary>Where a long string literal is continued on the next line.</summary>
    [GeneratedRegex("\"\\s*\\+ [$@]*\"", RegexOptions.NonBacktracking)]
    private static partial Regex Concatenation();

    [GeneratedRegex(@"^[ ]*//.*$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Comment();
}
