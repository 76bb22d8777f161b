using Federation.Configuration;

namespace EndToEnd.Tests.Faults;

/// <summary>A diagnosis takes as long as its reads depend on one another; and clouds take a while to agree with themselves.</summary>
[Collection(nameof(Host))]
public sealed class TimingTests
{
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task With_fifty_milliseconds_a_call_all_is_read_in_less_than_a_second()
    {
        using var host = new HostRun();
        await using var sandbox = await LiveTests.EnterAsync(host, HostRun.Example, options => options with { Latency = Latency });
        Assert.Equal(0, host.Run("--target=Apply", "--cloud=live", $"--config={HostRun.Example}").ExitCode);

        var run = host.Run("--target=Diagnose", "--cloud=live", $"--config={HostRun.Example}");

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.InRange(ReadingOf(run), (long)Latency.TotalMilliseconds, 1_000);
    }

    [Fact]
    public async Task A_role_that_STS_does_not_see_yet_is_told_from_one_that_is_wrong()
    {
        using var host = new HostRun();
        await using var sandbox = await LiveTests.EnterAsync(host, HostRun.Example, options => options with { Faults = [new SandboxFault(SandboxFaultKind.IamPropagation, 300)] });
        Assert.Equal(0, host.Run("--target=Apply", "--cloud=live", $"--config={HostRun.Example}").ExitCode);

        var run = host.Run("--target=Diagnose", "--cloud=live", "--preflight", $"--config={HostRun.Example}");

        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Equal(["FED4012"], run.Codes);
    }

    private static long ReadingOf(HostResult run) => (long)run.Report!["phases"]!.AsArray().Single(phase => (string?)phase!["name"] == "Read")!["milliseconds"]!;
}
