using System.Text.Json.Nodes;
using Build.Agents;
using Build.Host;
using Federation.Findings;
using Spectre.Console.Testing;

namespace EndToEnd.Tests.Agents;

public sealed class GitHubAgentTests
{
    [Fact]
    public void A_green_run_has_groups_outputs_and_a_summary_and_no_annotation()
    {
        using var host = new HostRun();
        var step = new GitHubStep(host);
        var run = host.Run("--target=Verify", "--cloud=sandbox", $"--config={HostRun.Example}");
        Assert.True(run.ExitCode == 0, run.ToString());

        var commands = AgentLog.GitHub(run.Output);
        Assert.Equal(
            ["group Render", "endgroup ", "group Plan", "endgroup ", "group Apply", "endgroup ", "group Verify", "endgroup "],
            commands.Where(command => command.Name != "add-mask").Select(command => $"{command.Name} {command.Message}")
        );
        Assert.Empty(run.Error);

        var outputs = step.Outputs;
        Assert.Equal(StepContract.Outputs.Select(output => output.Name), outputs.Keys);
        Assert.Equal("verified", outputs["outcome"]);
        Assert.Equal("arn:aws:iam::111122223333:role/gke-to-aws-test", outputs["role-arn"]);
        Assert.Equal("arn:aws:iam::111122223333:role/gke-to-aws-test", (string?)JsonNode.Parse(outputs["role-arns"])!["gke-to-aws-test"]);
        Assert.StartsWith(
            "arn:aws:iam::111122223333:oidc-provider/container.googleapis.com/",
            (string?)JsonNode.Parse(outputs["provider-arns"])!["gke-to-aws-test"],
            StringComparison.Ordinal
        );
        Assert.Equal("""{"created":6,"updated":0,"unchanged":0,"deleted":0}""", outputs["changes"]);
        Assert.Equal("[]", outputs["findings"]);
        Assert.True(File.Exists(outputs["report"]));
        Assert.True(Path.IsPathFullyQualified(outputs["report"]));
        Assert.Equal(("true", outputs["role-arns"]), (outputs["verified"], outputs["planned-role-arns"]));

        Assert.StartsWith("## ✅ Verified: 1 workload\n", step.Summary, StringComparison.Ordinal);
        Assert.Contains("Changes: 6 created", step.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_are_masked_before_anything_is_said()
    {
        using var host = new HostRun();
        _ = new GitHubStep(host);
        host.Variables["AWS_SESSION_TOKEN"] = "session-token-of-the-job";
        host.Variables["AWS_SECRET_ACCESS_KEY"] = "secret-key-of-the-job";
        var run = host.Run("--target=Render", $"--config={HostRun.Example}");
        var lines = run.Output.Split('\n', StringSplitOptions.TrimEntries);
        var masks = lines.TakeWhile(line => line.StartsWith("::add-mask::", StringComparison.Ordinal)).ToArray();
        Assert.Contains("::add-mask::secret-key-of-the-job", masks);
        Assert.Contains("::add-mask::session-token-of-the-job", masks);
        Assert.DoesNotContain("of-the-job", string.Join('\n', lines.Skip(masks.Length)), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_problem_of_a_configuration_is_annotated_at_its_place()
    {
        using var host = new HostRun();
        var step = new GitHubStep(host);
        var config = host.Configure(
            VerifyTests
                .Federation("aws s3 ls")
                .Replace("111122223333", "1111", StringComparison.Ordinal)
                .Replace("serviceAccount: reader", "serviceAcount: reader", StringComparison.Ordinal)
        );
        var run = host.Run("--target=Verify", $"--config={config}");
        Assert.True(run.ExitCode == 2, run.ToString());

        var errors = AgentLog.GitHub(run.Output).Where(command => command.Name == "error").ToArray();
        Assert.Equal(run.Findings.Count(), errors.Length);
        Assert.All(errors, error => Assert.Equal("federation.yaml", error.Properties["file"]));
        Assert.Contains(
            errors,
            error => error.Properties["title"].StartsWith("FED1003", StringComparison.Ordinal) && error.Properties["line"] == "4"
        );
        Assert.Equal("invalid", step.Outputs["outcome"]);
        Assert.Contains("FED1003", step.Outputs["findings"], StringComparison.Ordinal);
        Assert.Contains("FED1003", step.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_gate_is_one_error_and_the_summary_says_what_to_do()
    {
        using var host = new HostRun();
        var step = new GitHubStep(host);
        var config = host.Configure(VerifyTests.Federation("exit 7"));
        var run = host.Run("--target=Verify", "--cloud=sandbox", $"--config={config}");
        Assert.True(run.ExitCode == 1, run.ToString());
        var error = Assert.Single(AgentLog.GitHub(run.Output), command => command.Name == "error");
        Assert.Equal("FED6014 CheckFailed", error.Properties["title"]);
        Assert.Equal("""["FED6014"]""", step.Outputs["findings"]);
        Assert.Equal(("false", "", "{}"), (step.Outputs["verified"], step.Outputs["role-arn"], step.Outputs["role-arns"]));
        Assert.Contains("arn:aws:iam::111122223333:role/reader", step.Outputs["planned-role-arns"], StringComparison.Ordinal);
        Assert.StartsWith("## ❌ Failed: 1 workload\n", step.Summary, StringComparison.Ordinal);
        Assert.Contains(
            "(https://github.test/acme/infra/blob/0123abc/docs/diagnostics.md#fed6014-checkfailed)",
            step.Summary,
            StringComparison.Ordinal
        );
        Assert.Contains("**Fix:**", step.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--cloud=moon")]
    [InlineData("--fail-on-drift=maybe")]
    [InlineData("--parallelism=many")]
    [InlineData("--verbosity=loud")]
    [InlineData("--target=Verfy")]
    [InlineData("--config=")]
    public void A_value_that_does_not_exist_is_refused_annotated_and_an_outcome(string argument)
    {
        using var host = new HostRun();
        var step = new GitHubStep(host);
        var run = host.Run(argument);
        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Equal(
            "FED8013 ArgumentInvalid",
            Assert.Single(AgentLog.GitHub(run.Output), command => command.Name == "error").Properties["title"]
        );
        Assert.Equal(("invalid", "false"), (step.Outputs["outcome"], step.Outputs["verified"]));
        Assert.Contains("FED8013", step.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void A_configuration_that_is_not_there_is_an_error_and_never_a_sandbox()
    {
        using var host = new HostRun();
        var step = new GitHubStep(host);
        var run = host.Run("--target=Verify", "--config=federation.yaml", "--cloud=live");
        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Contains("FED1001", run.Output, StringComparison.Ordinal);
        Assert.Contains("`config`", run.Output, StringComparison.Ordinal);
        Assert.Equal("invalid", step.Outputs["outcome"]);
    }

    [Theory]
    [InlineData("Sandbox")]
    [InlineData("Token")]
    [InlineData("Test")]
    public void A_target_that_is_not_the_steps_is_refused_with_those_that_are(string target)
    {
        using var host = new HostRun();
        var step = new GitHubStep(host);
        var run = host.Run($"--target={target}");
        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Equal("invalid", step.Outputs["outcome"]);
        var error = Assert.Single(AgentLog.GitHub(run.Output), command => command.Name == "error");
        Assert.Contains("Targets: Verify, Render, Plan, Apply, Diagnose, Destroy.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_workflow_that_runs_the_host_itself_has_every_target()
    {
        using var host = new HostRun();
        _ = new GitHubStep(host);
        host.Variables.Remove("INPUT_TARGET");
        var run = host.Run("--target=Test", "--dryrun");
        Assert.True(run.ExitCode == 0, run.ToString());
    }

    [Fact]
    public void Drift_is_one_error_that_says_what_differs()
    {
        using var host = new HostRun();
        var step = new GitHubStep(host);
        var run = host.Run("--target=Plan", "--cloud=sandbox", $"--config={HostRun.Example}", "--fail-on-drift=true");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Equal("drifted", step.Outputs["outcome"]);
        var error = Assert.Single(AgentLog.GitHub(run.Output), command => command.Name == "error");
        Assert.Equal("Drift", error.Properties["title"]);
        Assert.Contains("create aws/111122223333/role/gke-to-aws-test", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The runner reads two pipes in no certain order.</summary>
    [Fact]
    public void What_is_found_is_said_as_a_whole_on_the_stream_of_the_commands()
    {
        using var host = new HostRun();
        _ = new GitHubStep(host);
        var run = host.Run("--target=Verify", "--cloud=moon", "--parallelism=many");
        Assert.Empty(run.Error);
        var lines = run.Output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var first = Array.FindIndex(lines, line => line.StartsWith("::error", StringComparison.Ordinal));
        Assert.Equal(2, lines.Take(first).Count(line => line.StartsWith("error FED8013", StringComparison.Ordinal)));
        Assert.Equal(2, lines.Take(first).Count(line => line.StartsWith("fix:", StringComparison.Ordinal)));
        Assert.All(lines.Skip(first), line => Assert.StartsWith("::", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(
        "--fail-on-drift=yes",
        "`fail-on-drift: yes` is neither true nor false.",
        "Write `fail-on-drift: true` or `fail-on-drift: false`."
    )]
    [InlineData("--cloud=", "`cloud` needs a value.", "Write `cloud: live|sandbox`.")]
    [InlineData("--timeout=long", "`timeout: long` is not a duration", "Write it as in 90s")]
    public void A_wrong_value_is_told_to_whoever_wrote_an_input(string argument, string cause, string fix)
    {
        using var host = new HostRun();
        _ = new GitHubStep(host);
        var error = Assert.Single(AgentLog.GitHub(host.Run(argument).Output), command => command.Name == "error");
        Assert.StartsWith(cause, error.Message, StringComparison.Ordinal);
        Assert.Contains($"Fix: {fix}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/runner/_actions/acme/gke/v1", "https://github.test/acme/gke/blob/v1")]
    [InlineData("{workspace}", "https://github.test/acme/infra/blob/0123abc")]
    [InlineData("{workspace}/vendor/gke", "https://github.test/acme/infra/blob/0123abc/vendor/gke")]
    [InlineData("{workspace}/checkout", null)]
    public void Links_lead_to_the_documentation_of_the_action_that_runs(string action, string? root)
    {
        using var host = new HostRun();
        _ = new GitHubStep(host);
        Directory.CreateDirectory(Path.Combine(host.Folder, "checkout", ".git"));
        host.Variables["GITHUB_ACTION_PATH"] = action.Replace("{workspace}", host.Folder, StringComparison.Ordinal);
        Assert.Equal(root, Documentation.Find(name => host.Variables.GetValueOrDefault(name)).Root);
    }

    [Theory]
    [InlineData("Run `--target=Apply --prune`.", "Run `target: Apply` `prune: true`.")]
    [InlineData("--target=Verify --workload=a tries it.", "`target: Verify` `workload: a` tries it.")]
    [InlineData("Or give it longer with --timeout.", "Or give it longer with `timeout`.")]
    [InlineData("`--target=Token --token-file=PATH` shows it.", "`--target=Token --token-file=PATH` shows it.")]
    [InlineData("`aws sts get-caller-identity --output json`", "`aws sts get-caller-identity --output json`")]
    [InlineData("`gcloud x --workload-pool p` with --project p", "`gcloud x --workload-pool p` with --project p")]
    public void A_fix_names_inputs_and_leaves_commands_of_other_tools(string fix, string inStep) =>
        Assert.Equal(inStep, StepWording.WithInputs(fix, input => input.Name));

    [Fact]
    public void Nothing_that_a_pod_says_is_a_command()
    {
        using var host = new HostRun();
        var step = new GitHubStep(host);
        var config = host.Configure(
            VerifyTests.Federation(
                "|\n        printf '::error::a\\n  ::set-output "
                    + "name=outcome::b\\n##[error]c\\nd\\r::error::e\\n##vso[task.complete "
                    + "result=Succeeded;]f\\n::stop-commands::x\\n%%0A::error::g\\n'"
            )
        );
        var run = host.Run("--target=Verify", "--cloud=sandbox", $"--config={config}");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains("::set-output name=outcome::b", run.Output, StringComparison.Ordinal);
        Assert.All(AgentLog.GitHub(run.Output), command => Assert.Contains(command.Name, (string[])["group", "endgroup", "add-mask"]));
        Assert.Empty(AgentLog.Azure(run.Output));
        Assert.Equal("verified", step.Outputs["outcome"]);
    }

    [Fact]
    public void Nothing_that_a_configuration_says_is_a_command_or_an_output()
    {
        using var host = new HostRun();
        var step = new GitHubStep(host);
        var config = host.Configure(
            VerifyTests.Federation("aws s3 ls") + "\"x\\n::error::pwned\\n##vso[task.complete]%0A::warning::|`<b>\": 1\n"
        );
        var run = host.Run("--target=Verify", $"--config={config}");
        Assert.True(run.ExitCode == 2, run.ToString());
        var commands = AgentLog.GitHub(run.Output);
        Assert.Equal(["group", "endgroup", "error"], commands.Select(command => command.Name));
        var error = commands[2];
        Assert.Equal("FED1001 ConfigurationInvalid", error.Properties["title"]);
        Assert.Contains("pwned", error.Message, StringComparison.Ordinal);
        Assert.Equal(StepContract.Outputs.Select(output => output.Name), step.Outputs.Keys);
        Assert.DoesNotContain("<b>", step.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pull_request", "Verify")]
    [InlineData("pull_request_target", "Apply")]
    public async Task A_pull_request_plans_and_writes_nothing_and_says_so(string @event, string target)
    {
        using var host = new HostRun();
        await using var sandbox = await LiveTests.EnterAsync(host, HostRun.Example);
        var step = new GitHubStep(host);
        host.Variables["GITHUB_EVENT_NAME"] = @event;
        var run = host.Run($"--target={target}", "--cloud=live", $"--config={HostRun.Example}");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal("planned", step.Outputs["outcome"]);
        Assert.Equal(("false", "", "{}"), (step.Outputs["verified"], step.Outputs["role-arn"], step.Outputs["role-arns"]));
        Assert.Contains(":role/gke-to-aws-test", step.Outputs["planned-role-arns"], StringComparison.Ordinal);
        Assert.DoesNotContain(sandbox.Calls.Calls, call => call.IsWrite);
        var notice = Assert.Single(AgentLog.GitHub(run.Output), command => command.Name == "notice");
        Assert.Equal($"{target} only plans here", notice.Properties["title"]);
        Assert.Contains("proves nothing yet", step.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pull_request_may_be_let_write()
    {
        using var host = new HostRun();
        await using var sandbox = await LiveTests.EnterAsync(host, HostRun.Example);
        var step = new GitHubStep(host);
        host.Variables["GITHUB_EVENT_NAME"] = "pull_request";
        var run = host.Run("--target=Apply", "--cloud=live", $"--config={HostRun.Example}", "--write-on-pull-request=true");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal("applied", step.Outputs["outcome"]);
        Assert.Contains(sandbox.Calls.Calls, call => call.IsWrite);
    }

    [Fact]
    public void The_sandbox_is_no_live_cloud_and_verifies_for_a_pull_request_too()
    {
        using var host = new HostRun();
        var step = new GitHubStep(host);
        host.Variables["GITHUB_EVENT_NAME"] = "pull_request";
        var run = host.Run("--target=Verify", "--cloud=sandbox", $"--config={HostRun.Example}");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal("verified", step.Outputs["outcome"]);
    }

    [Theory]
    [InlineData(null, "push", "id-token: write")]
    [InlineData(null, "pull_request", "a fork never gets one")]
    [InlineData("https://token.test", "push", "Add a login step")]
    public void Missing_credentials_become_what_to_add_to_the_workflow(string? tokenAddress, string @event, string advice)
    {
        var variables = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["GITHUB_ACTIONS"] = "true",
            ["GITHUB_EVENT_NAME"] = @event,
            ["ACTIONS_ID_TOKEN_REQUEST_URL"] = tokenAddress,
        };
        var agent = BuildAgent.Here(new Terminal(new TestConsole(), new TestConsole()), name => variables.GetValueOrDefault(name));
        foreach (
            var (code, step) in new[]
            {
                (FindingCodes.AwsCredentialsMissing, "aws-actions/configure-aws-credentials"),
                (FindingCodes.GoogleCredentialsMissing, "google-github-actions/auth"),
            }
        )
        {
            var advised = agent.Advise(
                new Finding
                {
                    Code = code,
                    Cause = "None.",
                    Fix = "Log in.",
                }
            );
            Assert.Contains(advice, advised.Fix, StringComparison.Ordinal);
            Assert.Contains(step, advised.Fix, StringComparison.Ordinal);
            Assert.Equal(tokenAddress is null, advised.Fix.Contains("id-token: write", StringComparison.Ordinal));
        }

        var other = new Finding
        {
            Code = FindingCodes.RoleMissing,
            Cause = "None.",
            Fix = "Apply.",
        };
        Assert.Equal(other, agent.Advise(other));
    }

    [Fact]
    public void A_finding_stands_in_the_summary_once_with_the_advice_that_holds_in_a_workflow()
    {
        using var host = new HostRun();
        var step = new GitHubStep(host);
        foreach (var name in (string[])["GOOGLE_APPLICATION_CREDENTIALS", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "KUBECONFIG"])
        {
            host.Variables[name] = Path.Combine(host.Folder, "absent");
        }

        foreach (
            var name in (string[])
                [
                    "AWS_ACCESS_KEY_ID",
                    "AWS_SECRET_ACCESS_KEY",
                    "AWS_SESSION_TOKEN",
                    "AWS_WEB_IDENTITY_TOKEN_FILE",
                    "AWS_ROLE_ARN",
                    "AWS_PROFILE",
                ]
        )
        {
            host.Variables.Remove(name);
        }

        host.Variables["AWS_EC2_METADATA_DISABLED"] = "true";
        var run = host.Run("--target=Plan", $"--config={host.Configure(VerifyTests.Federation("aws s3 ls"))}");
        Assert.True(run.ExitCode == 3, run.ToString());
        var codes = run.Findings.Select(finding => (string)finding!["code"]!).ToArray();
        Assert.Contains("FED8001", codes);
        Assert.Equal(codes.Distinct(StringComparer.Ordinal), codes);
        Assert.Equal(codes.Length, step.Summary.Split("**Fix:**").Length - 1);
        Assert.Contains("aws-actions/configure-aws-credentials", step.Summary, StringComparison.Ordinal);
        Assert.DoesNotContain("aws sso login", step.Summary, StringComparison.Ordinal);
    }
}

/// <summary>What the runner gives a step, and what it takes from it.</summary>
internal sealed class GitHubStep
{
    private readonly string _output;
    private readonly string _summary;

    public GitHubStep(HostRun host)
    {
        var files = Directory.CreateDirectory(Path.Combine(host.Folder, "_runner_file_commands"));
        (_output, _summary) = (Path.Combine(files.FullName, "set_output"), Path.Combine(files.FullName, "step_summary"));
        foreach (var file in (string[])[_output, _summary])
        {
            File.WriteAllText(file, "");
        }

        foreach (
            var (name, value) in new[]
            {
                ("CI", "true"),
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_EVENT_NAME", "push"),
                ("GITHUB_WORKSPACE", host.Folder),
                ("GITHUB_OUTPUT", _output),
                ("GITHUB_STEP_SUMMARY", _summary),
                ("GITHUB_SERVER_URL", "https://github.test"),
                ("GITHUB_REPOSITORY", "acme/infra"),
                ("GITHUB_SHA", "0123abc"),
                ("INPUT_TARGET", "Verify"),
            }
        )
        {
            host.Variables[name] = value;
        }
    }

    public IReadOnlyDictionary<string, string> Outputs => AgentLog.Outputs(File.ReadAllText(_output));

    public string Summary => File.ReadAllText(_summary);
}
