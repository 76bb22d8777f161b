using System.Text.Json.Nodes;
using System.Threading.Channels;
using Federation.Sandbox.Hosting;
using Federation.Sandbox.Kubelet;

namespace Federation.Sandbox.Tests.Kubelet;

/// <summary>The API server as the kubelet needs it: pods with a watch, events that count, objects, tokens.</summary>
internal sealed class FakeCluster(TimeProvider time) : IKubeletCluster
{
    private readonly Lock _gate = new();
    private readonly Channel<PodEvent> _changes = Channel.CreateUnbounded<PodEvent>();
    private readonly Dictionary<string, JsonObject> _pods = new(StringComparer.Ordinal);
    private readonly List<PodEvent> _history = [];
    private TaskCompletionSource _happened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<RecordedEvent> Events { get; } = [];

    public Dictionary<(string Kind, string Name), JsonObject> Objects { get; } = [];

    public int TokensMinted { get; private set; }

    public IReadOnlyList<PodEvent> History
    {
        get
        {
            lock (_gate)
            {
                return [.. _history];
            }
        }
    }

    /// <summary>Ends with the next thing that happens after it was asked for.</summary>
    public Task NextChange
    {
        get
        {
            lock (_gate)
            {
                return _happened.Task;
            }
        }
    }

    public JsonObject Create(JsonObject pod)
    {
        lock (_gate)
        {
            var metadata = (JsonObject)pod["metadata"]!;
            metadata["namespace"] ??= "flow";
            metadata["uid"] = Guid.NewGuid().ToString();
            metadata["generation"] = 1;
            metadata["creationTimestamp"] = Moment.Seconds(time.GetUtcNow());
            var spec = (JsonObject)pod["spec"]!;
            spec["restartPolicy"] ??= "Always";
            spec["terminationGracePeriodSeconds"] ??= 30;
            spec["schedulerName"] ??= "default-scheduler";
            foreach (var container in new[] { "initContainers", "containers" }.SelectMany(field => spec[field] as JsonArray ?? []))
            {
                container!["imagePullPolicy"] ??= "IfNotPresent";
                container["terminationMessagePath"] ??= "/dev/termination-log";
                container["terminationMessagePolicy"] ??= "File";
                container["resources"] ??= new JsonObject();
            }

            pod["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = "BestEffort" };
            _pods[metadata["uid"]!.GetValue<string>()] = pod;
            Publish(PodEventKind.Added, pod);
            return (JsonObject)pod.DeepClone();
        }
    }

    /// <summary>Deletes as the API server does: finished and unscheduled pods at once, others with the grace period.</summary>
    public void Delete(string uid, int? grace = null)
    {
        lock (_gate)
        {
            var pod = _pods[uid];
            var seconds =
                pod["spec"]!["nodeName"] is null || pod["status"]!["phase"]!.GetValue<string>() is "Succeeded" or "Failed"
                    ? 0
                    : grace ?? pod["spec"]!["terminationGracePeriodSeconds"]!.GetValue<int>();
            var metadata = pod["metadata"]!;
            metadata["deletionTimestamp"] = Moment.Seconds(time.GetUtcNow().AddSeconds(seconds));
            metadata["deletionGracePeriodSeconds"] = seconds;
            metadata["generation"] = metadata["generation"]!.GetValue<int>() + 1;
            Publish(PodEventKind.Modified, pod);
            if (seconds == 0)
            {
                _pods.Remove(uid);
                Publish(PodEventKind.Deleted, pod);
            }
        }
    }

    /// <summary>The first state of the pod, past or future, that fulfils the condition.</summary>
    public async Task<JsonObject> SeeAsync(string uid, Func<PodEvent, bool> condition)
    {
        while (true)
        {
            Task happened;
            lock (_gate)
            {
                if (_history.FirstOrDefault(change => Uid(change.Pod) == uid && condition(change)) is { } found)
                {
                    return (JsonObject)found.Pod.DeepClone();
                }

                happened = _happened.Task;
            }

            await happened.WaitAsync(TimeSpan.FromSeconds(40), TestContext.Current.CancellationToken);
        }
    }

    public Task<JsonObject> SeePhaseAsync(JsonObject pod, string phase) =>
        SeeAsync(Uid(pod), change => change.Pod["status"]!["phase"]!.GetValue<string>() == phase);

    public async Task<RecordedEvent> SeeEventAsync(Func<RecordedEvent, bool> condition)
    {
        while (true)
        {
            Task happened;
            lock (_gate)
            {
                if (Events.Find(recorded => condition(recorded)) is { } found)
                {
                    return found;
                }

                happened = _happened.Task;
            }

            await happened.WaitAsync(TimeSpan.FromSeconds(40), TestContext.Current.CancellationToken);
        }
    }

    public async Task SeeTokensAsync(int count)
    {
        while (true)
        {
            Task happened;
            lock (_gate)
            {
                if (TokensMinted >= count)
                {
                    return;
                }

                happened = _happened.Task;
            }

            await happened.WaitAsync(TimeSpan.FromSeconds(40), TestContext.Current.CancellationToken);
        }
    }

    public IAsyncEnumerable<PodEvent> WatchPodsAsync(CancellationToken cancellationToken) =>
        _changes.Reader.ReadAllAsync(cancellationToken);

    public JsonObject? UpdatePod(string @namespace, string name, string uid, Action<JsonObject> change)
    {
        lock (_gate)
        {
            if (!_pods.TryGetValue(uid, out var pod))
            {
                return null;
            }

            change(pod);
            Publish(PodEventKind.Modified, pod);
            return (JsonObject)pod.DeepClone();
        }
    }

    public void RemovePod(string @namespace, string name, string uid)
    {
        lock (_gate)
        {
            if (_pods.Remove(uid, out var pod))
            {
                pod["metadata"]!["deletionTimestamp"] = Moment.Seconds(time.GetUtcNow());
                pod["metadata"]!["deletionGracePeriodSeconds"] = 0;
                Publish(PodEventKind.Modified, pod);
                Publish(PodEventKind.Deleted, pod);
            }
        }
    }

    public void RecordEvent(JsonObject pod, string type, string reason, string message, string? fieldPath = null)
    {
        lock (_gate)
        {
            var same = Events.Find(recorded =>
                recorded.Uid == Uid(pod)
                && recorded.Type == type
                && recorded.Reason == reason
                && recorded.Message == message
                && recorded.FieldPath == fieldPath
            );
            if (same is not null)
            {
                same.Count++;
            }
            else
            {
                Events.Add(new(Uid(pod), type, reason, message, fieldPath));
            }

            Happened();
        }
    }

    public ProjectedToken MintToken(JsonObject pod, string? audience, long expirationSeconds)
    {
        lock (_gate)
        {
            TokensMinted++;
            Happened();
            var now = time.GetUtcNow();
            return new($"token-{TokensMinted} for {audience ?? "the server"}", now, now.AddSeconds(expirationSeconds));
        }
    }

    public JsonObject? Find(string apiVersion, string kind, string @namespace, string name) =>
        Objects.TryGetValue((kind, name), out var found) ? (JsonObject)found.DeepClone() : null;

    public static string Uid(JsonObject pod) => pod["metadata"]!["uid"]!.GetValue<string>();

    private void Publish(PodEventKind kind, JsonObject pod)
    {
        var change = new PodEvent(kind, (JsonObject)pod.DeepClone());
        _history.Add(change);
        _changes.Writer.TryWrite(new PodEvent(kind, (JsonObject)pod.DeepClone()));
        Happened();
    }

    private void Happened()
    {
        var happened = _happened;
        _happened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        happened.SetResult();
    }
}

internal sealed record RecordedEvent(string Uid, string Type, string Reason, string Message, string? FieldPath)
{
    public int Count { get; set; } = 1;
}
