using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubelet;

/// <summary>A change of a pod, and the pod as stored.</summary>
internal sealed record PodEvent(PodEventKind Kind, JsonObject Pod);

internal enum PodEventKind
{
    Added,
    Modified,
    Deleted,
}

/// <summary>The API server for the kubelet and its scheduler. Returned objects are copies.</summary>
internal interface IKubeletCluster
{
    /// <summary>All pods, then every change, until cancelled.</summary>
    IAsyncEnumerable<PodEvent> WatchPodsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Changes the <c>spec.nodeName</c> or <c>status</c> of a pod and publishes the change. Returns the stored pod; null if the pod
    /// with this uid does not exist any more.
    /// </summary>
    JsonObject? UpdatePod(string @namespace, string name, string uid, Action<JsonObject> change);

    /// <summary>Removes a pod, at the end of its graceful deletion.</summary>
    void RemovePod(string @namespace, string name, string uid);

    /// <summary>Records a core/v1 Event about a pod. The same event again increases its count.</summary>
    void RecordEvent(JsonObject pod, string type, string reason, string message, string? fieldPath = null);

    /// <summary>A token of the pod's service account, bound to the pod.</summary>
    /// <param name="audience">Null: the API server's own audience.</param>
    ProjectedToken MintToken(JsonObject pod, string? audience, long expirationSeconds);

    /// <summary>A namespaced object, such as a ConfigMap; null if it does not exist.</summary>
    JsonObject? Find(string apiVersion, string kind, string @namespace, string name);
}

/// <summary>A signed token and its times.</summary>
internal sealed record ProjectedToken(string Token, DateTimeOffset IssuedAt, DateTimeOffset Expires);
