using System.Collections.Concurrent;

namespace Federation.Calls;

/// <summary>
/// A cache for one run: concurrent callers of the same key share one call, and what was found is not read again until it is
/// written. What was absent, or could not be read, is read again.
/// </summary>
/// <param name="read">Reads one; null if it is absent.</param>
public sealed class Readings<TKey, T>(Func<TKey, CancellationToken, Task<T?>> read, IEqualityComparer<TKey>? comparer = null)
    where TKey : notnull
    where T : class
{
    private readonly ConcurrentDictionary<TKey, Lazy<Task<T?>>> _readings = new(comparer);
    private readonly ConcurrentDictionary<TKey, bool> _readEachTime = new(comparer);

    public async Task<T?> GetAsync(TKey key, CancellationToken cancellationToken)
    {
        var reading = _readings.GetOrAdd(key, _ => new Lazy<Task<T?>>(() => read(key, cancellationToken)));
        T? found = null;
        try
        {
            return found = await reading.Value;
        }
        finally
        {
            if (found is null || _readEachTime.ContainsKey(key))
            {
                _readings.TryRemove(KeyValuePair.Create(key, reading));
            }
        }
    }

    /// <summary>What was read or written last; null if that is not known.</summary>
    public T? Known(TKey key) =>
        _readings.TryGetValue(key, out var reading) && reading is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }
            ? reading.Value.Result
            : null;

    /// <summary>Stores the answer to a write, or to a reading of many.</summary>
    public void Set(TKey key, T value)
    {
        if (!_readEachTime.ContainsKey(key))
        {
            _readings[key] = new Lazy<Task<T?>>(Task.FromResult<T?>(value));
        }
    }

    /// <summary>It may have been written: the next caller reads it again.</summary>
    public void Forget(TKey key) => _readings.TryRemove(key, out _);

    /// <summary>
    /// It is about to be written, and the service's answers lag behind its writes: from now on every caller reads it again, so
    /// that an outdated answer is not kept.
    /// </summary>
    public void ReadEachTime(TKey key)
    {
        _readEachTime[key] = true;
        Forget(key);
    }
}
