using EndToEnd.Tests.Faults;
using Federation.Configuration;
using Federation.Sandbox;

namespace EndToEnd.Tests;

/// <summary>The live path against a sandbox that was there before: nothing tells the host that its clouds are emulated.</summary>
public sealed class LiveTests
{
    [Fact]
    public async Task A_second_run_finds_everything_unchanged_and_writes_nothing_but_its_pod()
    {
        using var host = new HostRun();
        await using var sandbox = await EnterAsync(host, HostRun.Example);

        var first = host.Run("--target=Verify", "--cloud=live", $"--config={HostRun.Example}");
        Assert.True(first.ExitCode == 0, first.ToString());
        var written = sandbox.Calls.Calls.Count;

        var second = host.Run("--target=Verify", "--cloud=live", $"--config={HostRun.Example}");
        Assert.True(second.ExitCode == 0, second.ToString());
        Assert.Equal("verified", second.Outcome);
        Assert.All(second.Actions, action => Assert.Equal("unchanged", action));
        var writes = sandbox.Calls.Calls.Skip(written).Where(call => call.IsWrite).ToArray();
        Assert.Equal(["kubernetes create pods", "kubernetes delete pods"], writes.Select(call => $"{call.Cloud} {call.Operation}"));
    }

    [Fact]
    public async Task Planning_a_converged_federation_says_that_there_are_no_changes()
    {
        using var host = new HostRun();
        await using var sandbox = await EnterAsync(host, HostRun.Example);
        Assert.Equal(0, host.Run("--target=Apply", $"--config={HostRun.Example}").ExitCode);

        var written = sandbox.Calls.Calls.Count;
        var plan = host.Run("--target=Plan", $"--config={HostRun.Example}", "--fail-on-drift");
        Assert.True(plan.ExitCode == 0, plan.ToString());
        Assert.Contains("No changes", plan.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(sandbox.Calls.Calls.Skip(written), call => call.IsWrite);
    }

    [Fact]
    public async Task A_reviewed_plan_is_applied_once_and_is_stale_from_then_on()
    {
        using var host = new HostRun();
        await using var sandbox = await EnterAsync(host, HostRun.Example);
        var config = $"--config={HostRun.Example}";
        var planned = host.Run("--target=Plan", config);
        Assert.True(planned.ExitCode == 0, planned.ToString());
        var checksum = (string)planned.Report!["planChecksum"]!;
        Assert.Contains(checksum, planned.Output, StringComparison.Ordinal);
        string[] reviewed = [$"--plan={(string)planned.Report!["plan"]!}", $"--plan-checksum={checksum}"];

        var applied = host.Run(["--target=Apply", config, .. reviewed]);
        Assert.True(applied.ExitCode == 0, applied.ToString());
        Assert.All(applied.Actions, action => Assert.Equal("create", action));

        var written = sandbox.Calls.Calls.Count;
        var again = host.Run(["--target=Verify", config, .. reviewed]);
        Assert.True(again.ExitCode == 1, again.ToString());
        Assert.Equal(["FED8011"], again.Codes);
        Assert.Contains("was to be created, and is now unchanged", again.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(sandbox.Calls.Calls.Skip(written), call => call.IsWrite);
    }

    [Fact]
    public async Task A_workload_that_was_removed_is_listed_by_plan_and_deleted_by_prune()
    {
        using var host = new HostRun();
        var both =
            "name: federation\n"
            + LiveFederation.Configuration.Replace("  far: { id: \"444455556666\", region: us-east-1 }\n", "", StringComparison.Ordinal);
        var config = $"--config={host.Configure(both)}";
        await using var sandbox = await EnterAsync(host, host.Configure(both));
        Assert.Equal(0, host.Run("--target=Apply", config).ExitCode);
        host.Configure(both[..both.IndexOf("  - name: robot", StringComparison.Ordinal)]);

        var planned = host.Run("--target=Plan", config);
        Assert.True(planned.ExitCode == 0, planned.ToString());
        Assert.Contains("FED8014", planned.Codes);
        Assert.Contains(
            "aws/111122223333/role/robot carries this federation's mark (it was made for robot)",
            planned.ToString(),
            StringComparison.Ordinal
        );

        var refused = host.Run("--target=Apply", config, "--prune");
        Assert.Equal((1, "FED8012"), (refused.ExitCode, refused.Codes.First()));
        Assert.Equal(0, host.Run("--target=Apply", config).ExitCode);

        var pruned = host.Run("--target=Apply", config, "--prune", "--force");
        Assert.True(pruned.ExitCode == 0, pruned.ToString());
        Assert.Equal(
            ["role/robot", "service-account/robot", "service-account/robot-account"],
            pruned.Report!["changes"]!
                .AsArray()
                .Where(change => (string?)change!["action"] == "delete" && (string?)change["state"] == "done")
                .Select(change => string.Join('/', ((string)change!["resource"]!).Split('/')[^2..]))
                .Order(StringComparer.Ordinal)
        );

        var after = host.Run("--target=Plan", config, "--prune", "--fail-on-drift");
        Assert.True(after.ExitCode == 0, after.ToString());
        Assert.Empty(after.Codes);
        Assert.Equal(0, host.Run("--target=Verify", config).ExitCode);
    }

    [Fact]
    public async Task Destroying_leaves_nothing_of_ours_and_twice_is_fine()
    {
        using var host = new HostRun();
        var named = "name: federation\n" + await File.ReadAllTextAsync(HostRun.Example, TestContext.Current.CancellationToken);
        await using var sandbox = await EnterAsync(host, HostRun.Example);
        var config = $"--config={host.Configure(named)}";
        Assert.Equal(0, host.Run("--target=Apply", config).ExitCode);

        var written = sandbox.Calls.Calls.Count;
        var refused = host.Run("--target=Destroy", config);
        Assert.Equal((1, "FED8012"), (refused.ExitCode, refused.Codes.Single()));
        Assert.DoesNotContain(sandbox.Calls.Calls.Skip(written), call => call.IsWrite);

        var destroyed = host.Run("--target=Destroy", config, "--force");
        Assert.True(destroyed.ExitCode == 0, destroyed.ToString());
        Assert.Equal("destroyed", destroyed.Outcome);
        Assert.All(destroyed.Actions, action => Assert.Equal("delete", action));

        var again = host.Run("--target=Destroy", config, "--force");
        Assert.True(again.ExitCode == 0, again.ToString());
        Assert.Empty(again.Actions);
    }

    [Theory]
    [InlineData("--target=Destroy")]
    [InlineData("--target=Plan", "--prune")]
    [InlineData("--target=Apply", "--prune")]
    public async Task Nothing_is_deleted_by_the_mark_of_a_federation_without_a_name_which_another_may_have(params string[] arguments)
    {
        using var host = new HostRun();
        await using var sandbox = await EnterAsync(host, HostRun.Example);

        var run = host.Run([.. arguments, "--force", $"--config={HostRun.Example}"]);

        Assert.Equal((2, "invalid", "FED1001"), (run.ExitCode, run.Outcome, run.Codes.Single()));
        Assert.Contains("write `name: federation`", run.Error, StringComparison.Ordinal);
        Assert.Empty(sandbox.Calls.Calls);
    }

    [Fact]
    public void Destroying_and_applying_in_one_run_is_refused()
    {
        using var host = new HostRun();
        var run = host.Run("--target=Apply", "--target=Destroy", $"--config={HostRun.Example}", "--cloud=sandbox");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("Destroy deletes what Apply makes", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_gate_alone_proves_what_is_there_and_plans_nothing()
    {
        using var host = new HostRun();
        await using var sandbox = await EnterAsync(host, HostRun.Example);
        Assert.Equal(0, host.Run("--target=Apply", $"--config={HostRun.Example}").ExitCode);

        var run = host.Run("--target=Verify", "--exclusive", $"--config={HostRun.Example}");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal("verified", (string?)run.Workload()["outcome"]);
        Assert.Empty(run.Actions);
    }

    [Fact]
    public async Task A_check_that_the_role_may_not_do_fails_at_once_and_names_the_permission()
    {
        using var host = new HostRun();
        var config = host.Configure(VerifyTests.Federation("aws s3 ls s3://sandbox-exports"));
        await using var sandbox = await EnterAsync(host, config);
        Assert.Equal(0, host.Run("--target=Apply", $"--config={config}").ExitCode);

        var run = host.Run("--target=Verify", $"--config={config}");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Equal("failed", run.Outcome);
        Assert.Equal(["FED5001"], run.Codes);
        Assert.Equal(
            ("s3:ListBucket on arn:aws:s3:::sandbox-exports", "no statement allows it"),
            ((string?)run.Findings.Single()["expected"], (string?)run.Findings.Single()["actual"])
        );
        Assert.Contains("the pod is kept", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_of_another_account_stop_everything_before_any_write()
    {
        using var host = new HostRun();
        await using var sandbox = await EnterAsync(host, HostRun.Example);
        var other = host.Configure(
            (await File.ReadAllTextAsync(HostRun.Example, TestContext.Current.CancellationToken)).Replace(
                "111122223333",
                "444455556666",
                StringComparison.Ordinal
            )
        );
        var run = host.Run("--target=Verify", "--cloud=live", $"--config={other}");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Equal(["FED8003"], run.Codes);
        Assert.DoesNotContain(sandbox.Calls.Calls, call => call.IsWrite);
    }

    [Fact]
    public async Task A_role_without_our_mark_stops_everything_before_any_write()
    {
        using var host = new HostRun();
        await using var sandbox = await EnterAsync(host, HostRun.Example);
        Assert.Equal(0, host.Run("--target=Apply", "--cloud=live", $"--config={HostRun.Example}").ExitCode);
        var renamed = host.Configure(
            "name: another-federation\n" + await File.ReadAllTextAsync(HostRun.Example, TestContext.Current.CancellationToken)
        );

        Directory.Delete(Path.Combine(host.Output, "rendered"), recursive: true);

        var written = sandbox.Calls.Calls.Count;
        var run = host.Run("--target=Apply", "--cloud=live", $"--config={renamed}");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Contains("FED8009", run.Codes);
        Assert.DoesNotContain(sandbox.Calls.Calls.Skip(written), call => call.IsWrite);
    }

    [Fact]
    public async Task A_cluster_in_another_location_is_named_with_its_own()
    {
        using var host = new HostRun();
        await using var sandbox = await EnterAsync(host, HostRun.Example);
        var regional = host.Configure(
            (await File.ReadAllTextAsync(HostRun.Example, TestContext.Current.CancellationToken)).Replace(
                "asia-south1-a",
                "asia-south1",
                StringComparison.Ordinal
            )
        );
        var run = host.Run("--target=Plan", "--cloud=live", $"--config={regional}");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Contains("FED2001", run.Codes);
        Assert.Contains("asia-south1-a", run.Error, StringComparison.Ordinal);
    }

    /// <summary>Starts the clouds of a configuration, and leads this process to them as a login would.</summary>
    internal static async Task<SandboxClouds> EnterAsync(HostRun host, string config, Func<SandboxOptions, SandboxOptions>? change = null)
    {
        var configuration = ConfigurationReader.Read(config, await File.ReadAllBytesAsync(config)).Configuration!;
        var options = new SandboxOptions
        {
            Clusters = configuration.Clusters,
            Accounts = configuration.Accounts,
            Buckets = configuration.Sandbox.Buckets,
            Folder = SandboxFolder.Own(host.Folder),
            AmbientVariables = Environment.GetEnvironmentVariables().Keys.Cast<string>(),
        };
        var sandbox = await SandboxClouds.StartAsync(
            change?.Invoke(options) ?? options,
            TimeProvider.System,
            TestContext.Current.CancellationToken
        );
        foreach (var (name, value) in sandbox.Environment)
        {
            host.Variables[name] = value;
        }

        return sandbox;
    }
}
