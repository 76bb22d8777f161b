using Federation.Calls;

namespace Federation.Google.Tests;

/// <summary>
/// A clock on which the waits between tries are over at once, and written down. The time that one try has runs out only
/// when a test says so.
/// </summary>
/// <param name="tryTimeout">The time that one try has; without it, that of a cloud's call.</param>
internal sealed class ImpatientTime(TimeSpan? tryTimeout = null) : TimeProvider
{
    private readonly TimeSpan _tryTimeout = tryTimeout ?? CallPolicy.TryTimeout;
    private readonly Lock _gate = new();
    private readonly List<TimeSpan> _waits = [];
    private readonly HashSet<Timer> _tries = [];

    /// <summary>Every try takes too long.</summary>
    public bool TriesTimeOut { get; init; }

    /// <summary>The waits that are over, those for a try that took too long among them.</summary>
    public IReadOnlyList<TimeSpan> Waits
    {
        get
        {
            lock (_gate)
            {
                return [.. _waits];
            }
        }
    }

    /// <summary>The time of the tries that are under way runs out.</summary>
    public void EndTries()
    {
        Timer[] tries;
        lock (_gate)
        {
            tries = [.. _tries];
        }

        Array.ForEach(tries, timer => timer.Fire(_tryTimeout));
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(ImpatientTime clock, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == Timeout.InfiniteTimeSpan)
            {
                return timer.Change(dueTime, period);
            }

            if (dueTime != clock._tryTimeout || clock.TriesTimeOut)
            {
                return Fire(dueTime);
            }

            lock (clock._gate)
            {
                return clock._tries.Add(this);
            }
        }

        public bool Fire(TimeSpan waited)
        {
            lock (clock._gate)
            {
                clock._tries.Remove(this);
                clock._waits.Add(waited);
            }

            return timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }

        public void Dispose()
        {
            Forget();
            timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Forget();
            return timer.DisposeAsync();
        }

        private void Forget()
        {
            lock (clock._gate)
            {
                clock._tries.Remove(this);
            }
        }
    }
}
