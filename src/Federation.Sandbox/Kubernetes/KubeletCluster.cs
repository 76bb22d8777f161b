using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubelet;
using Federation.Sandbox.Kubernetes.Apply;
using Federation.Sandbox.Kubernetes.Authentication;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes;

/// <summary>The API server as the kubelet uses it, without HTTP between them.</summary>
internal sealed class KubeletCluster(ObjectStore store, Registry registry, ServiceAccountTokens tokens, TimeProvider time, KubernetesApiOptions options)
    : IKubeletCluster
{
    private static readonly FieldManager Manager = new("kubelet", "status");
    private static readonly FieldManager Scheduler = new("kube-scheduler", "status");

    public async IAsyncEnumerable<PodEvent> WatchPodsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Snapshot start;
        ObjectStore.Subscription subscription;
        lock (store.Gate)
        {
            start = store.List(ResourceTable.Pods, "");
            subscription = store.Subscribe(ResourceTable.Pods, start.Version)!;
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

            // What a binding sets has no owner.
            if (pod["spec"].Text("nodeName") == stored["spec"].Text("nodeName"))
            {
                ManagedFields.Update(stored, pod, ResourceTable.Pods, OnlyScheduling(stored, pod) ? Scheduler : Manager, time.GetUtcNow(), ["metadata", "spec"]);
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

            // The kubelet's own deletion is one without grace, which removes the pod.
            registry.Delete(ResourceTable.Pods, @namespace, name, new DeleteOptions(0, uid, null, DryRun: false, ""));
        }
    }

    public void RecordEvent(JsonObject pod, string type, string reason, string message, string? fieldPath = null)
    {
        lock (store.Gate)
        {
            var now = time.GetUtcNow();
            var scheduled = reason is "Scheduled" or "FailedScheduling";
            var existing = scheduled ? null : store.List(ResourceTable.Events, pod.Namespace).Objects.FirstOrDefault(known =>
                known["involvedObject"].Text("uid") == pod.Uid && known.Text("type") == type && known.Text("reason") == reason
                && known.Text("message") == message && known["involvedObject"].Text("fieldPath") == (fieldPath ?? ""));
            if (existing is not null)
            {
                var again = existing.Copy();
                again["count"] = (existing.Number("count") ?? 1) + 1;
                again["lastTimestamp"] = KubernetesObject.Timestamp(now);
                ManagedFields.Update(existing, again, ResourceTable.Events, new FieldManager("kubelet"), now, []);
                store.Put(ResourceTable.Events, again);
                return;
            }

            if (store.Find(ResourceTable.Namespaces, "", pod.Namespace) is not { IsTerminating: false })
            {
                return;
            }

            var record = scheduled ? SchedulerEvent(type, reason, message, now) : KubeletEvent(type, reason, message, now);
            record["metadata"] = new JsonObject { ["name"] = $"{pod.Name}.{EventSuffix(now)}" };
            record["involvedObject"] = Reference(pod, fieldPath);
            registry.Create(
                ResourceTable.Events, pod.Namespace, record,
                new WriteOptions(new FieldManager(scheduled ? "kube-scheduler" : "kubelet"), DryRun: false, []));
        }
    }

    public ProjectedToken MintToken(JsonObject pod, string? audience, long expirationSeconds)
    {
        var name = pod["spec"].Text("serviceAccountName");
        lock (store.Gate)
        {
            var account = store.Find(ResourceTable.ServiceAccounts, pod.Namespace, name) ?? throw ApiException.NotFound(ResourceTable.ServiceAccounts, name);
            var bound = store.Find(ResourceTable.Pods, pod.Namespace, pod.Name) ?? throw ApiException.NotFound(ResourceTable.Pods, pod.Name);
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
            status["conditions"] = new JsonArray(
                [.. pod["status"].Items("conditions").Where(static condition => condition.Text("type") != "PodScheduled").Select(static condition => condition.Copy())]);
            return status;
        }
    }

    // The scheduler writes through events.k8s.io, whose events have no count and no source.
    private static JsonObject SchedulerEvent(string type, string reason, string message, DateTimeOffset now) => new()
    {
        ["reason"] = reason,
        ["message"] = message,
        ["source"] = new JsonObject(),
        ["firstTimestamp"] = null,
        ["lastTimestamp"] = null,
        ["type"] = type,
        ["eventTime"] = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
        ["action"] = reason == "Scheduled" ? "Binding" : "Scheduling",
        ["reportingComponent"] = "default-scheduler",
        ["reportingInstance"] = "default-scheduler-sandbox",
    };

    private JsonObject KubeletEvent(string type, string reason, string message, DateTimeOffset now) => new()
    {
        ["reason"] = reason,
        ["message"] = message,
        ["source"] = new JsonObject { ["component"] = "kubelet", ["host"] = options.NodeName },
        ["firstTimestamp"] = KubernetesObject.Timestamp(now),
        ["lastTimestamp"] = KubernetesObject.Timestamp(now),
        ["count"] = 1,
        ["type"] = type,
        ["eventTime"] = null,
        ["reportingComponent"] = "kubelet",
        ["reportingInstance"] = options.NodeName,
    };

    private static JsonObject Reference(JsonObject pod, string? fieldPath)
    {
        var reference = new JsonObject
        {
            ["kind"] = "Pod",
            ["namespace"] = pod.Namespace,
            ["name"] = pod.Name,
            ["uid"] = pod.Uid,
            ["apiVersion"] = "v1",
            ["resourceVersion"] = pod.Metadata.Text("resourceVersion"),
        };
        if (fieldPath is not null)
        {
            reference["fieldPath"] = fieldPath;
        }

        return reference;
    }

    // The nanoseconds of the time, and so the order of events by name is that of time; two in one instant differ in the last digits.
    private string EventSuffix(DateTimeOffset now) => ((((now.UtcTicks - DateTime.UnixEpoch.Ticks) * 100) & ~0xfffL) | (store.Version & 0xfff)).ToString("x16", CultureInfo.InvariantCulture);
}
