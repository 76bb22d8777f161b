using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace EndToEnd.Tests.Steps;

public sealed class WorkflowTests
{
    [Fact]
    public async Task The_workflows_and_the_action_are_without_fault_to_the_linters()
    {
        var (code, said) = await Node.RunAsync("tests/linters/node_modules", "tests/linters/lint.mjs", HostRun.Repository);
        Assert.True(code == 0, said);
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void A_workflow_has_no_permission_that_a_job_does_not_ask_for(string file)
    {
        var workflow = Read(file);
        Assert.Empty(((YamlMappingNode)workflow["permissions"]).Children);
        Assert.All(
            ((YamlMappingNode)workflow["jobs"]).Children,
            job => Assert.True(((YamlMappingNode)job.Value).Children.ContainsKey("permissions"), $"{file}: {job.Key}")
        );
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    [InlineData("README.md")]
    [InlineData("docs/github-action.md")]
    public void Whoever_elses_action_is_pinned_by_its_commit_and_says_its_version(string file)
    {
        foreach (
            Match uses in Regex.Matches(
                File.ReadAllText(PathOf(file)),
                @"^ *(- )?uses: (?<what>\S+)(?<comment>.*)$",
                RegexOptions.Multiline | RegexOptions.ExplicitCapture,
                TimeSpan.FromSeconds(5)
            )
        )
        {
            if (uses.Groups["what"].Value is not ("./" or "OWNER/REPO@v1"))
            {
                Assert.Matches("^[a-z-]+/[a-z-]+@[0-9a-f]{40}$", uses.Groups["what"].Value);
                Assert.Matches(@"^ # v\d+\.\d+\.\d+\r?$", uses.Groups["comment"].Value);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void No_expression_becomes_part_of_a_script(string file)
    {
        foreach (
            var step in ((YamlMappingNode)Read(file)["jobs"])
                .Children.Values.SelectMany(job => (YamlSequenceNode)job["steps"])
                .Cast<YamlMappingNode>()
        )
        {
            if (step.Children.TryGetValue("run", out var run))
            {
                Assert.DoesNotContain("${{", ((YamlScalarNode)run).Value, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void The_broken_federation_of_the_dogfood_fails_for_its_reason()
    {
        using var host = new HostRun();
        var run = host.Run("--target=Verify", "--cloud=sandbox", $"--config={PathOf(".github/dogfood/broken.yaml")}");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Equal(["FED5001"], run.Codes);
    }

    public static TheoryData<string> Workflows =>
        [
            .. Directory
                .GetFiles(PathOf(".github/workflows"))
                .Select(file => $".github/workflows/{Path.GetFileName(file)}")
                .Order(StringComparer.Ordinal),
        ];

    private static string PathOf(string file) => Path.Combine(HostRun.Repository, file);

    private static YamlNode Read(string file)
    {
        var stream = new YamlStream();
        using var reader = new StreamReader(PathOf(file));
        stream.Load(reader);
        return stream.Documents[0].RootNode;
    }
}
