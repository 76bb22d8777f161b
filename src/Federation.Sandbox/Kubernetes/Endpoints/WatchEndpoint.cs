using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Endpoints;

/// <summary>
/// Streams changes as JSON, one per line.
/// See <see href="https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes"/>.
/// </summary>
internal sealed class WatchEndpoint(ObjectStore store, TimeProvider time, KubernetesApiOptions options)
{
    // Without a timeout in the query, the API server chooses one between 30 and 60 minutes.
    private static readonly TimeSpan LongestWatch = TimeSpan.FromMinutes(30);

    public async Task HandleAsync(Exchange exchange, ResourceType type)
    {
        var selector = Selector.Parse(exchange.Query("labelSelector"), exchange.Query("fieldSelector"), type, exchange.Info.Name);
        long? version;
        try
        {
            version = ListEndpoint.VersionOf(exchange.Query("resourceVersion"));
        }
        catch (FormatException error)
        {
            throw ApiException.Internal(error.Message);
        }

        var initial = exchange.Flag("sendInitialEvents");
        if (initial && exchange.Query("resourceVersionMatch") != "NotOlderThan")
        {
            throw ApiException.InvalidOptions(
                "ListOptions",
                FieldError.Forbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
            );
        }

        var @namespace = exchange.Info.Namespace;
        Snapshot? start = null;
        ObjectStore.Subscription? subscription;
        lock (store.Gate)
        {
            if (version is null or 0 || initial)
            {
                start = store.List(type, @namespace);
                version = start.Version;
            }

            subscription = store.Subscribe(type, version.Value);
        }

        exchange.Start(200, "application/json");
        await exchange.Context.Response.StartAsync(exchange.Aborted);
        await exchange.Context.Response.Body.FlushAsync(exchange.Aborted);
        if (subscription is null)
        {
            var status = ApiException.Failure(410, "Expired", $"too old resource version: {version} ({store.OldestOf(type)})").Status;
            await WriteAsync(exchange, "ERROR", status);
            return;
        }

        using (subscription)
        {
            var stream = new EventStream(exchange, type, time);
            foreach (var item in start?.Objects.Where(selector.Matches) ?? [])
            {
                await stream.SendAsync("ADDED", item.Copy());
            }

            var bookmarks = exchange.Flag("allowWatchBookmarks");
            if (initial && bookmarks)
            {
                await stream.SendAsync("BOOKMARK", Bookmark(type, version.Value, initialEventsEnd: true));
            }

            await FollowAsync(exchange, type, selector, subscription, version.Value, bookmarks, stream);
        }
    }

    private async Task FollowAsync(
        Exchange exchange,
        ResourceType type,
        Selector selector,
        ObjectStore.Subscription subscription,
        long version,
        bool bookmarks,
        EventStream stream
    )
    {
        var timeout = exchange.Number("timeoutSeconds") is { } seconds and > 0 ? TimeSpan.FromSeconds(seconds) : LongestWatch;
        using var ended = new CancellationTokenSource(timeout, time);
        using var stopped = CancellationTokenSource.CreateLinkedTokenSource(ended.Token, exchange.Aborted);

        // Bookmarks are sent at intervals, and shortly before the end so that the next watch can start there.
        var interval = timeout > options.BookmarkInterval ? options.BookmarkInterval : timeout - TimeSpan.FromSeconds(1.2);
        var tick =
            bookmarks && interval > TimeSpan.Zero
                ? Task.Delay(interval, time, stopped.Token)
                : Task.Delay(Timeout.InfiniteTimeSpan, stopped.Token);
        try
        {
            while (true)
            {
                var next = subscription.Changes.WaitToReadAsync(stopped.Token).AsTask();
                if (await Task.WhenAny(next, tick) == tick)
                {
                    await tick;
                    await stream.SendAsync("BOOKMARK", Bookmark(type, Math.Max(version, store.Version), initialEventsEnd: false));
                    tick = Task.Delay(interval, time, stopped.Token);
                }

                if (!await next)
                {
                    // The client was too slow: it has to watch again from its last version.
                    return;
                }

                while (subscription.Changes.TryRead(out var change))
                {
                    version = change.Version;
                    if (IsIn(change.Object, exchange.Info.Namespace) && Seen(change, selector) is { } seen)
                    {
                        await stream.SendAsync(seen.Type, seen.Value);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The time of the watch is over.
        }
    }

    /// <summary>A change as a watch with a selector shows it: an object that starts to match is ADDED, one that stops is DELETED.</summary>
    private static (string Type, JsonObject Value)? Seen(Change change, Selector selector)
    {
        var before = change.Previous is { } previous && selector.Matches(previous);
        var after = change.Kind != ChangeKind.Deleted && selector.Matches(change.Object);
        if (!before)
        {
            return after ? ("ADDED", change.Object.Copy()) : null;
        }

        if (after)
        {
            return ("MODIFIED", change.Object.Copy());
        }

        // The last matching state, with the version of the change.
        var last = change.Previous!.Copy();
        last.Metadata["resourceVersion"] = change.Version.ToString(CultureInfo.InvariantCulture);
        return ("DELETED", last);
    }

    private static JsonObject Bookmark(ResourceType type, long version, bool initialEventsEnd)
    {
        var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
        if (initialEventsEnd)
        {
            metadata["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" };
        }

        var value = type.Strategy.Empty();
        value["metadata"] = metadata;
        return type.Ordered(value, version);
    }

    private static Task WriteAsync(Exchange exchange, string type, JsonObject value) =>
        exchange.WriteAsync((byte[])[.. Exchange.Serialize(new JsonObject { ["type"] = type, ["object"] = value }), (byte)'\n']);

    private static bool IsIn(JsonObject value, string @namespace) =>
        @namespace.Length == 0 || value.Namespace == @namespace || value.Namespace.Length == 0;

    /// <summary>Writes events in the form that the client asks for. Only the first table has the columns.</summary>
    private sealed class EventStream(Exchange exchange, ResourceType type, TimeProvider time)
    {
        private bool _withColumns = true;

        public Task SendAsync(string kind, JsonObject value)
        {
            var shown = exchange.RepresentationAt(time.GetUtcNow()).Object(value, type, _withColumns);
            _withColumns = false;
            return WriteAsync(exchange, kind, shown);
        }
    }
}
