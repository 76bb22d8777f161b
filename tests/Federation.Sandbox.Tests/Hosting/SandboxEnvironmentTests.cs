using System.Diagnostics;
using Federation.Calls;
using Federation.Findings;

namespace Federation.Sandbox.Tests.Hosting;

public sealed class SandboxEnvironmentTests
{
    /// <summary>The variables that name a file with keys in it.</summary>
    private static readonly string[] Variables =
    [
        "KUBECONFIG",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
    ];

    [Fact]
    public async Task The_file_is_written_when_the_sandbox_answers_and_deleted_with_its_keys()
    {
        string[] files;
        await using (var sandbox = await TestSandbox.StartAsync())
        {
            var script = Path.Combine(sandbox.FilesDirectory, "env.sh");
            Assert.False(File.Exists(script));
            Assert.Equal(script, await sandbox.Clouds.WriteEnvironmentAsync());
            files = [script, .. Variables.Select(sandbox.Variable)];
            Assert.All(files, file => Assert.True(File.Exists(file), file));
            await sandbox.Clouds.DisposeAsync();
            Assert.All(files, file => Assert.False(File.Exists(file), file));
        }
    }

    [Fact]
    public async Task Clients_in_this_process_are_led_to_where_the_variables_lead_other_programs()
    {
        await using var sandbox = await TestSandbox.StartAsync();

        var endpoints = sandbox.Clouds.Endpoints;
        var read = CloudEndpoints.FromEnvironment(sandbox.Clouds.Environment.GetValueOrDefault, sandbox.Clouds.Environment.Keys);

        Assert.True(endpoints.IsSandbox);
        Assert.Equal(
            (read.GoogleIam, read.GoogleContainer, read.GoogleCredentialsFile, read.IssuerConnectTo, read.IssuerAuthorityFile),
            (
                endpoints.GoogleIam,
                endpoints.GoogleContainer,
                endpoints.GoogleCredentialsFile,
                endpoints.IssuerConnectTo,
                endpoints.IssuerAuthorityFile
            )
        );
        Assert.Equal(read.KubeConfigs!.Value.AsEnumerable(), endpoints.KubeConfigs!.Value);
        Assert.Equal(read.Overrides.AsEnumerable(), endpoints.Overrides);
        Assert.Equal(
            new AwsEndpoint(
                new Uri(sandbox.Variable("AWS_ENDPOINT_URL")),
                sandbox.Variable("AWS_ACCESS_KEY_ID"),
                sandbox.Variable("AWS_SECRET_ACCESS_KEY"),
                sandbox.Variable("AWS_SHARED_CREDENTIALS_FILE")
            ),
            endpoints.Aws
        );
        endpoints.Confine("127.0.0.1", "this test");
        Assert.Throws<FindingException>(() => endpoints.Confine("192.0.2.1", "this test"));
    }

    [Fact]
    public async Task Only_an_argument_leads_the_issuers_of_a_sandbox_elsewhere()
    {
        try
        {
            // As in a shell that has read another sandbox's env.sh.
            Environment.SetEnvironmentVariable("FEDERATION_CONNECT_TO", "container.googleapis.com:443:192.0.2.1:443");
            Environment.SetEnvironmentVariable("FEDERATION_CA_FILE", "/nowhere/ca.pem");
            await using var sandbox = await TestSandbox.StartAsync();
            Assert.Matches("^container.googleapis.com:443:127.0.0.1:[0-9]+$", sandbox.Variable("FEDERATION_CONNECT_TO"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("FEDERATION_CONNECT_TO", null);
            Environment.SetEnvironmentVariable("FEDERATION_CA_FILE", null);
        }

        await using var plugged = await TestSandbox.StartAsync(change: options =>
            options with
            {
                ConnectTo = "issuer.example:443:192.0.2.1:8443",
            }
        );
        Assert.StartsWith("issuer.example:443:192.0.2.1:8443,", plugged.Variable("FEDERATION_CONNECT_TO"), StringComparison.Ordinal);
        plugged.Clouds.Endpoints.Confine("192.0.2.1", "this test");
        Assert.Throws<FindingException>(() => plugged.Clouds.Endpoints.Confine("192.0.2.2", "this test"));
    }

    [Fact]
    public async Task What_is_unset_is_what_would_win_and_of_the_ambient_variables_those_of_the_same_tools()
    {
        await using var sandbox = await TestSandbox.StartAsync(change: options =>
            options with
            {
                AmbientVariables = ["AWS_NEW_THING", "CLOUDSDK_X", "HOME", "AWS_REGION", "AWS_a-b"],
                NoProxy = "internal.example",
            }
        );

        Assert.Contains("AWS_PROFILE", sandbox.Clouds.Unset);
        Assert.Equal(
            ["AWS_NEW_THING", "CLOUDSDK_X"],
            sandbox.Clouds.Unset.Intersect(["AWS_NEW_THING", "CLOUDSDK_X", "HOME", "AWS_REGION", "AWS_a-b"])
        );
        Assert.Equal("127.0.0.1,localhost,internal.example", sandbox.Variable("NO_PROXY"));
    }

    [Fact]
    public async Task Files_with_keys_are_readable_only_by_their_owner_and_every_path_is_absolute()
    {
        await using var sandbox = await TestSandbox.StartAsync();
        var script = await sandbox.Clouds.WriteEnvironmentAsync();

        foreach (var file in (string[])[script, .. Variables.Select(sandbox.Variable)])
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
        var script = await sandbox.Clouds.WriteEnvironmentAsync();
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
