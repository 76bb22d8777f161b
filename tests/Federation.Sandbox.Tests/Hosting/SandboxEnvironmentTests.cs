using System.Diagnostics;

namespace Federation.Sandbox.Tests.Hosting;

public sealed class SandboxEnvironmentTests
{
    [Fact]
    public async Task The_file_appears_when_the_sandbox_answers_and_goes_with_it_and_a_stale_one_goes_at_start()
    {
        var directory = Directory.CreateTempSubdirectory("sandbox-");
        var path = Path.Combine(directory.FullName, "env.sh");
        await File.WriteAllTextAsync(path, "stale");

        await using (var sandbox = await TestSandbox.StartAsync(change: options => options with { Directory = directory.FullName }))
        {
            Assert.False(File.Exists(path));
            Assert.Equal(path, await sandbox.Clouds.WriteEnvironmentAsync(directory.FullName));
            Assert.True(File.Exists(path));
        }

        Assert.False(File.Exists(path));
        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task Files_with_keys_are_their_owners_alone_and_every_path_is_absolute()
    {
        await using var sandbox = await TestSandbox.StartAsync();
        var script = await sandbox.Clouds.WriteEnvironmentAsync(sandbox.FilesDirectory);

        foreach (
            var file in (string[])
                [
                    script,
                    sandbox.Variable("KUBECONFIG"),
                    sandbox.Variable("GOOGLE_APPLICATION_CREDENTIALS"),
                    sandbox.Variable("AWS_CONFIG_FILE"),
                    sandbox.Variable("AWS_SHARED_CREDENTIALS_FILE"),
                ]
        )
        {
            Assert.True(Path.IsPathFullyQualified(file));
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            }
        }
    }

    [Fact]
    public async Task A_shell_that_reads_the_file_has_the_variables_and_none_that_would_win()
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "no /bin/sh here");
        await using var sandbox = await TestSandbox.StartAsync();
        var script = await sandbox.Clouds.WriteEnvironmentAsync(sandbox.FilesDirectory);
        var start = new ProcessStartInfo("/bin/sh")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            ArgumentList = { "-euc", ". \"$1\" && env", "sh", script },
        };
        start.Environment["AWS_PROFILE"] = "mine";
        start.Environment["AWS_SESSION_TOKEN"] = "mine";
        start.Environment["AWS_ENDPOINT_URL_DYNAMODB"] = "http://elsewhere.example";
        start.Environment["CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT"] = "mine";

        using var shell = Process.Start(start)!;
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        var variables = output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.Contains('=', StringComparison.Ordinal))
            .Select(line => line.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

        Assert.Equal(0, shell.ExitCode);
        Assert.All(sandbox.Clouds.Environment, variable => Assert.Equal(variable.Value, variables[variable.Key]));
        Assert.All(
            ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_DYNAMODB", "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT"],
            name => Assert.DoesNotContain(name, variables.Keys)
        );
        Assert.DoesNotContain(variables.Keys, name => name.StartsWith("AWS_ENDPOINT_URL_", StringComparison.Ordinal));
    }
}
