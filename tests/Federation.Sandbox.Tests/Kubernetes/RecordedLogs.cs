using System.Text.Json.Nodes;
using Federation.Sandbox.Kubelet;
using Federation.Sandbox.Kubernetes;

namespace Federation.Sandbox.Tests.Kubernetes;

/// <summary>The pods whose logs were recorded, in the states they were in.</summary>
internal static class RecordedLogs
{
    private const string Namespace = "live2";

    public static async Task SetUpAsync(TestCluster cluster)
    {
        var runtime = new Runtime();
        cluster.Server.Runtime = runtime;
        await cluster.PostAsync("/api/v1/namespaces", """{ "metadata": { "name": "live2" } }""");
        var written = cluster.Time.GetUtcNow();
        cluster.Time.Advance(TimeSpan.FromSeconds(4));
        var logs = await AddAsync(cluster, "logs", ["main"], [], "running");
        foreach (var line in new[] { "line 1", "line 2", "line 3", "line 4", "line 5", "oops" })
        {
            runtime.LogOf(logs, "main").Append(new LogLine(written, line));
        }

        await AddAsync(cluster, "creating", ["main"], [], "ContainerCreating");
        await AddAsync(cluster, "badimg", ["main"], [], "ErrImageNeverPull");
        await AddAsync(cluster, "unsched", ["main"], [], state: null);
        var two = await AddAsync(cluster, "two", ["a", "b"], ["i"], "running");
        foreach (var (container, line) in new[] { ("i", "I"), ("a", "A"), ("b", "B") })
        {
            runtime.LogOf(two, container).Append(new LogLine(written, line));
        }
    }

    public static void Complete(TestCluster cluster)
    {
        var log = ((Runtime)cluster.Server.Runtime!).LogOf(cluster.Server.Kubelet.Find("v1", "Pod", Namespace, "logs")!.Uid, "main");
        log.Append(new LogLine(cluster.Time.GetUtcNow(), "last"));
        log.Complete();
    }

    private static async Task<string> AddAsync(
        TestCluster cluster,
        string name,
        string[] containers,
        string[] initContainers,
        string? state
    )
    {
        static JsonArray Containers(string[] names) =>
            new([.. names.Select(static name => new JsonObject { ["name"] = name, ["image"] = "registry.test/busybox:1" })]);

        var pod = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name },
            ["spec"] = new JsonObject { ["containers"] = Containers(containers), ["initContainers"] = Containers(initContainers) },
        };
        var uid = (await cluster.SendAsync(HttpMethod.Post, $"/api/v1/namespaces/{Namespace}/pods", pod)).Json!.Uid;
        if (state is not null)
        {
            cluster.Server.Kubelet.UpdatePod(
                Namespace,
                name,
                uid,
                stored =>
                {
                    stored["spec"]!["nodeName"] = "localhost";
                    stored["status"]!["containerStatuses"] = new JsonArray([
                        .. containers.Select(container => new JsonObject
                        {
                            ["name"] = container,
                            ["state"] =
                                state == "running"
                                    ? new JsonObject { ["running"] = new JsonObject() }
                                    : new JsonObject { ["waiting"] = new JsonObject { ["reason"] = state } },
                        }),
                    ]);
                }
            );
        }

        return uid;
    }

    private sealed class Runtime : IPodRuntime
    {
        private readonly Dictionary<(string, string), ContainerLog> _logs = [];

        public ContainerLog LogOf(string uid, string container)
        {
            if (!_logs.TryGetValue((uid, container), out var log))
            {
                _logs[(uid, container)] = log = new ContainerLog();
            }

            return log;
        }

        public ContainerLog? FindLog(string podUid, string container, bool previous) =>
            previous ? null : _logs.GetValueOrDefault((podUid, container));

        public ContainerExec? StartExec(string podUid, string container, IReadOnlyList<string> arguments, bool terminal) => null;
    }
}
