using System.Diagnostics;
using Build.Packing;

namespace EndToEnd.Tests.Steps;

public sealed class CompositeActionTests
{
    [Fact]
    public async Task The_release_is_fetched_once_and_run_with_the_inputs_as_they_are()
    {
        using var host = new HostRun();
        var action = await ActionRelease.MakeAsync(host, ActionRelease.Echo);
        var inputs = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["workload"] = "a b,$(touch pwned) `touch pwned` \"; touch pwned; '",
            ["output"] = "one\ntwo",
            ["config"] = "",
        };
        var first = await action.RunAsync(inputs);
        Assert.True(first.ExitCode == 0, first.Log);
        Assert.Contains("argument <--target=Verify>\n", first.Log, StringComparison.Ordinal);
        Assert.Contains("argument <--config=>\n", first.Log, StringComparison.Ordinal);
        Assert.Contains("argument <--cloud=live>\n", first.Log, StringComparison.Ordinal);
        Assert.Contains("argument <--write-on-pull-request=false>\n", first.Log, StringComparison.Ordinal);
        Assert.Contains($"argument <--workload={inputs["workload"]}>\n", first.Log, StringComparison.Ordinal);
        Assert.Contains("argument <--output=one\ntwo>\n", first.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("--templates", first.Log, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(action.Workspace));
        Assert.Equal("echoed", first.Outputs["outcome"]);

        File.Delete(ActionRelease.Archive(host));
        var second = await action.RunAsync(inputs);
        Assert.True(second.ExitCode == 0, second.Log);
    }

    [Fact]
    public async Task The_host_takes_the_place_of_the_shell_that_the_runner_signals()
    {
        using var host = new HostRun();
        var run = await (await ActionRelease.MakeAsync(host, ActionRelease.Echo)).RunAsync();
        Assert.Contains($"host {run.Process}\n", run.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_release_with_another_digest_fails_and_nothing_of_it_is_run()
    {
        using var host = new HostRun();
        var action = await ActionRelease.MakeAsync(host, ActionRelease.Echo);
        await File.AppendAllTextAsync(ActionRelease.Archive(host), "more", TestContext.Current.CancellationToken);
        var run = await action.RunAsync();
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("::error title=The release is not what it should be::", run.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("argument", run.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("checkout", run.Log, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(action.ToolCache, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_release_that_cannot_be_fetched_fails_and_is_not_replaced()
    {
        using var host = new HostRun();
        var action = await ActionRelease.MakeAsync(host, ActionRelease.Echo);
        File.Delete(ActionRelease.Archive(host));
        action.Replace("sleep", "");
        var run = await action.RunAsync();
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("::error title=The release cannot be fetched::", run.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("checkout", run.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_release_the_host_is_built_from_the_actions_checkout_and_the_log_says_so()
    {
        using var host = new HostRun();
        var path = Path.Combine(host.Folder, "_actions", "acme", "tool", "main");
        await ActionRelease.WriteAsync(
            path,
            ReleaseVersion.Write(ActionRelease.Version, "https://github.test/acme/tool", []),
            ActionRelease.Echo
        );
        var run = await new CompositeAction(host.Folder, path).RunAsync();
        Assert.True(run.ExitCode == 0, run.Log);
        Assert.Contains("is no release for Linux X64: the host is built from its checkout", run.Log, StringComparison.Ordinal);
        Assert.Contains("argument <--target=Verify>\n", run.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_action_of_the_repository_itself_is_built_from_it_even_at_a_release()
    {
        using var host = new HostRun();
        var action = await ActionRelease.MakeAsync(host, ActionRelease.Echo);
        action["GITHUB_WORKSPACE"] = ActionRelease.Path(host);
        await File.WriteAllTextAsync(
            Path.Combine(ActionRelease.Path(host), "build.sh"),
            ActionRelease.Echo,
            TestContext.Current.CancellationToken
        );
        ActionRelease.MakeProgram(Path.Combine(ActionRelease.Path(host), "build.sh"));
        var run = await action.RunAsync();
        Assert.True(run.ExitCode == 0, run.Log);
        Assert.Contains("built from its checkout", run.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_step_takes_its_pod_away_before_the_runner_loses_patience()
    {
        Assert.SkipWhen(IgnoresInterrupts(), "Whoever started the tests has SIGINT ignored, and so would the step.");
        using var host = new HostRun();
        var config = host.Configure(VerifyTests.Federation("echo the check has begun; sleep 600"));
        await using var sandbox = await LiveTests.EnterAsync(host, config);
        var action = await ActionRelease.MakeAsync(
            host,
            $"#!/bin/bash\nexec {DotNet} '{Path.Combine(AppContext.BaseDirectory, "Build.dll")}' \"$@\"\n"
        );
        foreach (var (name, value) in host.Variables)
        {
            action[name] = value;
        }

        Stopwatch? cancelled = null;
        var run = await action.RunAsync(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["config"] = config, ["output"] = host.Output },
            (process, line) =>
            {
                if (line.EndsWith("the check has begun", StringComparison.Ordinal))
                {
                    cancelled = Stopwatch.StartNew();
                    using var kill = Process.Start(
                        "kill",
                        ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]
                    );
                }
            }
        );
        Assert.True(run.ExitCode == 130, run.Log);
        Assert.InRange(cancelled!.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(7.5));
        Assert.Equal("interrupted", run.Outputs["outcome"]);
        Assert.Equal(
            ["create pods", "delete pods"],
            sandbox
                .Calls.Calls.Where(call => call.IsWrite && call.Operation.EndsWith(" pods", StringComparison.Ordinal))
                .Select(call => call.Operation)
        );
    }

    /// <summary>As a shell does for what it starts in the background ("POSIX Shell Command Language", asynchronous lists).</summary>
    private static bool IgnoresInterrupts() =>
        File.Exists("/proc/self/status")
        && File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) is var mask
        && (Convert.ToUInt64(mask["SigIgn:".Length..].Trim(), 16) & 2) != 0;

    private static string DotNet =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? $"'{Environment.ProcessPath}'" : "dotnet";
}
