using System.Text.RegularExpressions;
using Build.Agents;
using YamlDotNet.RepresentationModel;

namespace EndToEnd.Tests.Steps;

/// <summary>The workflows and pipelines that the pages show are whole, and hold to the step as it is.</summary>
public sealed class ExampleTests
{
    private const string Step = "OWNER/REPO@v1";

    [Theory]
    [MemberData(nameof(Workflows))]
    public void A_workflow_is_whole_and_its_jobs_ask_for_what_they_need(string page, int number)
    {
        var workflow = WorkflowsOf(page)[number];
        Assert.Subset(Keys(workflow), new HashSet<string>(["name", "on", "permissions", "jobs"], StringComparer.Ordinal));
        Assert.Empty(((YamlMappingNode)workflow["permissions"]).Children);
        Assert.All(
            Jobs(workflow),
            job => Assert.Subset(Keys(job), new HashSet<string>(["runs-on", "permissions", "steps"], StringComparer.Ordinal))
        );
        foreach (var step in Jobs(workflow).SelectMany(Steps).Where(IsOurs).Where(step => Keys(step).Contains("with")))
        {
            Assert.Subset(
                StepContract.Inputs.Select(input => input.Name).ToHashSet(StringComparer.Ordinal),
                Keys((YamlMappingNode)step["with"])
            );
        }
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void A_workflow_reads_outputs_that_there_are_and_deploys_only_after_proof(string page, int number)
    {
        foreach (var steps in Jobs(WorkflowsOf(page)[number]).Select(job => Steps(job).ToArray()))
        {
            var ours = Array.Find(steps, IsOurs)!;
            foreach (
                Match read in Regex.Matches(
                    Text(steps),
                    @"steps\.(?<id>[\w-]+)\.outputs\.(?<output>[\w-]+)",
                    RegexOptions.None,
                    TimeSpan.FromSeconds(5)
                )
            )
            {
                Assert.Equal((string?)ours["id"], read.Groups["id"].Value);
                Assert.Contains(read.Groups["output"].Value, StepContract.Outputs.Select(output => output.Name));
            }

            Assert.All(
                steps.SkipWhile(step => !ReferenceEquals(step, ours)).Where(step => Keys(step).Contains("run")),
                step => Assert.Contains("outputs.verified == 'true'", (string?)step["if"], StringComparison.Ordinal)
            );
        }
    }

    [Fact]
    public void The_pipeline_deploys_only_after_proof()
    {
        var stages = ((YamlSequenceNode)Parse(Checkout.Read("src/azure-pipelines-task/azure-pipelines/example.yml"))["stages"]).ToArray();
        var task = stages[0]["jobs"][0]["steps"][0];
        var inputs = Keys((YamlMappingNode)task["inputs"]);
        inputs.ExceptWith(["awsServiceConnection", "googleWorkloadIdentityProvider", "googleServiceAccount"]);
        Assert.Subset(StepContract.Inputs.Select(input => input.Variable).ToHashSet(StringComparer.Ordinal), inputs);
        var verified = $"outputs['{stages[0]["jobs"][0]["job"]}.{task["name"]}.{StepContract.Verified.Variable}'], 'true'";
        Assert.Contains(verified, (string?)stages[1]["condition"], StringComparison.Ordinal);
    }

    public static TheoryData<string, int> Workflows
    {
        get
        {
            var all = new TheoryData<string, int>();
            foreach (var page in (string[])["README.md", "docs/github-action.md"])
            {
                for (var number = 0; number < WorkflowsOf(page).Length; number++)
                {
                    all.Add(page, number);
                }
            }

            return all;
        }
    }

    private static YamlMappingNode[] WorkflowsOf(string page) =>
        [
            .. Regex
                .Matches(
                    Checkout.Read(page),
                    @"^```yaml\n(?<text>(.*\n)*?)```$",
                    RegexOptions.Multiline | RegexOptions.ExplicitCapture,
                    TimeSpan.FromSeconds(5)
                )
                .Select(block => Parse(block.Groups["text"].Value))
                .Where(yaml => Keys(yaml).Contains("jobs")),
        ];

    private static YamlMappingNode Parse(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return (YamlMappingNode)stream.Documents[0].RootNode;
    }

    private static HashSet<string> Keys(YamlMappingNode node) =>
        node.Children.Keys.Select(key => ((YamlScalarNode)key).Value!).ToHashSet(StringComparer.Ordinal);

    private static IEnumerable<YamlMappingNode> Jobs(YamlMappingNode workflow) =>
        ((YamlMappingNode)workflow["jobs"]).Children.Values.Cast<YamlMappingNode>();

    private static IEnumerable<YamlMappingNode> Steps(YamlMappingNode job) => ((YamlSequenceNode)job["steps"]).Cast<YamlMappingNode>();

    private static bool IsOurs(YamlMappingNode step) => Keys(step).Contains("uses") && (string?)step["uses"] == Step;

    private static string Text(IEnumerable<YamlMappingNode> steps) =>
        string.Join('\n', steps.SelectMany(step => step.AllNodes).OfType<YamlScalarNode>().Select(scalar => scalar.Value));
}
