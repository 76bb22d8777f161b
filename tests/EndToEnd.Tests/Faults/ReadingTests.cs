using Federation.Configuration;

namespace EndToEnd.Tests.Faults;

/// <summary>What a diagnosis asks of the clouds, and what it makes of clouds that do not agree with themselves yet.</summary>
public sealed class ReadingTests
{
    [Fact]
    public async Task A_workload_is_read_in_few_calls_none_of_which_writes()
    {
        using var host = new HostRun();
        await using var sandbox = await LiveTests.EnterAsync(host, HostRun.Example);
        Assert.Equal(0, host.Run("--target=Apply", "--cloud=live", $"--config={HostRun.Example}").ExitCode);
        var before = sandbox.Calls.Calls.Count;

        var run = host.Run("--target=Diagnose", "--cloud=live", $"--config={HostRun.Example}");

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.DoesNotContain(sandbox.Calls.Calls.Skip(before), call => call.IsWrite);
        Assert.Equal("""{"aws":7,"google":3,"kubernetes":5}""", run.Report!["calls"]!.ToJsonString());
    }

    [Fact]
    public async Task A_role_that_STS_does_not_see_yet_is_told_from_one_that_is_wrong()
    {
        using var host = new HostRun();
        await using var sandbox = await LiveTests.EnterAsync(
            host,
            HostRun.Example,
            options => options with { Weather = SandboxWeather.Parse("iam-propagation:300") }
        );
        Assert.Equal(0, host.Run("--target=Apply", "--cloud=live", $"--config={HostRun.Example}").ExitCode);

        var run = host.Run("--target=Diagnose", "--cloud=live", "--preflight", $"--config={HostRun.Example}");

        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Equal(["FED4012"], run.Codes);
    }
}
