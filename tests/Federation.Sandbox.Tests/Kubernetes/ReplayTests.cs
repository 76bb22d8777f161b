using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes;

namespace Federation.Sandbox.Tests.Kubernetes;

/// <summary>
/// The recordings were taken from one cluster, one after the other: each is replayed on top of those before it.
/// What is not replayed is listed with the reason; everything else must match.
/// </summary>
public sealed class ReplayTests
{
    private const string MoreKinds = "the recorded server serves more kinds";
    private const string NotServed = "the kind is not served";
    private const string Kubelet = "the pod's life is a kubelet's; watching is tested in WatchTests";
    private const string Compaction = "history ends by the number of changes here, not by compaction";

    private static readonly string[] Order =
    [
        "01-discovery",
        "02-namespaces",
        "03-serviceaccounts-apply",
        "04-patch-update-delete",
        "05-lists",
        "06-tokenrequest",
        "07-authentication-authorization",
        "08-pod-admission",
        "09-watch",
        "10-logs",
        "15-misc",
    ];

    private static readonly Dictionary<string, Dictionary<string, string>> NotCovered = new(StringComparer.Ordinal)
    {
        ["01-discovery"] = new(StringComparer.Ordinal)
        {
            ["version"] = "this build is another",
            ["version without credentials"] = "this build is another",
            ["apis"] = MoreKinds,
            ["api aggregated"] = MoreKinds,
            ["apis aggregated"] = MoreKinds,
            ["apis aggregated: If-None-Match"] =
                "the etag is that of the recorded groups; conditional requests are tested through kubectl's cache",
            ["api v1"] = MoreKinds,
            ["apis batch v1"] = MoreKinds,
            ["root"] = MoreKinds,
            ["openapi v3 index"] = MoreKinds,
            ["openapi v3 api/v1 with hash"] = "the hash is that of the recorded document",
            ["openapi v2"] = "the schemas are in v3 alone",
            ["oidc config without credentials"] =
                "the recorded build lets anyone read it, the Kubernetes project's own asks for credentials",
            ["jwks"] = "the recorder asked for a media type no client asks for, and the key is each server's own",
            ["readyz verbose"] = "the checks are those of that server's parts",
            ["yaml accept"] = "the layout of YAML is each writer's own",
        },
        ["02-namespaces"] = [],
        ["03-serviceaccounts-apply"] = [],
        ["04-patch-update-delete"] = new(StringComparer.Ordinal)
        {
            ["patch unknown field strict"] = "the text quotes the whole object, in the order of Go's fields",
            ["get"] = "the recorder had already changed its copy of the answer",
        },
        ["05-lists"] = [],
        ["06-tokenrequest"] = [],
        ["07-authentication-authorization"] = new(StringComparer.Ordinal)
        {
            ["SelfSubjectRulesReview"] = "the recorded build grants one more rule, and there is an order to them",
            ["SelfSubjectReview as admin"] = "the recorded administrator had a certificate, here it is a token",
            ["SelfSubjectReview with a pod-bound token"] = "the token was not recorded",
            ["pod-bound token after the pod is gone"] = "results of authentication are not cached here, so such a token ends at once",
        },
        ["08-pod-admission"] = new(StringComparer.Ordinal)
        {
            ["update immutable field"] = "the text ends with a diff of Go's fields",
            ["create quota"] = NotServed,
            ["quota status"] = NotServed,
            ["quota: resources missing"] = NotServed,
            ["quota: accepted"] = NotServed,
            ["quota: count exceeded"] = NotServed,
            ["quota: cpu and count exceeded"] = NotServed,
            ["quota status after"] = NotServed,
            ["limitrange"] = NotServed,
            ["limitrange exceeded"] = NotServed,
        },
        ["09-watch"] = new(StringComparer.Ordinal)
        {
            ["create the watched pod"] = Kubelet,
            ["label leaves the selector"] = Kubelet,
            ["label enters the selector"] = Kubelet,
            ["delete finished pod"] = Kubelet,
            ["watch without resourceVersion: synthetic ADDED, ends at timeoutSeconds"] = Kubelet,
            ["watch resourceVersion=0"] = Kubelet,
            ["watch with sendInitialEvents"] = Kubelet,
            ["watch with a label selector: leaving is DELETED, entering is ADDED"] = Kubelet,
            ["watch from resourceVersion 1 (too old)"] = Compaction,
            ["watch with allowWatchBookmarks (whole namespace)"] = Kubelet,
        },
        ["10-logs"] = new(StringComparer.Ordinal)
        {
            ["timestamps"] = "the recorded time is finer than a tick of this clock",
            ["follow=true (ends when the container ends)"] = "recorded as raw chunks; following is tested through the client library",
        },
        ["15-misc"] = new(StringComparer.Ordinal)
        {
            ["continue token, still valid after changes"] = Compaction,
            ["continue token expired (storage compacted)"] = Compaction,
            ["list at a compacted resourceVersion (Exact)"] = Compaction,
            ["watch from a compacted resourceVersion"] = "it shows a history of which parts were not recorded",
        },
    };

