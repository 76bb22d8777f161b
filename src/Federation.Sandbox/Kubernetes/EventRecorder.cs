using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Apply;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes;

/// <summary>Who reports an event.</summary>
/// <param name="Component">Such as <c>kubelet</c>.</param>
/// <param name="Manager">Its name as a writer of fields.</param>
/// <param name="Host">The node it speaks for, or empty.</param>
internal sealed record EventReporter(string Component, string Manager, string Host = "")
{
    /// <summary>The scheduler alone writes through events.k8s.io, whose events have no count and no source.</summary>
    public static EventReporter Scheduler { get; } = new("default-scheduler", "kube-scheduler");

    public static EventReporter Controller(string component) => new(component, "kube-controller-manager");
}

/// <summary>Writes Events, and counts those that happen again.</summary>
internal sealed class EventRecorder(ObjectStore store, Registry registry, TimeProvider time)
{
    public void Record(EventReporter reporter, JsonObject about, string type, string reason, string message, string? fieldPath = null)
    {
        lock (store.Gate)
        {
            var now = time.GetUtcNow();
            var scheduling = reporter == EventReporter.Scheduler;
            var existing = scheduling
                ? null
                : store
                    .List(ResourceTable.Events, about.Namespace)
                    .Objects.FirstOrDefault(known =>
                        known["involvedObject"].Text("uid") == about.Uid
                        && known.Text("type") == type
                        && known.Text("reason") == reason
                        && known.Text("message") == message
                        && known["involvedObject"].Text("fieldPath") == (fieldPath ?? "")
                    );
            if (existing is not null)
            {
                var again = existing.Copy();
                again["count"] = (existing.Number("count") ?? 1) + 1;
                again["lastTimestamp"] = KubernetesObject.Timestamp(now);
                ManagedFields.Update(existing, again, ResourceTable.Events, new FieldManager(reporter.Manager), now, []);
                store.Put(ResourceTable.Events, again);
                return;
            }

            if (store.Find(ResourceTable.Namespaces, "", about.Namespace) is not { IsTerminating: false })
            {
                return;
            }

            var record = scheduling ? Scheduling(type, reason, message, now) : Counted(reporter, type, reason, message, now);
            record["metadata"] = new JsonObject { ["name"] = $"{about.Name}.{Suffix(now)}" };
            record["involvedObject"] = Reference(about, fieldPath);
            registry.Create(
                ResourceTable.Events,
                about.Namespace,
                record,
                new WriteOptions(new FieldManager(reporter.Manager), DryRun: false, [])
            );
        }
    }

    private static JsonObject Scheduling(string type, string reason, string message, DateTimeOffset now) =>
        new()
        {
            ["reason"] = reason,
            ["message"] = message,
            ["source"] = new JsonObject(),
            ["firstTimestamp"] = null,
            ["lastTimestamp"] = null,
            ["type"] = type,
            ["eventTime"] = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
            ["action"] = reason == "Scheduled" ? "Binding" : "Scheduling",
            ["reportingComponent"] = EventReporter.Scheduler.Component,
            ["reportingInstance"] = EventReporter.Scheduler.Component + "-sandbox",
        };

    private static JsonObject Counted(EventReporter reporter, string type, string reason, string message, DateTimeOffset now)
    {
        var source = new JsonObject { ["component"] = reporter.Component };
        if (reporter.Host.Length > 0)
        {
            source["host"] = reporter.Host;
        }

        return new JsonObject
        {
            ["reason"] = reason,
            ["message"] = message,
            ["source"] = source,
            ["firstTimestamp"] = KubernetesObject.Timestamp(now),
            ["lastTimestamp"] = KubernetesObject.Timestamp(now),
            ["count"] = 1,
            ["type"] = type,
            ["eventTime"] = null,
            ["reportingComponent"] = reporter.Component,
            ["reportingInstance"] = reporter.Host,
        };
    }

    private static JsonObject Reference(JsonObject about, string? fieldPath)
    {
        var reference = new JsonObject
        {
            ["kind"] = about.Text("kind"),
            ["namespace"] = about.Namespace,
            ["name"] = about.Name,
            ["uid"] = about.Uid,
            ["apiVersion"] = about.Text("apiVersion"),
            ["resourceVersion"] = about.Metadata.Text("resourceVersion"),
        };
        if (fieldPath is not null)
        {
            reference["fieldPath"] = fieldPath;
        }

        return reference;
    }

    // The nanoseconds of the time, and so the order of events by name is that of time; two in one instant differ in the last digits.
    private string Suffix(DateTimeOffset now) =>
        ((((now.UtcTicks - DateTime.UnixEpoch.Ticks) * 100) & ~0xfffL) | (store.Version & 0xfff)).ToString(
            "x16",
            CultureInfo.InvariantCulture
        );
}
