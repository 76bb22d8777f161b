using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Sandbox.Hosting;
using Federation.Sandbox.Kubernetes.Apply;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes;

/// <summary>The source of events.</summary>
/// <param name="Component">Such as <c>kubelet</c>.</param>
/// <param name="Manager">Its name as a field manager.</param>
/// <param name="Host">Its node, or empty.</param>
internal sealed record EventReporter(string Component, string Manager, string Host = "")
{
    /// <summary>Unlike the others, the scheduler writes through events.k8s.io, whose events have no count and no source.</summary>
    public static EventReporter Scheduler { get; } = new("default-scheduler", "kube-scheduler");

    public static EventReporter Controller(string component) => new(component, "kube-controller-manager");
}

/// <summary>Writes Events. An event that repeats is counted.</summary>
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
                again["lastTimestamp"] = Moment.Seconds(now);
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
            ["eventTime"] = Moment.Microseconds(now),
            ["action"] = reason == "Scheduled" ? "Binding" : "Scheduling",
            ["reportingComponent"] = EventReporter.Scheduler.Component,
            ["reportingInstance"] = EventReporter.Scheduler.Component + "-sandbox",
        };

    private static JsonObject Counted(EventReporter reporter, string type, string reason, string message, DateTimeOffset now)
    {
        var source = new JsonObject { ["component"] = reporter.Component };
        source.SetText("host", reporter.Host);
        return new JsonObject
        {
            ["reason"] = reason,
            ["message"] = message,
            ["source"] = source,
            ["firstTimestamp"] = Moment.Seconds(now),
            ["lastTimestamp"] = Moment.Seconds(now),
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
        reference.SetText("fieldPath", fieldPath);
        return reference;
    }

    // Nanoseconds, so that the order of names is that of time. The last digits tell events of the same instant apart.
    private string Suffix(DateTimeOffset now) =>
        ((((now.UtcTicks - DateTime.UnixEpoch.Ticks) * 100) & ~0xfffL) | (store.Version & 0xfff)).ToString(
            "x16",
            CultureInfo.InvariantCulture
        );
}
