using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace EndToEnd.Tests;

/// <summary>The ways to ask what is wrong, from the command line to the report.</summary>
public sealed class DiagnoseTests
{
    [Fact]
    public void A_pasted_error_is_explained_with_access_to_nothing()
    {
        using var host = new HostRun();
        var run = host.Run(
            "--target=Diagnose",
            "--error=An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: Incorrect "
                + "token audience"
        );
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Equal(["FED3003"], run.Codes);
        Assert.Empty(run.Report!["calls"]!.AsObject());
        Assert.Contains("docs/diagnostics.md#fed3003-audiencenotregistered", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_in_which_nothing_is_known_is_said_to_be_one()
    {
        using var host = new HostRun();
        var run = host.Run("--target=Diagnose", "--error=all is well");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal("diagnosed", run.Outcome);
        Assert.Contains("No known error found in this text", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_read_is_judged_again_elsewhere_without_a_call()
    {
        using var host = new HostRun();
        await using var sandbox = await LiveTests.EnterAsync(host, HostRun.Example);
        var read = host.Run("--target=Diagnose", $"--config={HostRun.Example}");
        Assert.True(read.ExitCode == 1, read.ToString());
        var evidence = Path.Combine(host.Output, "evidence.json");
        var calls = sandbox.Calls.Calls.Count;

        var judged = host.Run("--target=Diagnose", $"--evidence={evidence}");

        Assert.True(judged.ExitCode == read.ExitCode, judged.ToString());
        Assert.Equal(read.Codes, judged.Codes);
        Assert.Equal("FED6001", judged.Codes.First());
        Assert.Equal(read.Workload()["chain"]!.ToJsonString(), judged.Workload()["chain"]!.ToJsonString());
        Assert.Equal(calls, sandbox.Calls.Calls.Count);
    }

    [Fact]
    public async Task A_token_of_anywhere_is_shown_beside_what_AWS_expects_and_never_its_signature()
    {
        using var host = new HostRun();
        await using var sandbox = await LiveTests.EnterAsync(host, HostRun.Example);
        Assert.Equal(0, host.Run("--target=Apply", $"--config={HostRun.Example}").ExitCode);
        var token = Path.Combine(host.Folder, "token");
        var text = await TokenAsync(host, "sts.amazon.com");
        await File.WriteAllTextAsync(token, text, TestContext.Current.CancellationToken);

        var run = host.Run("--target=Token", $"--config={HostRun.Example}", $"--token-file={token}");

        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Contains("aud", run.Output, StringComparison.Ordinal);
        Assert.Contains("trust policy expects sts.amazonaws.com", run.Output, StringComparison.Ordinal);
        Assert.Contains("lives 1 h", run.Output, StringComparison.Ordinal);
        Assert.Contains("FED7001", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(text.Split('.')[2], run.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_that_shows_no_token_is_told_of_and_is_no_success()
    {
        using var host = new HostRun();
        await using var sandbox = await LiveTests.EnterAsync(host, HostRun.Example);
        var config = host.Configure(
            (await File.ReadAllTextAsync(HostRun.Example, TestContext.Current.CancellationToken)).Replace(
                "name: main }",
                "name: main, context: gone }",
                StringComparison.Ordinal
            )
        );

        var run = host.Run("--target=Token", $"--config={config}");

        Assert.True(run.ExitCode is 1 or 3, run.ToString());
        Assert.Contains("no token found", run.Output, StringComparison.Ordinal);
        Assert.Contains("gone", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exchange_tried_from_here_needs_no_pod()
    {
        using var host = new HostRun();
        await using var sandbox = await LiveTests.EnterAsync(host, HostRun.Example);
        Assert.Equal(0, host.Run("--target=Apply", $"--config={HostRun.Example}").ExitCode);

        var run = host.Run("--target=Diagnose", $"--config={HostRun.Example}", "--preflight");

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains("STS accepted the exchange", run.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(host.Output, "rendered", "gke-to-aws-test", "preflight-role.yaml")));
        Assert.DoesNotContain(
            "eyJ",
            await File.ReadAllTextAsync(Path.Combine(host.Output, "evidence.json"), TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("--target=Diagnose", "--pod=app", "does not name a pod")]
    [InlineData("--target=Diagnose", "--evidence=/no/such/folder/evidence.json", "there is no folder")]
    [InlineData("--target=Verify", "--error=text", "--error explains a text")]
    [InlineData("--target=Token", "--token-file=/no/such/file", "--token-file=/no/such/file")]
    public void Arguments_that_cannot_be_meant_are_refused_before_anything_is_called(string target, string argument, string says)
    {
        using var host = new HostRun();
        var run = host.Run(target, argument, $"--config={HostRun.Example}");
        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Contains("FED8013", run.Error, StringComparison.Ordinal);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_evidence_is_refused()
    {
        using var host = new HostRun();
        var file = Path.Combine(host.Folder, "evidence.json");
        File.WriteAllText(file, new JsonObject { ["schema"] = "federation-report/1" }.ToJsonString());
        var run = host.Run("--target=Diagnose", $"--evidence={file}");
        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Contains("federation-evidence/1", run.Error, StringComparison.Ordinal);
    }

    private static async Task<string> TokenAsync(HostRun host, string audience)
    {
        using var client = new Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(host.Variables["KUBECONFIG"]));
        var request = new Authenticationv1TokenRequest
        {
            Spec = new V1TokenRequestSpec { Audiences = [audience], ExpirationSeconds = 3600 },
        };
        var answer = await client.CoreV1.CreateNamespacedServiceAccountTokenAsync(
            request,
            "gke-service-account",
            "gke-to-aws-test",
            cancellationToken: TestContext.Current.CancellationToken
        );
        return answer.Status.Token;
    }
}
