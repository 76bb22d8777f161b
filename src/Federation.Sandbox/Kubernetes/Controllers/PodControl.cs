using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Apply;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Controllers;

/// <summary>How controllers create and delete pods, write objects and report events.</summary>
/// <param name="component">The controller's name in its events.</param>
internal sealed class PodControl(ObjectStore store, Registry registry, EventRecorder events, string component)
{
    public static FieldManager Manager { get; } = new("kube-controller-manager");

    private readonly EventReporter _reporter = EventReporter.Controller(component);

    /// <summary>The pods that an object controls.</summary>
    public IReadOnlyList<JsonObject> PodsOf(JsonObject owner) =>
        [.. store.List(ResourceTable.Pods, owner.Namespace).Objects.Where(pod => pod.IsControlledBy(owner.Uid))];

    /// <exception cref="ApiException">Admission or validation refuses the pod; an event says so too.</exception>
    public JsonObject Create(ResourceType type, JsonObject owner, params string[] finalizers)
    {
        var template = owner["spec"]!["template"]!;
        var pod = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["generateName"] = owner.Name + "-",
                ["ownerReferences"] = new JsonArray(owner.ToControllerReference(type)),
            },
            ["spec"] = template["spec"]?.DeepClone(),
        };
        foreach (var field in (string[])["labels", "annotations"])
        {
            pod.Metadata.SetOrRemove(field, template["metadata"]?[field]?.DeepClone());
        }

        pod.Metadata.SetTexts("finalizers", finalizers);
        try
        {
            var created = registry.Create(ResourceTable.Pods, owner.Namespace, pod, new WriteOptions(Manager, DryRun: false, []));
            Report(owner, "Normal", "SuccessfulCreate", $"Created pod: {created.Name}");
            return created;
        }
        catch (ApiException refusal)
        {
            Report(owner, "Warning", "FailedCreate", $"Error creating: {refusal.Message}");
            throw;
        }
    }

    public void Delete(JsonObject owner, JsonObject pod)
    {
        registry.Delete(ResourceTable.Pods, pod.Namespace, pod.Name, new DeleteOptions(null, pod.Uid, null, DryRun: false, "Background"));
        Report(owner, "Normal", "SuccessfulDelete", $"Deleted pod: {pod.Name}");
    }

    public void Report(JsonObject about, string type, string reason, string message) =>
        events.Record(_reporter, about, type, reason, message);

    /// <summary>Writes a status if it differs from the stored one.</summary>
    /// <param name="change">May change the status, and what else the kind allows in a write of its status.</param>
    public JsonObject WriteStatus(ResourceType type, JsonObject value, Action<JsonObject> change) =>
        registry.Change(type, value, change, new WriteOptions(Manager with { Subresource = "status" }, DryRun: false, [], "status"));

    public JsonObject Write(ResourceType type, JsonObject value, Action<JsonObject> change) =>
        registry.Change(type, value, change, new WriteOptions(Manager, DryRun: false, []));

    public static bool IsActive(JsonObject pod) => !pod.IsTerminating && !HasEnded(pod);

    public static bool HasEnded(JsonObject pod) => pod["status"].Text("phase") is "Succeeded" or "Failed";

    public static bool IsReady(JsonObject pod) => pod.Has("Ready");

    /// <summary>The time until a ready pod counts as available; zero if it does, null if it is not ready.</summary>
    public static TimeSpan? UntilAvailable(JsonObject pod, long minReadySeconds, DateTimeOffset now)
    {
        if (!IsReady(pod))
        {
            return null;
        }

        var left = pod.Condition("Ready").Time("lastTransitionTime")?.AddSeconds(minReadySeconds) - now;
        return minReadySeconds == 0 || left < TimeSpan.Zero ? TimeSpan.Zero : left;
    }
}
