using System.Text.Json.Nodes;
using System.Threading.Channels;
using Federation.Sandbox.Kubernetes.Resources;

namespace Federation.Sandbox.Kubernetes.Storage;

internal enum ChangeKind
{
    Added,
    Modified,
    Deleted,
}

/// <summary>A write to the store.</summary>
/// <param name="Object">The object after the write; for a deletion its last state, with the version of the deletion.</param>
/// <param name="Previous">The object before the write, or null.</param>
internal sealed record Change(long Version, ChangeKind Kind, ResourceType Type, JsonObject Object, JsonObject? Previous);

/// <summary>Objects in the order of namespace and name, and the store's version when they were read.</summary>
internal sealed record Snapshot(IReadOnlyList<JsonObject> Objects, long Version);

/// <summary>
/// All objects of a cluster, with one counter for their versions, and the latest changes of each resource. Objects that were
/// stored or returned are never changed in place.
/// </summary>
/// <param name="window">The number of changes of each resource that are kept, for watches and for lists at an earlier version.</param>
internal sealed class ObjectStore(int window)
{
    private readonly Dictionary<ResourceType, Shelf> _shelves = [];

    /// <summary>Hold it from a read until the write that depends on it.</summary>
    public Lock Gate { get; } = new();

    public long Version { get; private set; } = 1;

    /// <summary>Called after every change, with the gate held.</summary>
    public Action<Change>? Changed { get; set; }

    public JsonObject? Find(ResourceType type, string @namespace, string name)
    {
        lock (Gate)
        {
            return ShelfOf(type).Objects.GetValueOrDefault(Key(@namespace, name));
        }
    }

    /// <param name="namespace">Empty for all.</param>
    public Snapshot List(ResourceType type, string @namespace)
    {
        lock (Gate)
        {
            return new Snapshot([.. ShelfOf(type).Objects.Values.Where(item => IsIn(item, @namespace))], Version);
        }
    }

    /// <summary>The objects as they were at a version; null if its changes are no longer kept.</summary>
    public Snapshot? ListAt(ResourceType type, string @namespace, long version)
    {
        lock (Gate)
        {
            var shelf = ShelfOf(type);
            if (version < shelf.Forgotten)
            {
                return null;
            }

            var objects = new SortedDictionary<string, JsonObject>(shelf.Objects, StringComparer.Ordinal);
            foreach (var change in shelf.Changes.Reverse().TakeWhile(change => change.Version > version))
            {
                var key = Key(change.Object.Namespace, change.Object.Name);
                if (change.Previous is { } previous)
                {
                    objects[key] = previous;
                }
                else
                {
                    objects.Remove(key);
                }
            }

            return new Snapshot([.. objects.Values.Where(item => IsIn(item, @namespace))], version);
        }
    }

    /// <summary>Stores a new or changed object with the next version.</summary>
    public JsonObject Put(ResourceType type, JsonObject value)
    {
        lock (Gate)
        {
            var shelf = ShelfOf(type);
            var key = Key(value.Namespace, value.Name);
            var previous = shelf.Objects.GetValueOrDefault(key);
            var stored = type.Ordered(value, ++Version);
            shelf.Objects[key] = stored;
            Publish(shelf, new Change(Version, previous is null ? ChangeKind.Added : ChangeKind.Modified, type, stored, previous));
            return stored;
        }
    }

    /// <summary>Removes an object. Returns its last state as watches show it; null if there was none.</summary>
    public JsonObject? Remove(ResourceType type, string @namespace, string name)
    {
        lock (Gate)
        {
            var shelf = ShelfOf(type);
            if (!shelf.Objects.Remove(Key(@namespace, name), out var previous))
            {
                return null;
            }

            var last = type.Ordered(previous.Copy(), ++Version);
            Publish(shelf, new Change(Version, ChangeKind.Deleted, type, last, previous));
            return last;
        }
    }

    /// <summary>
    /// All changes of a resource after a version; null if they are no longer all kept. The subscription ends when more than
    /// twice the window of changes wait to be read.
    /// </summary>
    public Subscription? Subscribe(ResourceType type, long after)
    {
        lock (Gate)
        {
            var shelf = ShelfOf(type);
            return after < shelf.Forgotten ? null : new Subscription(shelf, Gate, after, Channel.CreateBounded<Change>(2 * window));
        }
    }

    /// <summary>Like <see cref="Subscribe"/>, but without a limit, for subscribers that belong to the cluster.</summary>
    public Subscription? SubscribeForGood(ResourceType type, long after)
    {
        lock (Gate)
        {
            var shelf = ShelfOf(type);
            return after < shelf.Forgotten ? null : new Subscription(shelf, Gate, after, Channel.CreateUnbounded<Change>());
        }
    }

    /// <summary>The number of subscriptions to a resource.</summary>
    public int Subscribers(ResourceType type)
    {
        lock (Gate)
        {
            return ShelfOf(type).Subscribers.Count;
        }
    }

    /// <summary>The first version that watches of a resource can start from.</summary>
    public long OldestOf(ResourceType type)
    {
        lock (Gate)
        {
            return ShelfOf(type).Forgotten;
        }
    }

    private void Publish(Shelf shelf, Change change)
    {
        shelf.Changes.Enqueue(change);
        if (shelf.Changes.Count > window)
        {
            shelf.Forgotten = shelf.Changes.Dequeue().Version;
        }

        // A subscriber that does not keep up is cut off, so that its changes do not pile up.
        shelf.Subscribers.RemoveAll(subscriber => !subscriber.TryWrite(change) && subscriber.TryComplete());

        Changed?.Invoke(change);
    }

    private Shelf ShelfOf(ResourceType type)
    {
        if (!_shelves.TryGetValue(type, out var shelf))
        {
            _shelves[type] = shelf = new Shelf();
        }

        return shelf;
    }

    private static bool IsIn(JsonObject value, string @namespace) => @namespace.Length == 0 || value.Namespace == @namespace;

    // A slash sorts before every character of a name, so the order is by namespace, then by name.
    private static string Key(string @namespace, string name) => $"{@namespace}/{name}";

    internal sealed class Shelf
    {
        public SortedDictionary<string, JsonObject> Objects { get; } = new(StringComparer.Ordinal);

        public Queue<Change> Changes { get; } = new();

        /// <summary>The version of the latest change that is no longer kept.</summary>
        public long Forgotten { get; set; }

        public List<ChannelWriter<Change>> Subscribers { get; } = [];
    }

    internal sealed class Subscription : IDisposable
    {
        private readonly Channel<Change> _channel;
        private readonly Shelf _shelf;
        private readonly Lock _gate;

        public Subscription(Shelf shelf, Lock gate, long after, Channel<Change> channel)
        {
            _channel = channel;
            _shelf = shelf;
            _gate = gate;
            foreach (var change in shelf.Changes.SkipWhile(change => change.Version <= after))
            {
                _channel.Writer.TryWrite(change);
            }

            shelf.Subscribers.Add(_channel.Writer);
        }

        public ChannelReader<Change> Changes => _channel.Reader;

        public void Dispose()
        {
            lock (_gate)
            {
                _shelf.Subscribers.Remove(_channel.Writer);
            }
        }
    }
}
