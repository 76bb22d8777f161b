using System.Collections.Concurrent;

namespace Federation.Sandbox.Hosting;

/// <summary>What holds until a moment and is forgotten some time after it: a sandbox that serves for days must not grow with what it issued.</summary>
internal sealed class ExpiringMap<T>
{
    /// <summary>How many entries are added between two looks for those that are over.</summary>
    private const int SweepEvery = 256;

    private readonly ConcurrentDictionary<string, (T Value, DateTimeOffset Forgotten)> _entries = new(StringComparer.Ordinal);
    private int _added;

    public int Count => _entries.Count;

    /// <summary>The entry, which may be over: whether it still holds is the caller's question.</summary>
    public bool TryGet(string key, out T value)
    {
        var found = _entries.TryGetValue(key, out var entry);
        value = entry.Value;
        return found;
    }

    public void Add(string key, T value, DateTimeOffset forgotten, DateTimeOffset now)
    {
        _entries[key] = (value, forgotten);
        if (Interlocked.Increment(ref _added) % SweepEvery != 0)
        {
            return;
        }

        foreach (var (known, entry) in _entries)
        {
            if (entry.Forgotten < now)
            {
                _entries.TryRemove(known, out _);
            }
        }
    }
}
