using System.Diagnostics;
using Federation.Sandbox.Kubelet;
using Federation.Sandbox.Kubernetes;

namespace Federation.Sandbox.Tests.Kubernetes;

/// <summary>The real kubectl works against the emulator; skipped where there is none.</summary>
public sealed class KubectlTests
{
    private const string Account = """
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          name: ksa
          namespace: team
          annotations:
            example.com/role: one
        """;

    [Fact]
    public async Task Kubectl_creates_applies_reads_and_deletes()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var kubectl = Kubectl.Find(cluster);

        Assert.Equal("namespace/team created\n", await kubectl.RunAsync("create", "namespace", "team"));
        Assert.Equal("serviceaccount/ksa serverside-applied\n", await kubectl.RunWithAsync(Account, "apply", "--server-side", "-f", "-"));
        Assert.Equal("serviceaccount/ksa serverside-applied\n", await kubectl.RunWithAsync(Account, "apply", "--server-side", "-f", "-"));
        Assert.Contains(
            "example.com/role: one",
            await kubectl.RunAsync("get", "sa", "ksa", "-n", "team", "-o", "yaml"),
            StringComparison.Ordinal
        );
        Assert.Equal("serviceaccount/extra created\n", await kubectl.RunAsync("create", "sa", "extra", "-n", "team"));
        Assert.Equal("serviceaccount/extra annotated\n", await kubectl.RunAsync("annotate", "sa", "extra", "-n", "team", "a=b"));
        Assert.Equal("yes\n", await kubectl.RunAsync("auth", "can-i", "get", "pods", "-n", "team"));
        Assert.Equal("serviceaccount \"extra\" deleted\n", await kubectl.RunAsync("delete", "sa", "extra", "-n", "team"));
    }

    [Fact]
    public async Task Kubectl_creates_a_token_for_an_audience()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var kubectl = Kubectl.Find(cluster);

        var token = (await kubectl.RunAsync("create", "token", "default", "--audience", "sts.amazonaws.com", "--duration", "10m")).Trim();

        var claims = System.Text.Json.Nodes.JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1]))!;
        Assert.Equal("""["sts.amazonaws.com"]""", claims["aud"]!.ToJsonString());
        Assert.Equal(600, claims["exp"]!.GetValue<long>() - claims["iat"]!.GetValue<long>());
        Assert.Equal("system:serviceaccount:default:default", claims.Text("sub"));
    }

    [Fact]
    public async Task Kubectl_runs_commands_in_a_container_and_ends_as_they_do()
    {
        await using var cluster = (await TestCluster.StartAsync()).WithNode(ContainerIsolation.Automatic);
        using var kubectl = Kubectl.Find(cluster);
        await kubectl.RunWithAsync(Pod("check", "test -s /var/run/secrets/tokens/token && echo ready; sleep 600"), "apply", "-f", "-");
        Assert.Equal("pod/check condition met\n", await kubectl.RunAsync("wait", "--for=condition=Ready", "pod/check", "--timeout=60s"));

        var ordinary = Claims(await kubectl.RunAsync("exec", "check", "--", "cat", "/var/run/secrets/kubernetes.io/serviceaccount/token"));
        var projected = Claims(await kubectl.RunAsync("exec", "check", "--", "cat", "/var/run/secrets/tokens/token"));
        Assert.Equal(TestCluster.Issuer, ordinary["aud"]![0]!.GetValue<string>());
        Assert.Equal("sts.amazonaws.com", projected["aud"]![0]!.GetValue<string>());
        Assert.Equal(3600, projected["exp"]!.GetValue<long>() - projected["iat"]!.GetValue<long>());
        Assert.True(ordinary["exp"]!.GetValue<long>() - ordinary["iat"]!.GetValue<long>() > 300L * 86400);

        Assert.Equal("piped\n", await kubectl.RunWithAsync("piped\n", "exec", "-i", "check", "--", "cat"));
        var (code, output, errors) = await kubectl.TryAsync("", "exec", "check", "--", "sh", "-c", "echo out; echo err >&2; exit 7");
        Assert.Equal((7, "out\n", "err\ncommand terminated with exit code 7\n"), (code, output, errors));
        (code, _, errors) = await kubectl.TryAsync("", "exec", "check", "--", "frob");
        Assert.Equal(1, code);
        Assert.Contains("exec: \"frob\": executable file not found in $PATH", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kubectl_rolls_a_deployment_out_and_back_and_removes_it_with_its_pods()
    {
        await using var cluster = (await TestCluster.StartAsync()).WithNode(ContainerIsolation.Automatic);
        using var kubectl = Kubectl.Find(cluster);

        await kubectl.RunAsync(
            "create",
            "deployment",
            "web",
            "--image=registry.test/busybox:1",
            "--replicas=2",
            "--",
            "sh",
            "-c",
            "trap 'exit 0' TERM; while :; do sleep 0.1; done"
        );
        Assert.EndsWith(
            "successfully rolled out\n",
            await kubectl.RunAsync("rollout", "status", "deployment/web", "--timeout=60s"),
            StringComparison.Ordinal
        );
        var first = await kubectl.RunAsync("get", "rs", "-o", "name");
        await kubectl.RunAsync("set", "env", "deployment/web", "A=b");
        await kubectl.RunAsync("rollout", "status", "deployment/web", "--timeout=60s");
        await kubectl.RunAsync("rollout", "undo", "deployment/web");
        await kubectl.RunAsync("rollout", "status", "deployment/web", "--timeout=60s");

        // Back at the first template it is the first ReplicaSet's turn again.
        Assert.Equal("2", await kubectl.RunAsync("get", first.Trim(), "-o", "jsonpath={.spec.replicas}"));
        Assert.Equal(
            "3",
            await kubectl.RunAsync(
                "get",
                "deployment",
                "web",
                "-o",
                "jsonpath={.metadata.annotations.deployment\\.kubernetes\\.io/revision}"
            )
        );
        await kubectl.RunAsync("scale", "deployment/web", "--replicas=1");
        await kubectl.RunAsync("rollout", "status", "deployment/web", "--timeout=60s");
        Assert.Matches(@"NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +1/1 +1 +1 ", await kubectl.RunAsync("get", "deployment", "web"));

        await kubectl.RunAsync("delete", "deployment", "web", "--cascade=foreground", "--timeout=60s");
        Assert.Equal("", await kubectl.RunAsync("get", "rs", "-o", "name"));
    }

    [Fact]
    public async Task Kubectl_runs_a_job_and_reads_its_log()
    {
        await using var cluster = (await TestCluster.StartAsync()).WithNode(ContainerIsolation.Automatic);
        using var kubectl = Kubectl.Find(cluster);

        await kubectl.RunAsync("create", "job", "once", "--image=registry.test/busybox:1", "--", "sh", "-c", "echo done");
        Assert.Equal(
            "job.batch/once condition met\n",
            await kubectl.RunAsync("wait", "--for=condition=complete", "job/once", "--timeout=60s")
        );
        Assert.Equal("done\n", await kubectl.RunAsync("logs", "job/once"));
        Assert.Contains("Completed", await kubectl.RunAsync("get", "pods"), StringComparison.Ordinal);
        await kubectl.RunAsync("delete", "job", "once");
        Assert.Equal("", await kubectl.RunAsync("get", "pods", "-o", "name"));
    }

    [Fact]
    public async Task An_account_may_only_what_roles_grant_it_and_grants_no_more_than_it_has()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var kubectl = Kubectl.Find(cluster);
        await kubectl.RunAsync("create", "role", "reader", "--verb=get,list", "--resource=pods");
        await kubectl.RunAsync("create", "role", "granter", "--verb=create,get", "--resource=roles,rolebindings");
        await kubectl.RunAsync("create", "rolebinding", "reader", "--role=reader", "--serviceaccount=default:default");
        await kubectl.RunAsync("create", "rolebinding", "granter", "--role=granter", "--serviceaccount=default:default");
        string[] asAccount = ["--as", "system:serviceaccount:default:default"];

        Assert.Equal("yes\n", await kubectl.RunAsync([.. asAccount, "auth", "can-i", "list", "pods"]));
        Assert.Equal(
            (1, "no\n"),
            (await kubectl.TryAsync("", [.. asAccount, "auth", "can-i", "delete", "pods"])) is var (code, output, _)
                ? (code, output)
                : default
        );
        Assert.Contains("pods ", await kubectl.RunAsync([.. asAccount, "auth", "can-i", "--list"]), StringComparison.Ordinal);
        Assert.Equal(
            "role.rbac.authorization.k8s.io/same created\n",
            await kubectl.RunAsync([.. asAccount, "create", "role", "same", "--verb=get", "--resource=pods"])
        );
        var (_, _, refusal) = await kubectl.TryAsync("", [.. asAccount, "create", "role", "more", "--verb=delete", "--resource=pods"]);
        Assert.Contains(
            "is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"delete\"]}",
            refusal,
            StringComparison.Ordinal
        );
        (_, _, refusal) = await kubectl.TryAsync(
            "",
            [.. asAccount, "create", "rolebinding", "all", "--clusterrole=cluster-admin", "--serviceaccount=default:default"]
        );
        Assert.Contains("attempting to grant RBAC permissions not currently held", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kubectl_explains_differs_labels_and_patches()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var kubectl = Kubectl.Find(cluster);
        await kubectl.RunWithAsync(Account.Replace("namespace: team", "namespace: default", StringComparison.Ordinal), "apply", "-f", "-");

        Assert.Contains("serviceAccountName\t<string>", await kubectl.RunAsync("explain", "pod.spec"), StringComparison.Ordinal);
        var changed = Account
            .Replace("namespace: team", "namespace: default", StringComparison.Ordinal)
            .Replace("role: one", "role: two", StringComparison.Ordinal);
        var (code, difference, _) = await kubectl.TryAsync(changed, "diff", "-f", "-");
        Assert.Equal(1, code);
        Assert.Contains("+    example.com/role: two", difference, StringComparison.Ordinal);
        (code, difference, _) = await kubectl.TryAsync(changed, "diff", "--server-side", "--force-conflicts", "-f", "-");
        Assert.Equal(1, code);
        Assert.Contains("+    example.com/role: two", difference, StringComparison.Ordinal);
        Assert.Equal("serviceaccount/ksa configured\n", await kubectl.RunWithAsync(changed, "apply", "-f", "-"));
        Assert.Equal("serviceaccount/ksa labeled\n", await kubectl.RunAsync("label", "sa", "ksa", "tier=a"));
        Assert.Equal("serviceaccount/ksa\n", await kubectl.RunAsync("get", "sa", "-l", "tier in (a,b)", "-o", "name"));
        Assert.Equal(
            "serviceaccount/ksa patched\n",
            await kubectl.RunAsync("patch", "sa", "ksa", "--type=json", "-p", """[{"op":"remove","path":"/metadata/labels/tier"}]""")
        );
        Assert.Contains(
            TestCluster.Issuer,
            await kubectl.RunAsync("get", "--raw", "/.well-known/openid-configuration"),
            StringComparison.Ordinal
        );
        Assert.Equal("configmap/settings created\n", await kubectl.RunAsync("create", "configmap", "settings", "--from-literal=a=b"));
        Assert.Matches(@"NAME +DATA +AGE\nkube-root-ca.crt +1 .*\nsettings +1 ", await kubectl.RunAsync("get", "configmaps"));
        Assert.Equal("secret/hidden created\n", await kubectl.RunAsync("create", "secret", "generic", "hidden", "--from-literal=a=b"));
        Assert.Equal("Yg==", await kubectl.RunAsync("get", "secret", "hidden", "-o", "jsonpath={.data.a}"));
    }

    // Of the recorded commands those that need no pods; the others are had again with containers that run.
    [Fact]
    public async Task The_recorded_commands_end_as_recorded()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var kubectl = Kubectl.Find(cluster);
        await kubectl.RunAsync("create", "namespace", "live");
        await kubectl.RunAsync("create", "namespace", "live3");
        string[] needPods =
        [
            "get pods",
            "get pod ",
            "describe",
            "wait",
            "logs",
            "delete pod -n live unsched",
            "delete pod --wait",
            "get events",
            "run --rm",
            "auth whoami",
            "api-resources",
            "mixed",
            "version",
        ];
        List<string> differences = [];
        foreach (
            var recording in Recording
                .Load("12-tables-events")
                .Concat(Recording.Load("16-extras"))
                .Where(recording =>
                    recording.Request["kubectl"] is not null
                    && (
                        recording.Name.Contains(" as ", StringComparison.Ordinal)
                        || !needPods.Any(part => recording.Name.Contains(part, StringComparison.Ordinal))
                    )
                    // Go shows a map here, in Go's way.
                    && recording.Name != "kubectl apply unknown field"
                )
        )
        {
            string[] arguments = [.. recording.Request["kubectl"]!.AsArray().Skip(1).Select(static word => word!.GetValue<string>())];
            var (code, output, errors) = await kubectl.TryAsync(recording.Request.Text("stdin"), arguments);
            foreach (
                var (what, expected, actual) in new[]
                {
                    ("exit code", recording.Response.Number("exitCode").ToString()!, $"{code}"),
                    ("output", recording.Response.Text("stdout"), output),
                    ("errors", recording.Response.Text("stderr"), errors),
                }
            )
            {
                if (Normal(expected) != Normal(actual))
                {
                    differences.Add($"{recording.Name}: {what}: expected {expected}, was {actual}");
                }
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    // Ages and times are each run's own, and so are the names of the files that are compared.
    private static string Normal(string text) =>
        System.Text.RegularExpressions.Regex.Replace(
            text,
            @"\b\d+[smh]\b|\d{4}-\d\d-\d\d[T ][0-9:.]+(Z| \+0000)?|(?<=^(---|\+\+\+) )\S+|(?<=^diff -u -N ).*$|@@.*@@",
            "*",
            System.Text.RegularExpressions.RegexOptions.Multiline | System.Text.RegularExpressions.RegexOptions.ExplicitCapture,
            TimeSpan.FromSeconds(1)
        );

    private static string Pod(string name, string script) =>
        $$"""
            apiVersion: v1
            kind: Pod
            metadata: { name: {{name}} }
            spec:
              terminationGracePeriodSeconds: 1
              containers:
              - name: main
                image: registry.test/busybox:1
                command: ["sh", "-c", "{{script}}"]
                volumeMounts:
                - { name: token, mountPath: /var/run/secrets/tokens, readOnly: true }
              volumes:
              - name: token
                projected:
                  sources:
                  - serviceAccountToken: { path: token, audience: sts.amazonaws.com, expirationSeconds: 3600 }
            """;

    private static System.Text.Json.Nodes.JsonNode Claims(string token) =>
        System.Text.Json.Nodes.JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Trim().Split('.')[1]))!;

    private sealed class Kubectl : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("kubectl-").FullName;
        private readonly string _path;

        private Kubectl(string path, TestCluster cluster)
        {
            _path = path;
            File.WriteAllText(
                Path.Combine(_folder, "config"),
                $$"""
                apiVersion: v1
                kind: Config
                current-context: test
                clusters: [{ name: test, cluster: { server: "{{cluster.SecureAddress}}", insecure-skip-tls-verify: true } }]
                users: [{ name: test, user: { token: {{TestCluster.AdminToken}} } }]
                contexts: [{ name: test, context: { cluster: test, user: test } }]
                """
            );
        }

        public static Kubectl Find(TestCluster cluster)
        {
            var name = OperatingSystem.IsWindows() ? "kubectl.exe" : "kubectl";
            var path = (Environment.GetEnvironmentVariable("PATH") ?? "")
                .Split(Path.PathSeparator)
                .Select(folder => Path.Combine(folder, name))
                .FirstOrDefault(File.Exists);
            Assert.SkipUnless(path is not null, "kubectl is not installed.");
            return new Kubectl(path!, cluster);
        }

        public Task<string> RunAsync(params string[] arguments) => RunWithAsync("", arguments);

        public async Task<string> RunWithAsync(string input, params string[] arguments)
        {
            var (code, output, errors) = await TryAsync(input, arguments);
            Assert.True(code == 0, $"kubectl {string.Join(' ', arguments)}: {errors}");
            return output;
        }

        public async Task<(int Code, string Output, string Errors)> TryAsync(string input, params string[] arguments)
        {
            var start = new ProcessStartInfo(_path, arguments)
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["KUBECONFIG"] = Path.Combine(_folder, "config");
            start.Environment["KUBECACHEDIR"] = Path.Combine(_folder, "cache");
            start.Environment["HOME"] = _folder;
            using var process = Process.Start(start)!;
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (process.ExitCode, output, await errors);
        }

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}
