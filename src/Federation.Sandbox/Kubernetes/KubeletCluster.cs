using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubelet;
using Federation.Sandbox.Kubernetes.Apply;
using Federation.Sandbox.Kubernetes.Authentication;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes;

/// <summary>The API server as the kubelet uses it, without HTTP between them.</summary>
internal sealed class KubeletCluster(
    ObjectStore store,
    Registry registry,
    ServiceAccountTokens tokens,
    EventRecorder events,
    TimeProvider time,
    KubernetesApiOptions options
) : IKubeletCluster
{
    private static readonly FieldManager Manager = new("kubelet", "status");
    private static readonly FieldManager Scheduler = new("kube-scheduler", "status");

    private readonly EventReporter _reporter = new("kubelet", Manager.Name, options.NodeName);

    public async IAsyncEnumerable<PodEvent> WatchPodsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Snapshot start;
        ObjectStore.Subscription subscription;
        lock (store.Gate)
        {
            start = store.List(ResourceTable.Pods, "");
            subscription = store.SubscribeForGood(ResourceTable.Pods, start.Version)!;
        }

        using (subscription)
        {
            foreach (var pod in start.Objects)
            {
                yield return new PodEvent(PodEventKind.Added, pod.Copy());
            }

            await foreach (var change in subscription.Changes.ReadAllAsync(cancellationToken))
            {
                var kind = change.Kind switch
                {
                    ChangeKind.Added => PodEventKind.Added,
                    ChangeKind.Modified => PodEventKind.Modified,
                    _ => PodEventKind.Deleted,
                };
                yield return new PodEvent(kind, change.Object.Copy());
            }
        }
    }

    public JsonObject? UpdatePod(string @namespace, string name, string uid, Action<JsonObject> change)
    {
        lock (store.Gate)
        {
            if (store.Find(ResourceTable.Pods, @namespace, name) is not { } stored || stored.Uid != uid)
            {
                return null;
            }

            var pod = stored.Copy();
            change(pod);

            // The field that a binding sets has no owner.
            if (pod["spec"].Text("nodeName") == stored["spec"].Text("nodeName"))
            {
                ManagedFields.Update(
                    stored,
                    pod,
                    ResourceTable.Pods,
                    OnlyScheduling(stored, pod) ? Scheduler : Manager,
                    time.GetUtcNow(),
                    ["metadata", "spec"]
                );
            }

            return ManagedFields.DiffersOnlyInTimes(pod, stored) ? stored.Copy() : store.Put(ResourceTable.Pods, pod).Copy();
        }
    }

    public void RemovePod(string @namespace, string name, string uid)
    {
        lock (store.Gate)
        {
            if (store.Find(ResourceTable.Pods, @namespace, name) is not { } stored || stored.Uid != uid)
            {
                return;
            }

            // The kubelet deletes without grace, which removes the pod.
            registry.Delete(ResourceTable.Pods, @namespace, name, new DeleteOptions(0, uid, null, DryRun: false, ""));
        }
    }

    public void RecordEvent(JsonObject pod, string type, string reason, string message, string? fieldPath = null) =>
        events.Record(
            reason is "Scheduled" or "FailedScheduling" ? EventReporter.Scheduler : _reporter,
            pod,
            type,
            reason,
            message,
            fieldPath
        );

    public ProjectedToken MintToken(JsonObject pod, string? audience, long expirationSeconds)
    {
        var name = pod["spec"].Text("serviceAccountName");
        lock (store.Gate)
        {
            var account =
                store.Find(ResourceTable.ServiceAccounts, pod.Namespace, name)
                ?? throw ApiException.NotFound(ResourceTable.ServiceAccounts, name);
            var bound =
                store.Find(ResourceTable.Pods, pod.Namespace, pod.Name) ?? throw ApiException.NotFound(ResourceTable.Pods, pod.Name);
            return tokens.Mint(account, bound, string.IsNullOrEmpty(audience) ? [] : [audience], expirationSeconds);
        }
    }

    public JsonObject? Find(string apiVersion, string kind, string @namespace, string name) =>
        ResourceTable.FindKind(apiVersion, kind) is { } type ? store.Find(type, type.Namespaced ? @namespace : "", name)?.Copy() : null;

    private static bool OnlyScheduling(JsonObject before, JsonObject after)
    {
        return !JsonNode.DeepEquals(before["status"], after["status"]) && JsonNode.DeepEquals(Rest(before), Rest(after));

        static JsonObject Rest(JsonObject pod)
        {
            var status = (pod["status"] as JsonObject ?? []).Copy();
            status["conditions"] = new JsonArray([
                .. pod["status"]
                    .Items("conditions")
                    .Where(static condition => condition.Text("type") != "PodScheduled")
                    .Select(static condition => condition.Copy()),
            ]);
            return status;
        }
    }
}
