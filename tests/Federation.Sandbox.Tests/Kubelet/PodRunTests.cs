using System.Text.Json.Nodes;
using Federation.Sandbox.Kubelet;

namespace Federation.Sandbox.Tests.Kubelet;

public sealed class PodRunTests
{
    private const string TokenVolume = """
        {
          "volumes": [{"name":"t","projected":{"sources":[
            {"serviceAccountToken":{"audience":"sts.amazonaws.com","expirationSeconds":3600,"path":"token"}}
          ]}}],
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
            TokenVolume
        );

        Assert.Equal("Succeeded", pod["status"]!["phase"]!.GetValue<string>());
        Assert.Equal("out\nerr\ntoken-1 for sts.amazonaws.com\ntoken-1 for sts.amazonaws.com", await node.LogAsync(pod));
        Assert.Equal("all is well", Terminated(pod)["message"]!.GetValue<string>());
    }

    [Theory]
    [MemberData(nameof(Isolations))]
    public async Task Nothing_of_the_callers_environment_reaches_a_container(int isolation)
    {
        Environment.SetEnvironmentVariable("KUBELET_CANARY", "sings");
        await using var node = await NodeAsync(
            isolation,
            options =>
                options with
                {
                    Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1" },
                }
        );

        var log = await node.LogAsync(await node.RunScriptAsync("env", """{"env":[{"name":"OWN","value":"yes"}]}"""));
        var names = log.Split('\n').Select(line => line.Split('=')[0]).ToHashSet();

        // PWD, SHLVL and _ are the shell's own.
        Assert.Equal(["AWS_ENDPOINT_URL", "HOME", "HOSTNAME", "OWN", "PATH"], names.Except(["PWD", "SHLVL", "_", "OLDPWD"]).Order());
    }

    [Theory]
    [MemberData(nameof(Isolations))]
    public async Task What_a_container_leaves_behind_ends_with_it(int isolation)
    {
        await using var node = await NodeAsync(isolation);

        // The sleeper holds the output's pipe: the pod could not end before it.
        var pod = await node.RunScriptAsync("sleep 600 & echo $!; exit 7");

        Assert.Equal(7, Terminated(pod)["exitCode"]!.GetValue<int>());
        if (isolation == (int)ContainerIsolation.RewrittenPaths)
        {
            var sleeper = int.Parse(await node.LogAsync(pod));
            Assert.True(SpinWait.SpinUntil(() => IsGone(sleeper), TimeSpan.FromSeconds(10)), $"process {sleeper} lives on");
        }
    }

    [Theory]
    [MemberData(nameof(Isolations))]
    public async Task The_end_of_the_node_is_the_end_of_its_pods_and_files(int isolation)
    {
        var node = await NodeAsync(isolation);
        var pod = node.Run(
            "sleeper",
            """{"containers":[{"name":"main","image":"busybox:1","command":["sh","-c","sleep 600 & echo up; wait"]}]}"""
        );
        await node.SeeLineAsync(pod, "up");

        await node.DisposeAsync();

        Assert.False(Directory.Exists(node.Options.Directory));
        Assert.Equal("Running", node.Cluster.History[^1].Pod["status"]!["phase"]!.GetValue<string>());
    }

    [Theory]
    [MemberData(nameof(Isolations))]
    public async Task A_token_is_replaced_when_four_fifths_of_its_life_are_over(int isolation)
    {
        await using var node = await NodeAsync(isolation);
        const string Script =
            "cat /t/token; echo; while ! grep -q token-2 /t/token; do sleep 0.05; done; "
            + "cat /t/token; echo; cat /s; echo; echo done; sleep 600";
        var pod = node.Run(
            "rotating",
            $$"""
            {
              "containers": [{
                "name": "main", "image": "busybox:1", "command": ["sh", "-c", "{{Script}}"],
                "volumeMounts": [{"name":"t","mountPath":"/t"},{"name":"t","mountPath":"/s","subPath":"token"}]
              }],
              "volumes": [{"name":"t","projected":{"sources":[
                {"serviceAccountToken":{"audience":"a","expirationSeconds":1000,"path":"token"} }
              ]} }]
            }
            """
        );
        await node.SeeLineAsync(pod, "token-1 for a");

        node.Time.Advance(TimeSpan.FromSeconds(795));
        Assert.Equal(1, node.Cluster.TokensMinted);
        var minted = node.Cluster.SeeTokensAsync(2);
        while (!minted.IsCompleted)
        {
            // The refresh waits a sync period at a time, from whenever it looked last.
            node.Time.Advance(TimeSpan.FromSeconds(5));
            await Task.WhenAny(
                minted,
                node.Cluster.NextChange.WaitAsync(TimeSpan.FromMilliseconds(50)).ContinueWith(_ => { }, TaskScheduler.Default)
            );
        }

        await node.SeeLineAsync(pod, "done");
        Assert.Equal("token-1 for a\ntoken-2 for a\ntoken-1 for a\ndone", await node.LogAsync(pod));
    }

    [Theory]
    [MemberData(nameof(Isolations))]
    public async Task Volumes_hold_what_the_pod_asked_for(int isolation)
    {
        await using var node = await NodeAsync(isolation);
        node.Cluster.Objects[("ConfigMap", "settings")] = new()
        {
            ["data"] = new JsonObject { ["a"] = "1", ["b"] = "2" },
        };
        node.Cluster.Objects[("Secret", "password")] = new() { ["data"] = new JsonObject { ["p"] = Convert.ToBase64String("open"u8) } };

        var pod = await node.RunScriptAsync(
            "cat /c/x/b /s/p /d/ns /all/a; echo; stat -Lc %a /s/p; touch /e/f && ls /e; touch /c/new 2> /dev/null || echo read-only",
            """
            {
              "volumes": [
                {"name":"c","configMap":{"name":"settings","items":[{"key":"b","path":"x/b"}]}},
                {"name":"s","secret":{"secretName":"password","defaultMode":256}},
                {"name":"d","downwardAPI":{"items":[{"path":"ns","fieldRef":{"fieldPath":"metadata.namespace"}}]}},
                {"name":"e","emptyDir":{}},
                {"name":"all","projected":{"sources":[{"configMap":{"name":"settings"}},{"secret":{"name":"absent","optional":true}}]}}],
              "volumeMounts": [
                {"name":"c","mountPath":"/c"},{"name":"s","mountPath":"/s"},{"name":"d","mountPath":"/d"},
                {"name":"e","mountPath":"/e"},{"name":"all","mountPath":"/all"}]
            }
            """
        );

        var log = await node.LogAsync(pod);
        Assert.Equal("2openflow1\n400\nf", string.Join('\n', log.Split('\n').Take(3)));
        Assert.Equal(isolation == (int)ContainerIsolation.Namespaces, log.EndsWith("read-only", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Isolations))]
    public async Task The_end_of_the_log_is_the_termination_message_where_the_pod_says_so(int isolation)
    {
        await using var node = await NodeAsync(isolation);

        var pod = await node.RunScriptAsync("echo first; echo why >&2; exit 1", """{"terminationMessagePolicy":"FallbackToLogsOnError"}""");

        Assert.Equal("first\nwhy\n", Terminated(pod)["message"]!.GetValue<string>());
    }

    [Fact]
    public async Task Output_is_kept_whatever_it_looks_like()
    {
        await using var node = await NodeAsync((int)ContainerIsolation.RewrittenPaths);

        var pod = await node.RunScriptAsync("printf '\\377\\n\\nlast without end'; head -c 600000 /dev/zero | tr '\\0' x >&2");

        var lines = (await node.LogAsync(pod)).Split('\n');
        Assert.Equal(["\uFFFD", ""], lines[..2]);
        Assert.StartsWith("last without end", lines[2], StringComparison.Ordinal);
        Assert.Equal(600_016, lines[2..].Sum(line => line.Length));
        Assert.All(lines, line => Assert.True(line.Length <= 300_000));
    }

    [Fact]
    public async Task The_log_of_the_run_before_is_kept()
    {
        await using var node = await NodeAsync((int)ContainerIsolation.RewrittenPaths);
        var pod = node.Run(
            "twice",
            """
            {"containers":[{"name":"main","image":"busybox",
              "command":["sh","-c","test -e /w/again && echo two && exec sleep 600; touch /w/again; echo one; exit 1"],
              "volumeMounts":[{"name":"w","mountPath":"/w"}]}],"volumes":[{"name":"w","emptyDir":{}}]}
            """
        );

        await node.Cluster.SeeAsync(
            FakeCluster.Uid(pod),
            change =>
                change.Pod["status"]!["containerStatuses"]?[0]!["restartCount"]!.GetValue<int>() == 1
                && change.Pod["status"]!["containerStatuses"]![0]!["state"]!["running"] is not null
        );
        await node.SeeLineAsync(pod, "two");

        Assert.Equal("two", await node.LogAsync(pod));
        Assert.Equal("one", await node.LogAsync(pod, previous: true));
    }

    [Fact]
    public async Task An_unknown_program_is_reported_in_the_runtimes_words()
    {
        await using var node = await NodeAsync((int)ContainerIsolation.RewrittenPaths);
        var pod = node.Run(
            "none",
            """{"restartPolicy":"Never","containers":[{"name":"main","image":"busybox:1","command":["no-such-program"]}]}"""
        );

        var ended = await node.Cluster.SeePhaseAsync(pod, "Failed");

        Assert.EndsWith(
            "exec: \"no-such-program\": executable file not found in $PATH: unknown",
            Terminated(ended)["message"]!.GetValue<string>(),
            StringComparison.Ordinal
        );
    }

    private static bool IsGone(int process)
    {
        try
        {
            // A zombie, which was not waited for yet, counts as dead.
            if (
                File.Exists($"/proc/{process}/stat") && File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal)
            )
            {
                return true;
            }

            using var found = System.Diagnostics.Process.GetProcessById(process);
            return found.HasExited;
        }
        catch (Exception exception) when (exception is ArgumentException or IOException)
        {
            return true;
        }
    }

    [Fact]
    public async Task The_bundled_tools_may_lie_above_the_node_itself()
    {
        // As where a release is run in its own folder, and puts its output there.
        var folder = Path.Combine(AppContext.BaseDirectory, "images", "aws-cli", "lib", "node");
        await using (
            var node = await NodeAsync(
                (int)ContainerIsolation.Namespaces,
                options =>
                    options with
                    {
                        Directory = folder,
                        Images = new Dictionary<string, ContainerImage>(StringComparer.Ordinal)
                        {
                            ["registry.test/busybox"] = new() { Command = ["sh"], Tools = [ImageTool.Aws] },
                        },
                    }
            )
        )
        {
            var pod = await node.RunScriptAsync(
                "aws --version > /e/version && echo found",
                """{"volumes":[{"name":"e","emptyDir":{}}],"volumeMounts":[{"name":"e","mountPath":"/e"}]}"""
            );

            Assert.Equal("found", await node.LogAsync(pod));
        }
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
