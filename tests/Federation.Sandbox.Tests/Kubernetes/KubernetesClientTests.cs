using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Federation.Sandbox.Tests.Kubernetes;

/// <summary>The published client library works against the emulator as it does against a cluster.</summary>
public sealed class KubernetesClientTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_namespace_an_account_and_a_pod_are_created_watched_and_deleted()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var client = ClientOf(cluster);

        await client.CreateNamespaceAsync(new V1Namespace { Metadata = new V1ObjectMeta { Name = "team" } }, cancellationToken: Cancelled);
        var account = await client.PatchNamespacedServiceAccountAsync(
            new V1Patch(
                """{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"ksa","annotations":{"example.com/role":"one"}}}""",
                V1Patch.PatchType.ApplyPatch
            ),
            "ksa",
            "team",
            fieldManager: "federation",
            cancellationToken: Cancelled
        );
        Assert.Equal("one", account.Metadata.Annotations["example.com/role"]);
        Assert.Equal("federation", account.Metadata.ManagedFields.Single().Manager);

        var pod = await client.CreateNamespacedPodAsync(PodOf("ksa"), "team", cancellationToken: Cancelled);
        Assert.Equal("Pending", pod.Status.Phase);
        Assert.Equal("ksa", pod.Spec.ServiceAccountName);

        var watched = client.CoreV1.WatchListNamespacedPodAsync("team", cancellationToken: Cancelled).GetAsyncEnumerator(Cancelled);
        await using var ended = watched;
        Assert.True(await watched.MoveNextAsync());
        Assert.Equal(WatchEventType.Added, watched.Current.Item1);

        cluster.Server.Kubelet.UpdatePod("team", "check", pod.Metadata.Uid, static stored => stored["status"]!["phase"] = "Running");
        Assert.True(await watched.MoveNextAsync());
        Assert.Equal((WatchEventType.Modified, "Running"), (watched.Current.Item1, watched.Current.Item2.Status.Phase));

        await client.DeleteNamespacedPodAsync("check", "team", gracePeriodSeconds: 0, cancellationToken: Cancelled);
        Assert.True(await watched.MoveNextAsync());
        Assert.Equal(WatchEventType.Modified, watched.Current.Item1);
        Assert.True(await watched.MoveNextAsync());
        Assert.Equal(WatchEventType.Deleted, watched.Current.Item1);
        Assert.Empty((await client.ListNamespacedPodAsync("team", cancellationToken: Cancelled)).Items);
    }

    [Fact]
    public async Task A_log_is_followed_line_by_line_until_the_container_ends()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var client = ClientOf(cluster);
        var runtime = new OneLog();
        cluster.Server.Runtime = runtime;
        var pod = await client.CreateNamespacedPodAsync(PodOf("default"), "default", cancellationToken: Cancelled);
        cluster.Server.Kubelet.UpdatePod("default", "check", pod.Metadata.Uid, static stored => stored["spec"]!["nodeName"] = "localhost");
        runtime.Log.Append(new(cluster.Time.GetUtcNow(), "first"));

        await using var stream = await client.ReadNamespacedPodLogAsync("check", "default", follow: true, cancellationToken: Cancelled);
        using var reader = new StreamReader(stream);
        Assert.Equal("first", await reader.ReadLineAsync(Cancelled));
        runtime.Log.Append(new(cluster.Time.GetUtcNow(), "last"));
        runtime.Log.Complete();
        Assert.Equal("last", await reader.ReadLineAsync(Cancelled));
        Assert.Null(await reader.ReadLineAsync(Cancelled));
    }

    [Fact]
    public async Task A_missing_object_is_the_error_the_client_expects()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var client = ClientOf(cluster);

        var error = await Assert.ThrowsAsync<HttpOperationException>(() =>
            client.ReadNamespacedPodAsync("absent", "default", cancellationToken: Cancelled)
        );

        Assert.Equal(System.Net.HttpStatusCode.NotFound, error.Response.StatusCode);
        Assert.Contains("""pods \"absent\" not found""", error.Response.Content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_is_requested_for_an_audience()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var client = ClientOf(cluster);

        var answer = await client.CreateNamespacedServiceAccountTokenAsync(
            new Authenticationv1TokenRequest
            {
                Spec = new V1TokenRequestSpec { Audiences = ["sts.amazonaws.com"], ExpirationSeconds = 3600 },
            },
            "default",
            "default",
            cancellationToken: Cancelled
        );

        Assert.Equal(3, answer.Status.Token.Split('.').Length);
        Assert.Equal(cluster.Time.GetUtcNow().AddHours(1).UtcDateTime, answer.Status.ExpirationTimestamp);
    }

    private static k8s.Kubernetes ClientOf(TestCluster cluster) =>
        new(new KubernetesClientConfiguration { Host = cluster.Address, AccessToken = TestCluster.AdminToken });

    private static V1Pod PodOf(string account) =>
        new()
        {
            Metadata = new V1ObjectMeta { Name = "check" },
            Spec = new V1PodSpec
            {
                ServiceAccountName = account,
                RestartPolicy = "Never",
                Containers =
                [
                    new V1Container
                    {
                        Name = "main",
                        Image = "registry.example/app:1",
                        Command = ["true"],
                    },
                ],
            },
        };

    private sealed class OneLog : Federation.Sandbox.Kubelet.IPodRuntime
    {
        public Federation.Sandbox.Kubelet.ContainerLog Log { get; } = new();

        public Federation.Sandbox.Kubelet.ContainerLog? FindLog(string podUid, string container, bool previous) => previous ? null : Log;

        public Federation.Sandbox.Kubelet.ContainerExec? StartExec(
            string podUid,
            string container,
            IReadOnlyList<string> arguments,
            bool terminal
        ) => null;
    }
}
