using System.Diagnostics;
using EndToEnd.Tests.Agents;

namespace EndToEnd.Tests.Steps;

/// <summary>The action's first step fetches the host of its release once per machine, whatever happens meanwhile.</summary>
public sealed class ReleaseFetchTests
{
    private const string Whole = "argument <--target=Verify>\n";

    [Theory]
    [InlineData("tar", "PATH=${PATH#*:} tar \"$@\"; rm \"${@: -1}/Build\"")]
    [InlineData("mv", "[[ ! -d ${@: -2:1} ]] || mkdir -p \"${@: -1}\"")]
    public async Task A_job_that_is_killed_leaves_nothing_that_a_later_job_takes_for_the_host(string program, string half)
    {
        using var host = new HostRun();
        var action = await ActionRelease.MakeAsync(host, ActionRelease.Echo);
        action.Replace(program, $"{half}; kill -9 $PPID");
        var killed = await action.RunAsync();
        Assert.Equal(137, killed.ExitCode);

        action.Replace(program, $"PATH=${{PATH#*:}} exec {program} \"$@\"");
        var later = await action.RunAsync();
        Assert.True(later.ExitCode == 0, later.Log);
        Assert.Contains(Whole, later.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_jobs_that_fetch_at_once_both_run_the_whole_host()
    {
        using var host = new HostRun();
        var slow = await ActionRelease.MakeAsync(host, ActionRelease.Echo);
        var gate = Path.Combine(host.Folder, "gate");
        using (var made = Process.Start("mkfifo", [gate]))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        // A move to another file system is a copy: the place is there before its content.
        slow.Replace(
            "mv",
            $"[[ ! -d ${{@: -2:1}} ]] || mkdir -p \"${{@: -1}}\"; echo held; read -r _ <'{gate}'; PATH=${{PATH#*:}} exec mv \"$@\""
        );
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = slow.RunAsync(
            watch: (_, line) =>
            {
                if (line == "held")
                {
                    held.TrySetResult();
                }
            }
        );
        await held.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        var other = new CompositeAction(Directory.CreateDirectory(Path.Combine(host.Folder, "other")).FullName, ActionRelease.Path(host))
        {
            ["FEDERATION_RELEASES"] = new Uri(Path.Combine(host.Folder, "releases")).AbsoluteUri,
            ["RUNNER_TOOL_CACHE"] = slow.ToolCache,
        };
        var second = await other.RunAsync();
        await Task.Run(() => File.AppendAllText(gate, "go\n"), TestContext.Current.CancellationToken);
        Assert.All(
            [await first, second],
            run =>
            {
                Assert.True(run.ExitCode == 0, run.Log);
                Assert.Contains(Whole, run.Log, StringComparison.Ordinal);
            }
        );
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_asked_for_again_and_the_log_says_what_is_fetched()
    {
        using var host = new HostRun();
        var action = await ActionRelease.MakeAsync(host, ActionRelease.Echo);
        await using var server = new ReleaseServer(
            ActionRelease.Archive(host),
            ReleaseServer.Way.Truncated,
            ReleaseServer.Way.Missing,
            ReleaseServer.Way.Whole
        );
        action["FEDERATION_RELEASES"] = server.Address;
        action.Replace("sleep", "");
        var run = await action.RunAsync();
        Assert.True(run.ExitCode == 0, run.Log);
        Assert.Equal(3, server.Requests);
        var first = $"Fetching gke-to-aws-federation 1.2.3 for linux-x64 from {server.Address}/v1.2.3/";
        Assert.StartsWith(first, run.Log, StringComparison.Ordinal);
        Assert.Contains(Whole, run.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up_and_the_error_names_it_and_what_helps()
    {
        using var host = new HostRun();
        var action = await ActionRelease.MakeAsync(host, ActionRelease.Echo);
        await using var server = new ReleaseServer(ActionRelease.Archive(host), ReleaseServer.Way.Never);
        action["FEDERATION_RELEASES"] = server.Address;
        action.Replace("sleep", "");
        // What is given last holds: the same bounds, a twentieth as long.
        action.Replace("curl", "echo \"bounds $*\"; PATH=${PATH#*:} exec curl \"$@\" --speed-time 1");
        var run = await action.RunAsync();
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(4, server.Requests);
        Assert.Contains(" --connect-timeout 10 --speed-limit 102400 --speed-time 20 ", run.Log, StringComparison.Ordinal);
        var error = Assert.Single(AgentLog.GitHub(run.Log));
        Assert.Equal("The release cannot be fetched", error.Properties["title"]);
        Assert.StartsWith($"{server.Address}/v1.2.3/", error.Message, StringComparison.Ordinal);
        Assert.Contains("curl: (28)", error.Message, StringComparison.Ordinal);
        Assert.Contains("FEDERATION_RELEASES", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(action.ToolCache, "linux-x64*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Where_there_is_no_curl_the_error_says_that_and_blames_no_server()
    {
        using var host = new HostRun();
        var action = await ActionRelease.MakeAsync(host, ActionRelease.Echo);
        var programs = Directory.CreateDirectory(Path.Combine(host.Folder, "programs")).FullName;
        File.CreateSymbolicLink(Path.Combine(programs, "sed"), File.Exists("/usr/bin/sed") ? "/usr/bin/sed" : "/bin/sed");
        action["PATH"] = programs;
        var run = await action.RunAsync();
        Assert.Equal(1, run.ExitCode);
        var error = Assert.Single(AgentLog.GitHub(run.Log));
        Assert.Equal("curl is not installed here. Install it before this step.", error.Message);
    }

    /// <summary>GNU tar takes <c>D:/a/_temp/archive</c> for a file of a machine D.</summary>
    [Fact]
    public async Task An_archive_under_a_drive_letter_is_unpacked()
    {
        using var host = new HostRun();
        var action = await ActionRelease.MakeAsync(host, ActionRelease.Echo, "win-x64");
        Directory.CreateDirectory(Path.Combine(action.Workspace, "D:", "a", "_temp"));
        (action["RUNNER_OS"], action["RUNNER_TEMP"]) = ("Windows", @"D:\a\_temp");
        var run = await action.RunAsync();
        Assert.True(run.ExitCode == 0, run.Log);
        Assert.Contains(Whole, run.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_C_library_is_musl_the_archive_is_not_taken_and_the_log_says_so()
    {
        using var host = new HostRun();
        var action = await ActionRelease.MakeAsync(host, ActionRelease.Echo);
        action.Replace("ldd", "echo 'musl libc (x86_64)' >&2; exit 1");
        var run = await action.RunAsync();
        Assert.Equal(99, run.ExitCode);
        Assert.Contains("is no release for Linux X64 with musl: the host is built from its checkout", run.Log, StringComparison.Ordinal);
    }
}
