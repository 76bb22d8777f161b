using Build.Agents;
using Build.Host;
using Federation.Findings;
using Spectre.Console.Testing;

namespace EndToEnd.Tests.Agents;

public sealed class AzureAgentTests
{
    [Fact]
    public void A_green_run_has_groups_progress_output_variables_and_an_uploaded_summary()
    {
        using var host = new HostRun();
        host.Variables["TF_BUILD"] = "True";
        var run = host.Run("--target=Verify", "--cloud=sandbox", $"--config={HostRun.Example}");
        Assert.True(run.ExitCode == 0, run.ToString());

        var commands = AgentLog.Azure(run.Output);
        Assert.Equal(
            ["Render", "Plan", "Apply", "Verify"],
            commands.Where(command => command.Name == "##[group]").Select(command => command.Message)
        );
        Assert.Equal(4, commands.Count(command => command.Name == "##[endgroup]"));
        var progress = Assert.Single(commands, command => command.Name == "task.setprogress");
        Assert.Equal(("100", "Verify: 1 of 1"), (progress.Properties["value"], progress.Message));

        var outputs = commands
            .Where(command => command.Name == "task.setvariable")
            .ToDictionary(command => command.Properties["variable"], command => command, StringComparer.Ordinal);
        Assert.Equal(StepContract.Outputs.Select(output => output.Variable), outputs.Keys);
        Assert.All(outputs.Values, output => Assert.Equal("true", output.Properties["isOutput"]));
        Assert.Equal("verified", outputs["outcome"].Message);
        Assert.Equal("arn:aws:iam::111122223333:role/gke-to-aws-test", outputs["roleArn"].Message);
        Assert.Equal("""{"created":6,"updated":0,"unchanged":0,"deleted":0}""", outputs["changes"].Message);

        var summary = Assert.Single(commands, command => command.Name == "task.uploadsummary").Message;
        Assert.StartsWith("## ✅ Verified: 1 workload\n", File.ReadAllText(summary), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_problem_of_a_configuration_is_an_issue_at_its_place()
    {
        using var host = new HostRun();
        host.Variables["TF_BUILD"] = "True";
        var config = host.Configure(
            VerifyTests.Federation("aws s3 ls").Replace("111122223333", "1111", StringComparison.Ordinal)
                + "\"a]b;c\\n##vso[task.complete result=Succeeded;]100%\": 1\n"
        );
        var run = host.Run("--target=Verify", $"--config={config}");
        Assert.True(run.ExitCode == 2, run.ToString());
        var issues = AgentLog
            .Azure(run.Output)
            .Where(command => command.Name is not ("##[group]" or "##[endgroup]" or "task.setvariable" or "task.uploadsummary"))
            .ToArray();
        Assert.Equal(2, issues.Length);
        Assert.All(
            issues,
            issue =>
                Assert.Equal(("task.logissue", "error", config), (issue.Name, issue.Properties["type"], issue.Properties["sourcepath"]))
        );
        Assert.Contains(
            issues,
            issue => issue.Message.StartsWith("FED1003", StringComparison.Ordinal) && issue.Properties["linenumber"] == "4"
        );
        Assert.Contains(issues, issue => issue.Message.Contains("100%", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pull_request_plans_and_writes_nothing_and_says_so()
    {
        using var host = new HostRun();
        await using var sandbox = await LiveTests.EnterAsync(host, HostRun.Example);
        host.Variables["TF_BUILD"] = "True";
        host.Variables["BUILD_REASON"] = "PullRequest";
        var run = host.Run("--target=Verify", $"--config={HostRun.Example}");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal("planned", run.Outcome);
        Assert.DoesNotContain(sandbox.Calls.Calls, call => call.IsWrite);
        Assert.Contains(
            "only plans here",
            Assert.Single(AgentLog.Azure(run.Output), command => command.Name == "task.logissue").Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Secrets_are_masked_and_missing_credentials_become_what_to_add_to_the_pipeline()
    {
        var variables = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["TF_BUILD"] = "True",
            ["SYSTEM_ACCESSTOKEN"] = "100%\nsecret",
        };
        using var console = new TestConsole();
        var agent = BuildAgent.Here(new Terminal(console, new TestConsole()), name => variables.GetValueOrDefault(name));
        Assert.Equal(["100%\nsecret", "100%", "secret"], AgentLog.Azure(console.Output).Select(command => command.Message));
        Assert.Contains(
            "service connection",
            agent
                .Advise(
                    new Finding
                    {
                        Code = FindingCodes.AwsCredentialsMissing,
                        Cause = "None.",
                        Fix = "Log in.",
                    }
                )
                .Fix,
            StringComparison.Ordinal
        );
    }
}
