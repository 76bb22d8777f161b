using Federation.Findings;

namespace Federation.Sandbox.Tests.Hosting;

/// <summary>Sandboxes that share an output folder leave each other's files alone.</summary>
public sealed class SandboxFolderTests : IDisposable
{
    private readonly string _output = Directory.CreateTempSubdirectory("output-").FullName;

    public void Dispose() => Directory.Delete(_output, recursive: true);

    [Fact]
    public async Task A_second_sandbox_in_the_foreground_is_refused_with_the_process_id_of_the_first_whose_files_stay()
    {
        await using var first = await StartAsync(SandboxFolder.Own(_output));
        var script = await first.Clouds.WriteEnvironmentAsync();
        var before = await File.ReadAllTextAsync(script);

        var refused = await Assert.ThrowsAsync<FindingException>(() => StartAsync(SandboxFolder.Own(_output)));

        var finding = Assert.Single(refused.Findings);
        Assert.Equal(FindingCodes.ArgumentInvalid, finding.Code);
        Assert.Equal(
            $"A sandbox (process {Environment.ProcessId}) is running with its files in {Path.Combine(_output, "sandbox")}. "
                + "A second one there would overwrite its keys and its environment file.",
            finding.Cause
        );
        Assert.Contains("--output=DIR", finding.Fix, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(script));
        Assert.True(File.Exists(first.Variable("KUBECONFIG")));
    }

    [Fact]
    public async Task The_sandbox_of_a_run_has_its_own_folder_and_deletes_it()
    {
        await using var foreground = await StartAsync(SandboxFolder.Own(_output));
        var script = await foreground.Clouds.WriteEnvironmentAsync();

        var folder = SandboxFolder.OfRun(_output, "a1");
        await using (var run = await StartAsync(folder))
        {
            await using var other = await StartAsync(SandboxFolder.OfRun(_output, "a2"));
            Assert.Equal(Path.Combine(folder.Path, "kubeconfig"), run.Variable("KUBECONFIG"));
            Assert.True(File.Exists(run.Variable("KUBECONFIG")));
            Assert.True(File.Exists(other.Variable("KUBECONFIG")));
        }

        Assert.False(Directory.Exists(folder.Path));
        Assert.True(File.Exists(script));
        Assert.True(File.Exists(foreground.Variable("KUBECONFIG")));
    }

    [Fact]
    public void Only_the_folders_of_runs_that_have_died_are_deleted_at_the_start()
    {
        using var live = SandboxFolder.OfRun(_output, "live").Take();
        var shared = Path.Combine(_output, "sandbox");
        var dead = Directory.CreateDirectory(Path.Combine(shared, "run-dead", "pods")).Parent!.FullName;
        File.WriteAllText(Path.Combine(dead, "lock"), "");
        File.WriteAllText(Path.Combine(dead, "google-key.json"), "secret");
        var foreign = Directory.CreateDirectory(Path.Combine(shared, "run-notes")).FullName;
        var elsewhere = Directory.CreateDirectory(Path.Combine(_output, "elsewhere")).FullName;
        File.WriteAllText(Path.Combine(elsewhere, "lock"), "");
        Directory.CreateSymbolicLink(Path.Combine(shared, "run-link"), elsewhere);

        using var next = SandboxFolder.OfRun(_output, "next").Take();

        Assert.False(Directory.Exists(dead));
        Assert.True(Directory.Exists(Path.Combine(shared, "run-live")));
        Assert.True(Directory.Exists(foreign));
        Assert.True(File.Exists(Path.Combine(elsewhere, "lock")));
    }

    [Fact]
    public void The_environment_and_the_keys_of_a_sandbox_that_was_killed_are_deleted_by_the_next_one()
    {
        var shared = Directory.CreateDirectory(Path.Combine(_output, "sandbox")).FullName;
        string[] left = ["env.sh", "ca.pem", "google-key.json", "kubeconfig", "aws-config", "aws-credentials"];
        Array.ForEach([.. left, "lock", "pid", "mine.txt"], name => File.WriteAllText(Path.Combine(shared, name), "4711"));

        using (SandboxFolder.Own(_output).Take())
        {
            Assert.Equal($"{Environment.ProcessId}", File.ReadAllText(Path.Combine(shared, "pid")).Trim());
        }

        Assert.All(left, name => Assert.False(File.Exists(Path.Combine(shared, name)), name));
        Assert.True(File.Exists(Path.Combine(shared, "mine.txt")));
        SandboxFolder.Own(_output).Take().Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData("a/b")]
    public void The_id_of_a_run_is_a_part_of_one_folders_name(string id) =>
        Assert.Throws<ArgumentException>(() => SandboxFolder.OfRun(_output, id));

    private static Task<TestSandbox> StartAsync(SandboxFolder folder) =>
        TestSandbox.StartAsync(change: options => options with { Folder = folder });
}
