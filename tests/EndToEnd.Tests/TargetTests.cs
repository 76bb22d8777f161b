using System.Runtime.InteropServices;
using Build.Host;

namespace EndToEnd.Tests;

public sealed class TargetTests
{
    [Fact]
    public void Rendering_calls_nothing_and_writes_every_document()
    {
        using var host = new HostRun();
        host.Variables["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1";
        host.Variables["KUBECONFIG"] = "/nonexistent";
        var run = host.Run("--target=Render", $"--config={HostRun.Example}");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal("rendered", run.Outcome);
        Assert.Contains("1 workload, no cloud is called", run.Output, StringComparison.Ordinal);
        var folder = Path.Combine(host.Output, "rendered", "gke-to-aws-test");
        Assert.All(
            [
                "namespace.yaml",
                "service-account.yaml",
                "trust-policy.json",
                "permissions/s3-list-buckets.json",
                "kustomization.yaml",
                "validation-pod.yaml",
                "component/kustomization.yaml",
            ],
            file => Assert.True(File.Exists(Path.Combine(folder, file)), file)
        );
    }

    [Fact]
    public void A_plan_shows_what_would_change_and_changes_nothing()
    {
        using var host = new HostRun();
        var run = host.Run("--target=Plan", "--cloud=sandbox", $"--config={HostRun.Example}");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal("planned", run.Outcome);
        Assert.All(run.Actions, action => Assert.Equal("create", action));
        Assert.Contains("+ aws/111122223333/role/gke-to-aws-test", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Drift_fails_a_plan_only_where_it_is_asked_to()
    {
        using var host = new HostRun();
        var run = host.Run("--target=Plan", "--cloud=sandbox", $"--config={HostRun.Example}", "--fail-on-drift");
        Assert.Equal((1, "drifted"), (run.ExitCode, run.Outcome));
    }

    [Fact]
    public void Every_problem_of_a_configuration_is_named_at_once_and_nothing_is_called()
    {
        using var host = new HostRun();
        var config = host.Configure(
            VerifyTests
                .Federation("aws s3 ls")
                .Replace("111122223333", "1111", StringComparison.Ordinal)
                .Replace("serviceAccount: reader", "serviceAcount: reader", StringComparison.Ordinal)
                .Replace("s3-list-buckets", "s3-list-bucket", StringComparison.Ordinal)
        );
        var run = host.Run("--target=Verify", "--cloud=sandbox", $"--config={config}");
        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Equal("invalid", run.Outcome);
        Assert.Contains("did you mean \"s3-list-buckets\"?", run.Error, StringComparison.Ordinal);
        Assert.Contains("FED1003", run.Codes);
        Assert.Contains("FED1001", run.Codes);
        Assert.Contains("serviceAccount", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Report!["calls"]!.AsObject());
    }

    [Fact]
    public void An_output_that_cannot_be_written_is_a_wrong_argument()
    {
        using var host = new HostRun();
        File.WriteAllText(host.Output, "a file where the folder should be");
        var run = host.Run("--target=Verify", "--cloud=sandbox", $"--config={HostRun.Example}");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(
            $"FED8013 ArgumentInvalid: --output={host.Output}: nothing can be written there.",
            run.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void What_is_wrong_with_templates_is_named_beside_what_is_wrong_with_the_configuration()
    {
        using var host = new HostRun();
        var config = host.Configure(VerifyTests.Federation("aws s3 ls").Replace("111122223333", "1111", StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(host.Folder, "namespace.yaml"), "name: ${workload.nmae}\n");
        var run = host.Run("--target=Render", $"--config={config}", $"--templates={host.Folder}");
        Assert.Equal((2, "invalid"), (run.ExitCode, run.Outcome));
        Assert.Equal(["FED1003", "FED1006"], run.Codes);
    }

    [Fact]
    public void A_plan_of_another_checksum_or_without_one_in_continuous_integration_is_refused_before_anything_is_called()
    {
        using var host = new HostRun();
        var plan = Path.Combine(host.Folder, "plan.json");
        File.WriteAllText(plan, "{}");
        var example = $"--config={HostRun.Example}";

        foreach (
            var (arguments, right) in new (string[], string)[]
            {
                ([$"--plan={plan}", "--plan-checksum=beef"], "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"),
                ([$"--plan={plan}"], "this is not a plan"),
                (["--plan-checksum=beef"], "--plan=FILE"),
                ([$"--plan={host.Folder}", "--plan-checksum=beef"], "is a folder"),
            }
        )
        {
            var run = host.Run(["--target=Apply", "--cloud=sandbox", example, .. arguments]);
            Assert.Equal(2, run.ExitCode);
            Assert.Contains(right, run.Error, StringComparison.Ordinal);
        }

        host.Variables["GITHUB_ACTIONS"] = "true";
        var unattended = host.Run("--target=Apply", "--cloud=sandbox", example, $"--plan={plan}");
        Assert.Equal(2, unattended.ExitCode);
        Assert.Contains("nothing says that this is the plan that was reviewed", unattended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_configuration_is_an_error_and_never_a_sandbox()
    {
        using var host = new HostRun();
        var run = host.Run("--target=Verify", $"--config={Path.Combine(host.Folder, "absent.yaml")}");
        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Equal(["FED1001"], run.Codes);
    }

    [Fact]
    public void In_continuous_integration_the_example_never_steps_in()
    {
        using var host = new HostRun();
        host.Variables["GITHUB_ACTIONS"] = "true";
        var run = host.Run("--target=Verify");
        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Contains("FED1001", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--cloud=moon", "sandbox")]
    [InlineData("--parallelism=none", "256")]
    [InlineData("--timeout=0s", "10m")]
    [InlineData("--timeout=soon", "10m")]
    [InlineData("--faults=aws-throttling:0", "every Nth call")]
    [InlineData("--faults=issuer-slow,rain", "issuer-unavailable")]
    public void A_wrong_value_is_refused_with_what_would_be_right(string argument, string right)
    {
        using var host = new HostRun();
        var run = host.Run(argument);
        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Contains("FED8013", run.Error, StringComparison.Ordinal);
        Assert.Contains(right, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT, 130)]
    [InlineData(PosixSignal.SIGTERM, 143)]
    public void An_interrupted_gate_takes_its_pod_away_and_says_so(PosixSignal signal, int exitCode)
    {
        using var host = new HostRun();
        var config = host.Configure(VerifyTests.Federation("echo the check has begun; sleep 600"));
        var interruption = new Interruption();
        var run = host.Run(
            interruption,
            said =>
            {
                if (said.Contains("| the check has begun", StringComparison.Ordinal))
                {
                    interruption.Interrupt(signal);
                }
            },
            "--target=Verify",
            "--cloud=sandbox",
            $"--config={config}"
        );
        Assert.True(run.ExitCode == exitCode, run.ToString());
        Assert.Equal("interrupted", run.Outcome);
        Assert.Equal("interrupted", (string?)run.Workload()["outcome"]);
    }
}
