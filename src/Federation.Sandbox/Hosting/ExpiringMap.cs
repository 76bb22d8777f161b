using System.Collections.Concurrent;

namespace Federation.Sandbox.Hosting;

/// <summary>Entries that are removed some time after they expire: a sandbox that runs for days must not grow with what it issued.</summary>
internal sealed class ExpiringMap<T>
{
    /// <summary>How many entries are added between two removals.</summary>
    private const int SweepEvery = 256;

    private readonly ConcurrentDictionary<string, (T Value, DateTimeOffset RemovedAt)> _entries = new(StringComparer.Ordinal);
    private int _added;

    public int Count => _entries.Count;

    /// <summary>The entry, which may have expired: the caller checks.</summary>
    public bool TryGet(string key, out T value)
    {
        var found = _entries.TryGetValue(key, out var entry);
        value = entry.Value;
        return found;
    }

    public void Add(string key, T value, DateTimeOffset removedAt, DateTimeOffset now)
    {
        _entries[key] = (value, removedAt);
        if (Interlocked.Increment(ref _added) % SweepEvery != 0)
        {
            return;
        }

        foreach (var (known, entry) in _entries)
        {
            if (entry.RemovedAt < now)
            {
                _entries.TryRemove(known, out _);
            }
        }
    }
}
