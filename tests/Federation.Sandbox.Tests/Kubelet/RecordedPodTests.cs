using System.Text.Json.Nodes;
using Federation.Sandbox.Kubelet;

namespace Federation.Sandbox.Tests.Kubelet;

/// <summary>
/// The states and events of pods as a real Kubernetes 1.34 node reported them, times and identifiers taken out.
/// Ours must report the same states in the same order. A state in which a container runs may come between them:
/// a real node looks once a second and may miss a short run.
/// </summary>
public sealed class RecordedPodTests
{
    private static readonly HashSet<string> s_volatile = new(StringComparer.Ordinal)
    {
        "lastTransitionTime",
        "lastProbeTime",
        "startedAt",
        "finishedAt",
        "containerID",
        "imageID",
        "startTime",
        "hostIP",
        "hostIPs",
        "podIP",
        "podIPs",
    };

    [Theory]
    [InlineData("success")]
    [InlineData("termination-message")]
    [InlineData("deadline")]
    [InlineData("image-never-pulled")]
    [InlineData("image-not-found")]
    [InlineData("unschedulable")]
    [InlineData("missing-configmap-volume")]
    [InlineData("missing-secret-volume")]
    [InlineData("missing-configmap-variable")]
    [InlineData("missing-configmap-key")]
    [InlineData("no-such-binary")]
    [InlineData("no-such-binary-restarted")]
    [InlineData("crash-loop")]
    [InlineData("graceful-end")]
    [InlineData("grace-ignored")]
    [InlineData("no-grace")]
    [InlineData("init-and-two-containers")]
    [InlineData("init-fails")]
    [InlineData("restart-on-failure")]
    public async Task A_pod_goes_through_the_recorded_states(string recording)
    {
        await using var node = await PodRunTests.NodeAsync((int)ContainerIsolation.Namespaces);
        node.Cluster.Objects[("ConfigMap", "kube-root-ca.crt")] = new() { ["data"] = new JsonObject { ["ca.crt"] = "" } };
        var recorded = Read(recording);
        var pod = node.Run(recorded["name"]!.GetValue<string>(), recorded["spec"]!.ToJsonString());
        var uid = FakeCluster.Uid(pod);

        var next = 0;
        var deleted = false;
        foreach (var expected in recorded["states"]!.AsArray())
        {
            var wanted = Stable(expected!["status"]!, uid);
            if (!deleted && expected["deletionGracePeriodSeconds"] is { } grace)
            {
                deleted = true;
                if (recording == "graceful-end")
                {
                    await node.SeeLineAsync(pod, "up");
                }

                node.Cluster.Delete(uid, recording == "no-grace" ? grace.GetValue<int>() : null);
            }

            for (var found = false; !found; next++)
            {
                var state = await NextAsync(node, next);
                var status = Stable(state.Pod["status"]!, uid);
                found =
                    state.Kind.ToString() == expected["type"]!.GetValue<string>()
                    && Same(state.Pod["metadata"]!["deletionGracePeriodSeconds"], expected["deletionGracePeriodSeconds"])
                    && Same(state.Pod["spec"]!["nodeName"], expected["nodeName"])
                    && Same(status, wanted);
                if (!found && !status.ToJsonString().Contains("\"running\":", StringComparison.Ordinal))
                {
                    Assert.Equal(wanted.ToJsonString(), status.ToJsonString());
                    Assert.Fail($"{state.Kind} where {expected["type"]} was recorded");
                }
            }
        }

        var events = recorded["events"]!
            .AsArray()
            .Select(recordedEvent =>
                (
                    recordedEvent!["type"]!.GetValue<string>(),
                    recordedEvent["reason"]!.GetValue<string>(),
                    Fill(recordedEvent["message"]!.GetValue<string>(), uid),
                    recordedEvent["fieldPath"]?.GetValue<string>()
                )
            );
        await node.Cluster.SeeEventAsync(happened => happened.Reason == recorded["events"]!.AsArray()[^1]!["reason"]!.GetValue<string>());
        Assert.Equal(events, node.Cluster.Events.Where(e => e.Reason != "Sandbox").Select(e => (e.Type, e.Reason, e.Message, e.FieldPath)));
    }

    [Fact]
    public async Task A_pod_that_fails_ends_as_recorded()
    {
        await using var node = await PodRunTests.NodeAsync((int)ContainerIsolation.RewrittenPaths);
        var recorded = Read("exit-code");
        var pod = node.Run("exit3", recorded["spec"]!.ToJsonString());

        var ended = await node.Cluster.SeePhaseAsync(pod, "Failed");

        var last = recorded["states"]!.AsArray().First(state => state!["status"]!["phase"]!.GetValue<string>() == "Failed");
        Assert.Equal(Stable(last!["status"]!, "").ToJsonString(), Stable(ended["status"]!, "").ToJsonString());
    }

    /// <summary>The next state of the pod. The clock advances while nothing happens, but not while a container is created.</summary>
    private static async Task<PodEvent> NextAsync(TestNode node, int index)
    {
        while (true)
        {
            var happened = node.Cluster.NextChange;
            if (node.Cluster.History is var history && history.Count > index)
            {
                return history[index];
            }

            var making =
                history[^1].Pod["status"]!.ToJsonString() is var status
                && (
                    status.Contains("ContainerCreating", StringComparison.Ordinal)
                    || status.Contains("PodInitializing", StringComparison.Ordinal)
                );
            try
            {
                await happened.WaitAsync(TimeSpan.FromSeconds(making ? 20 : 0.15), TestContext.Current.CancellationToken);
            }
            catch (TimeoutException) when (!making)
            {
                node.Time.Advance(TimeSpan.FromSeconds(1));
            }
        }
    }

    private static JsonObject Read(string recording)
    {
        using var stream = typeof(RecordedPodTests).Assembly.GetManifestResourceStream(recording + ".json")!;
        return (JsonObject)JsonNode.Parse(stream)!;
    }

    private static bool Same(JsonNode? left, JsonNode? right) => left?.ToJsonString() == right?.ToJsonString();

    private static JsonNode Stable(JsonNode node, string uid) =>
        node switch
        {
            JsonObject members => new JsonObject(
                members
                    .Where(member => !s_volatile.Contains(member.Key))
                    .Select(member => KeyValuePair.Create(member.Key, member.Value is null ? null : Stable(member.Value, uid)))
            ),
            JsonArray items => new JsonArray([.. items.Select(item => Stable(item!, uid))]),
            JsonValue value when value.TryGetValue<string>(out var text) => JsonValue.Create(Fill(text, uid)),
            _ => node.DeepClone(),
        };

    private static string Fill(string text, string uid) =>
        text.Replace("{uid}", uid, StringComparison.Ordinal)
            .Replace("{refusal}", ImageStore.NotFound("127.0.0.1:1/x:1"), StringComparison.Ordinal);
}
