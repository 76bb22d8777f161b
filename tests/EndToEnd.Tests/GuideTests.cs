using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Build.Host;

namespace EndToEnd.Tests;

/// <summary>
/// A public guide to this federation, typed by hand with the clouds' own tools against <c>--target=Sandbox</c>, twice:
/// the commands and documents of <c>Guide/</c>.
/// </summary>
public sealed class GuideTests(GuideRun run) : IClassFixture<GuideRun>
{
    [Fact]
    public void Every_command_ends_as_the_guide_says()
    {
        var commands = run.First;

        Assert.Equal("acme-prod.svc.id.goog\n", commands["pool"].Output);
        Assert.Equal("namespace/gke-to-aws-test created\n", commands["namespace"].Output);
        Assert.Contains("Created service account [gke-to-aws-test].", commands["google-service-account"].Errors, StringComparison.Ordinal);
        Assert.Contains(
            "serviceAccount:acme-prod.svc.id.goog[gke-to-aws-test/gke-service-account]",
            commands["binding"].Output,
            StringComparison.Ordinal
        );
        Assert.Equal("serviceaccount/gke-service-account created\n", commands["service-account"].Output);
        Assert.Matches("^Correct Thumbprint: [0-9a-f]{40}\n$", commands["thumbprint"].Output);
        Assert.Contains(
            "arn:aws:iam::111122223333:oidc-provider/container.googleapis.com/v1/projects/acme-prod/locations/asia-south1-a/clusters/main",
            commands["provider"].Output,
            StringComparison.Ordinal
        );
        Assert.Contains("arn:aws:iam::111122223333:role/gke-to-aws-test", commands["role"].Output, StringComparison.Ordinal);
        Assert.Equal("pod/aws-access-test created\n", commands["pod"].Output);
        Assert.Matches(
            "AWS CLI installed\\. Listing S3 buckets\\.\\.\\.\n[0-9: -]+ sandbox-backups\n[0-9: -]+ sandbox-exports\nS3 list "
                + "command completed\\. Pod will sleep now\\.\\.\\.\n$",
            commands["logs"].Output
        );
        foreach (var (name, command) in commands)
        {
            Assert.True(command.ExitCode == 0, $"{name}: {command}");
        }
    }

    [Fact]
    public void A_second_run_fails_exactly_where_the_clouds_do()
    {
        var commands = run.Second;

        Assert.Equal(
            ["namespace", "google-service-account", "provider", "role"],
            commands.Where(command => command.Value.ExitCode != 0).Select(command => command.Key)
        );
        Assert.Contains(
            "(AlreadyExists): namespaces \"gke-to-aws-test\" already exists",
            commands["namespace"].Errors,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "Service account gke-to-aws-test already exists within project projects/acme-prod.",
            commands["google-service-account"].Errors,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "(EntityAlreadyExists) when calling the CreateOpenIDConnectProvider operation",
            commands["provider"].Errors,
            StringComparison.Ordinal
        );
        Assert.Contains("Role with name gke-to-aws-test already exists.", commands["role"].Errors, StringComparison.Ordinal);
        Assert.Equal("serviceaccount/gke-service-account unchanged\n", commands["service-account"].Output);
        Assert.Equal(run.First["thumbprint"].Output, commands["thumbprint"].Output);
        Assert.Contains("sandbox-exports", commands["logs"].Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_two_tokens_of_the_pod_differ_as_on_a_real_cluster()
    {
        var standing = Claims(run.First["default-token"].Output);
        var projected = Claims(run.First["projected-token"].Output);

        Assert.Equal((string?)standing["iss"], (string?)Assert.Single(standing["aud"]!.AsArray()));
        Assert.InRange(Lifetime(standing), TimeSpan.FromDays(364), TimeSpan.FromDays(366));
        Assert.Equal("sts.amazonaws.com", (string?)Assert.Single(projected["aud"]!.AsArray()));
        Assert.Equal(TimeSpan.FromHours(1), Lifetime(projected));
        Assert.Equal("system:serviceaccount:gke-to-aws-test:gke-service-account", (string?)projected["sub"]);
        Assert.Equal((string?)standing["sub"], (string?)projected["sub"]);
    }

    private static TimeSpan Lifetime(JsonNode claims) => TimeSpan.FromSeconds((long)claims["exp"]! - (long)claims["iat"]!);

    private static JsonNode Claims(string token) => JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]))!;
}

