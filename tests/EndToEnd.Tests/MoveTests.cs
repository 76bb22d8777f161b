using Amazon.Runtime;
using Amazon.SecurityToken;
using Federation.Sandbox;
using k8s;
using k8s.Models;

namespace EndToEnd.Tests;

/// <summary>A workload that runs is moved: its token is accepted until the gate has proved the new way.</summary>
public sealed class MoveTests
{
    private const string Before = """
        name: acme
        clusters:
          main: { project: acme-prod, location: asia-south1-a, name: main }
        accounts:
          data: { id: "111122223333", region: ap-south-1 }
        workloads:
          - name: reader
            namespace: team
            serviceAccount: reader
            role: { name: reader, policies: [s3-list-buckets] }
            verify: { run: aws s3 ls }

        """;

    [Fact]
    public async Task To_another_namespace()
    {
        using var host = new HostRun();
        var config = $"--config={host.Configure(Before)}";
        await using var sandbox = await LiveTests.EnterAsync(host, host.Configure(Before));
        Assert.Equal(0, host.Run("--target=Apply", config).ExitCode);
        var old = await TokenAsync(sandbox, "team");
        var after = Before.Replace("namespace: team", "namespace: elsewhere", StringComparison.Ordinal);

        host.Configure(after.Replace("aws s3 ls", "exit 7", StringComparison.Ordinal));
        var failed = host.Run("--target=Verify", config);
        Assert.True(failed.ExitCode == 1, failed.ToString());
        Assert.Equal(["FED6014", "FED8019"], failed.Codes.Order(StringComparer.Ordinal));
        var tried = await TokenAsync(sandbox, "elsewhere");
        Assert.True(await IsAcceptedAsync(sandbox, old) && await IsAcceptedAsync(sandbox, tried));

        host.Configure(after);
        var drifted = host.Run("--target=Plan", config, "--fail-on-drift");
        Assert.Equal((1, "drifted"), (drifted.ExitCode, drifted.Outcome));
        var proved = host.Run("--target=Verify", config);
        Assert.True(proved.ExitCode == 0, proved.ToString());
        Assert.DoesNotContain("FED8019", proved.Codes);
        Assert.Equal((false, true), (await IsAcceptedAsync(sandbox, old), await IsAcceptedAsync(sandbox, tried)));
        Assert.Equal(0, host.Run("--target=Plan", config, "--fail-on-drift").ExitCode);
    }

    [Fact]
    public async Task To_another_role_with_the_old_one_pruned_after_the_gate()
    {
        using var host = new HostRun();
        var config = $"--config={host.Configure(Before)}";
        await using var sandbox = await LiveTests.EnterAsync(host, host.Configure(Before));
        Assert.Equal(0, host.Run("--target=Apply", config).ExitCode);
        var token = await TokenAsync(sandbox, "team");
        var after = Before.Replace("name: reader, policies", "name: renamed, policies", StringComparison.Ordinal);

        host.Configure(after.Replace("aws s3 ls", "exit 7", StringComparison.Ordinal));
        Assert.Equal(1, host.Run("--target=Verify", config, "--prune", "--force").ExitCode);
        Assert.True(await IsAcceptedAsync(sandbox, token, "reader") && await IsAcceptedAsync(sandbox, token, "renamed"));

        host.Configure(after);
        var proved = host.Run("--target=Verify", config, "--prune", "--force");
        Assert.True(proved.ExitCode == 0, proved.ToString());
        Assert.Equal((false, true), (await IsAcceptedAsync(sandbox, token, "reader"), await IsAcceptedAsync(sandbox, token, "renamed")));
    }

    private static async Task<string> TokenAsync(SandboxClouds sandbox, string @namespace)
    {
        using var cluster = new k8s.Kubernetes(
            await KubernetesClientConfiguration.BuildConfigFromConfigFileAsync(new FileInfo(sandbox.Environment["KUBECONFIG"]))
        );
        var request = new Authenticationv1TokenRequest
        {
            Spec = new() { Audiences = ["sts.amazonaws.com"], ExpirationSeconds = 3600 },
        };
        return (await cluster.CoreV1.CreateNamespacedServiceAccountTokenAsync(request, "reader", @namespace)).Status.Token;
    }

    private static async Task<bool> IsAcceptedAsync(SandboxClouds sandbox, string token, string role = "reader")
    {
        using var sts = new AmazonSecurityTokenServiceClient(
            new AnonymousAWSCredentials(),
            new AmazonSecurityTokenServiceConfig
            {
                ServiceURL = sandbox.Environment["AWS_ENDPOINT_URL"],
                AuthenticationRegion = "ap-south-1",
                MaxErrorRetry = 0,
            }
        );
        try
        {
            await sts.AssumeRoleWithWebIdentityAsync(
                new()
                {
                    RoleArn = $"arn:aws:iam::111122223333:role/{role}",
                    RoleSessionName = "workload",
                    WebIdentityToken = token,
                }
            );
            return true;
        }
        catch (AmazonServiceException refused) when (refused.ErrorCode == "AccessDenied")
        {
            return false;
        }
    }
}