    public static TheoryData<string> Files => [.. Order];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task The_emulator_answers_as_the_recorded_server_did(string file)
    {
        await using var cluster = await TestCluster.StartAsync(static options =>
            options with
            {
                NamespaceCleanup = TimeSpan.FromSeconds(5),
            }
        );
        var replay = new Replay(cluster);
        List<string> differences = [];
        foreach (var step in Order.TakeWhile(step => step != file).Append(file))
        {
            foreach (var (recording, index) in Recording.Load(step).Select(static (recording, index) => (recording, index)))
            {
                if (NotCovered[step].ContainsKey(recording.Name))
                {
                    continue;
                }

                await PrepareAsync(cluster, replay, step, recording.Name);
                var found = await replay.SendAsync(recording);
                if (step == file)
                {
                    differences.AddRange(found.Select(difference => $"[{index}] {recording.Name}: {difference}"));
                }
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    private static JsonObject RunningPod() =>
        Recording.Load("07-authentication-authorization").Single(static recording => recording.Name == "allowed: get pod").Response[
            "body"
        ]!.AsObject();

    // What happened in the recorded cluster besides the requests.
    private static async Task PrepareAsync(TestCluster cluster, Replay replay, string file, string exchange)
    {
        switch (file, exchange)
        {
            case ("02-namespaces", "get terminating (conditions)" or "watch"):
                cluster.Time.Advance(TimeSpan.FromSeconds(5));
                break;
            case ("04-patch-update-delete", "create"):
                // Objects are sent back with the times they were recorded with.
                cluster.Time.SetUtcNow(new DateTimeOffset(2026, 11, 23, 18, 14, 3, TimeSpan.Zero));
                break;
            case ("05-lists", "list one, full item"):
                foreach (var (name, tier) in new[] { ("l1", "odd"), ("l2", "even"), ("l3", "odd"), ("l4", "even") })
                {
                    await cluster.PostAsync(
                        "/api/v1/namespaces/apps/serviceaccounts",
                        $$"""{ "metadata": { "name": "{{name}}", "labels": { "set": "l", "tier": "{{tier}}" } } }"""
                    );
                }

                break;
            case ("06-tokenrequest", "bound to a running pod"):
                var pod = await cluster.SendAsync(
                    HttpMethod.Post,
                    "/api/v1/namespaces/apps/pods",
                    Recording.Load("08-pod-admission")[0].Request["body"]
                );
                replay.Bind("afe35481-b17f-4f4b-8c99-41564113a3d1", pod.Json!.Uid);
                cluster.Server.Kubelet.UpdatePod(
                    "apps",
                    "binder",
                    pod.Json!.Uid,
                    static pod =>
                    {
                        pod["spec"]!["nodeName"] = "localhost";
                        var condition = RunningPod()["status"]
                            .Items("conditions")
                            .Single(static condition => condition.Text("type") == "PodScheduled")
                            .Copy();
                        condition.Remove("observedGeneration");
                        pod["status"]!["conditions"] = new JsonArray(condition);
                    }
                );
                break;
            case ("08-pod-admission", "create with a projected serviceAccountToken: stored object"):
                await cluster.SendAsync(HttpMethod.Delete, "/api/v1/namespaces/apps/pods/binder?gracePeriodSeconds=0");
                break;
            case ("08-pod-admission", "get pod status resource"):
                var expected = Recording.Load(file).Single(recording => recording.Name == exchange).Response["body"]!;
                var uid = (await cluster.GetAsync("/api/v1/namespaces/apps/pods/mini")).Json!.Uid;
                cluster.Server.Kubelet.UpdatePod(
                    "apps",
                    "mini",
                    uid,
                    pod => pod["status"]!["conditions"] = expected["status"]!["conditions"]!.DeepClone()
                );
                break;
            case ("07-authentication-authorization", "no credentials"):
                var binder = (await cluster.GetAsync("/api/v1/namespaces/apps/pods/binder")).Json!.Uid;
                cluster.Server.Kubelet.UpdatePod(
                    "apps",
                    "binder",
                    binder,
                    static pod => pod["status"] = RunningPod()["status"]!.DeepClone()
                );
                break;
            case ("10-logs", "success, still running"):
                await RecordedLogs.SetUpAsync(cluster);
                break;
            case ("10-logs", "after completion"):
                RecordedLogs.Complete(cluster);
                break;
            case ("15-misc", "configmap create"):
                await cluster.PostAsync("/api/v1/namespaces", """{"metadata": {"name": "batch"}}""");
                break;
        }
    }
}
