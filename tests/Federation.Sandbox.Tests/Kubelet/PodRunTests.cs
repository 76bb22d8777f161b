using System.Text.Json.Nodes;
using Federation.Sandbox.Kubelet;

namespace Federation.Sandbox.Tests.Kubelet;

public sealed class PodRunTests
{
    private const string TokenVolume = """
        {
          "volumes": [{"name":"t","projected":{"sources":[{"serviceAccountToken":{"audience":"sts.amazonaws.com","expirationSeconds":3600,"path":"token"}}]}}],
          "volumeMounts": [{"name":"t","mountPath":"/var/run/secrets/sts","readOnly":true}],
          "env": [{"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"/var/run/secrets/sts/token"}]
        }
        """;

    public static TheoryData<int> Isolations => [(int)ContainerIsolation.Namespaces, (int)ContainerIsolation.RewrittenPaths];

    [Theory]
    [MemberData(nameof(Isolations))]
    public async Task A_pod_reads_its_projected_token_and_leaves_a_termination_message(int isolation)
    {
        await using var node = await NodeAsync(isolation);

        var pod = await node.RunScriptAsync(
            """
            echo out; echo err >&2
            cat "$AWS_WEB_IDENTITY_TOKEN_FILE"; echo
            cat /var/run/secrets/sts/token; echo
            printf 'all is well' > /dev/termination-log
            """,
            TokenVolume);

        Assert.Equal("Succeeded", pod["status"]!["phase"]!.GetValue<string>());
        Assert.Equal("out\nerr\ntoken-1 for sts.amazonaws.com\ntoken-1 for sts.amazonaws.com", await node.LogAsync(pod));
        Assert.Equal("all is well", Terminated(pod)["message"]!.GetValue<string>());
    }

    [Theory]
    [MemberData(nameof(Isolations))]
    public async Task Nothing_of_the_callers_environment_reaches_a_container(int isolation)
    {
        Environment.SetEnvironmentVariable("KUBELET_CANARY", "sings");
        await using var node = await NodeAsync(isolation, options => options with
        {
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1" },
        });

        var log = await node.LogAsync(await node.RunScriptAsync("env", """{"env":[{"name":"OWN","value":"yes"}]}"""));
        var names = log.Split('\n').Select(line => line.Split('=')[0]).ToHashSet();

        // PWD, SHLVL and _ are the shell's own.
        Assert.Equal(["AWS_ENDPOINT_URL", "HOME", "HOSTNAME", "OWN", "PATH"], names.Except(["PWD", "SHLVL", "_", "OLDPWD"]).Order());
    }

    private static JsonNode Terminated(JsonObject pod) => pod["status"]!["containerStatuses"]![0]!["state"]!["terminated"]!;

    internal static async Task<TestNode> NodeAsync(int isolation, Func<KubeletOptions, KubeletOptions>? configure = null)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Pods need a POSIX shell.");
        if (isolation == (int)ContainerIsolation.Namespaces)
        {
            var scratch = Directory.CreateTempSubdirectory();
            var works = await NamespaceIsolation.WorksAsync(scratch.FullName, TestContext.Current.CancellationToken);
            scratch.Delete(recursive: true);
            Assert.SkipUnless(works, "This machine does not let a process make namespaces.");
        }

        return new TestNode(options => (configure?.Invoke(options) ?? options) with { Isolation = (ContainerIsolation)isolation });
    }
}
