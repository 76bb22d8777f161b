using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubelet;

/// <summary>A pod as the API server holds it, and what happened to it.</summary>
internal sealed record PodEvent(PodEventKind Kind, JsonObject Pod);

internal enum PodEventKind
{
    Added,
    Modified,
    Deleted,
}

/// <summary>The API server as a kubelet (and, in one, the scheduler) sees it. Objects handed out are copies.</summary>
internal interface IKubeletCluster
{
    /// <summary>All pods there are, then every change, without a gap, until cancelled.</summary>
    IAsyncEnumerable<PodEvent> WatchPodsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Changes a pod in place (its <c>spec.nodeName</c>, its <c>status</c>) and publishes the change; nothing
    /// happens if the pod with this uid is gone. Returns the pod as stored.
    /// </summary>
    JsonObject? UpdatePod(string @namespace, string name, string uid, Action<JsonObject> change);

    /// <summary>Removes a pod for good, at the end of its graceful deletion.</summary>
    void RemovePod(string @namespace, string name, string uid);

    /// <summary>Records a core/v1 Event about a pod, or raises the count of the same one.</summary>
    void RecordEvent(JsonObject pod, string type, string reason, string message, string? fieldPath = null);

    /// <summary>A token for the pod's service account, bound to the pod, as a projected volume gets it.</summary>
    /// <param name="audience">None: the API server's own audience.</param>
    ProjectedToken MintToken(JsonObject pod, string? audience, long expirationSeconds);

    /// <summary>A namespaced object such as a ConfigMap or Secret, or null.</summary>
    JsonObject? Find(string apiVersion, string kind, string @namespace, string name);
}

/// <summary>A signed token and when it ends.</summary>
internal sealed record ProjectedToken(string Token, DateTimeOffset IssuedAt, DateTimeOffset Expires);
