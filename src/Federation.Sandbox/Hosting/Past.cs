namespace Federation.Sandbox.Hosting;

/// <summary>What a cloud held at moments past, for reads that lag behind writes. Not safe for concurrent use.</summary>
/// <param name="copy">Copies what it holds now, so that later changes do not reach the copy.</param>
internal sealed class Past<T>(string cloud, Func<T> copy, Weather weather, TimeProvider time)
    where T : class
{
    private readonly LinkedList<(DateTimeOffset Since, T State)> _states = [];

    /// <summary>What an operation reads; null: what there is now. To be asked before every operation, also one that writes.</summary>
    public T? ReadBy(string operation)
    {
        if (!weather.Lags(cloud))
        {
            return null;
        }

        if (_states.Count == 0)
        {
            _states.AddLast((DateTimeOffset.MinValue, copy()));
        }

        var lag = weather.Lag(cloud, operation);
        return lag > TimeSpan.Zero ? _states.Last(state => state.Since <= time.GetUtcNow() - lag).State : null;
    }

    /// <summary>Something was written.</summary>
    public void Changed()
    {
        if (!weather.Lags(cloud))
        {
            return;
        }

        var now = time.GetUtcNow();
        _states.AddLast((now, copy()));
        while (_states.First!.Next is { } next && next.Value.Since < now - weather.LongestLag(cloud))
        {
            _states.RemoveFirst();
        }
    }
}