/// <summary>How one command ended.</summary>
public sealed record GuideCommand(int ExitCode, string Output, string Errors);

/// <summary>The guide's commands, run twice in one sandbox, which is then stopped as Ctrl+C stops it.</summary>
public sealed partial class GuideRun : IAsyncLifetime
{
    private static readonly string[] Tools = ["bash", "gcloud", "aws", "kubectl", "openssl"];
    private readonly HostRun _host = new();
    private readonly TaskCompletionSource _ready = new();
    private Interruption? _interruption;
    private Task<HostResult> _sandbox = Task.FromResult(new HostResult(0, "", "", null));
    private (IReadOnlyDictionary<string, GuideCommand> First, IReadOnlyDictionary<string, GuideCommand> Second)? _runs;

    /// <summary>By the commands' names, in their order.</summary>
    public IReadOnlyDictionary<string, GuideCommand> First => Runs.First;

    public IReadOnlyDictionary<string, GuideCommand> Second => Runs.Second;

    private (IReadOnlyDictionary<string, GuideCommand> First, IReadOnlyDictionary<string, GuideCommand> Second) Runs
    {
        get
        {
            Assert.SkipUnless(_runs is not null, $"not all of {string.Join(", ", Tools)} are installed");
            return _runs!.Value;
        }
    }

    public async ValueTask InitializeAsync()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (!Tools.All(tool => path.Any(directory => File.Exists(Path.Combine(directory, tool)))))
        {
            return;
        }

        _interruption = new Interruption();
        _sandbox = Task.Run(() =>
            _host.Run(
                _interruption,
                said =>
                {
                    if (said.Contains("The sandbox is ready.", StringComparison.Ordinal))
                    {
                        _ready.TrySetResult();
                    }
                },
                "--target=Sandbox",
                $"--config={HostRun.Example}"
            )
        );
        if (await Task.WhenAny(_ready.Task, _sandbox) == _sandbox)
        {
            Assert.Fail((await _sandbox).ToString());
        }

        _runs = (await TypeAsync("first"), await TypeAsync("second"));
    }

    public async ValueTask DisposeAsync()
    {
        _interruption?.Interrupt(PosixSignal.SIGINT);
        var environment = Path.Combine(_host.Output, "sandbox", "env.sh");
        Assert.True((await _sandbox).ExitCode is 0 or 130, (await _sandbox).ToString());
        Assert.False(File.Exists(environment), "env.sh outlived its sandbox");
        _host.Dispose();
    }

    /// <summary>All commands in one shell, since some leave variables to the next.</summary>
    private async Task<Dictionary<string, GuideCommand>> TypeAsync(string name)
    {
        var documents = Path.Combine(HostRun.Repository, "tests", "EndToEnd.Tests", "Guide");
        var results = Directory.CreateDirectory(Path.Combine(_host.Folder, name)).FullName;
        var commands = Heading()
            .Split(await File.ReadAllTextAsync(Path.Combine(documents, "commands.sh")))[1..]
            .Chunk(2)
            .Select(pair => (Name: pair[0], Text: pair[1]))
            .ToList();
        var script = string.Concat(
            commands.Select(command =>
                $"{{\n{command.Text}\n}} >\"$RESULTS/{command.Name}.out\" 2>\"$RESULTS/{command.Name}.err\"; echo $? "
                + $">\"$RESULTS/{command.Name}.code\"\n"
            )
        );
        var start = new ProcessStartInfo("bash")
        {
            UseShellExecute = false,
            WorkingDirectory = documents,
            Environment = { ["RESULTS"] = results },
        };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"source '{_host.Output}/sandbox/env.sh'\n{script}");
        using var shell = Process.Start(start)!;
        await shell.WaitForExitAsync();
        return commands.ToDictionary(command => command.Name, command => Read(command.Name), StringComparer.Ordinal);

        GuideCommand Read(string command) =>
            new(int.Parse(Text($"{command}.code"), CultureInfo.InvariantCulture), Text($"{command}.out"), Text($"{command}.err"));

        string Text(string file) => File.ReadAllText(Path.Combine(results, file));
    }

    [GeneratedRegex(@"^## (?<name>[a-z-]+)\r?\n", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Heading();
}
