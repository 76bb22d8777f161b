using System.Diagnostics;
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
        Assert.Contains("example.com/role: one", await kubectl.RunAsync("get", "sa", "ksa", "-n", "team", "-o", "yaml"), StringComparison.Ordinal);
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

    private sealed class Kubectl : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("kubectl-").FullName;
        private readonly string _path;

        private Kubectl(string path, TestCluster cluster)
        {
            _path = path;
            File.WriteAllText(Path.Combine(_folder, "config"), $$"""
                apiVersion: v1
                kind: Config
                current-context: test
                clusters: [{ name: test, cluster: { server: "{{cluster.SecureAddress}}", insecure-skip-tls-verify: true } }]
                users: [{ name: test, user: { token: {{TestCluster.AdminToken}} } }]
                contexts: [{ name: test, context: { cluster: test, user: test } }]
                """);
        }

        public static Kubectl Find(TestCluster cluster)
        {
            var name = OperatingSystem.IsWindows() ? "kubectl.exe" : "kubectl";
            var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
                .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
            Assert.SkipUnless(path is not null, "kubectl is not installed.");
            return new Kubectl(path!, cluster);
        }

        public Task<string> RunAsync(params string[] arguments) => RunWithAsync("", arguments);

        public async Task<string> RunWithAsync(string input, params string[] arguments)
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
            Assert.True(process.ExitCode == 0, $"kubectl {string.Join(' ', arguments)}: {await errors}");
            return output;
        }

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}
