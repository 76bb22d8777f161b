using System.Collections.Concurrent;
using Federation.Calls;

namespace Federation.Aws.Tests;

/// <summary>
/// A clock that is moved by what is waited for: waits between tries are over at once, and the limits of tries end when the
/// test says so.
/// </summary>
internal sealed class ImpatientTime : TimeProvider
{
    private readonly ConcurrentQueue<Action> _limits = [];
    private long _passed;

    /// <summary>The waits between tries.</summary>
    public ConcurrentQueue<TimeSpan> Waits { get; } = [];

    /// <summary>How far the clock was moved.</summary>
    public TimeSpan Passed => TimeSpan.FromTicks(Interlocked.Read(ref _passed));

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Passed;

    /// <summary>Ends the limits that run.</summary>
    public void EndLimits()
    {
        while (_limits.TryDequeue(out var end))
        {
            end();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(ImpatientTime time, TimerCallback callback, object? state) : ITimer
    {
        private int _armed;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var armed = Interlocked.Increment(ref _armed);
            if (dueTime >= CallPolicy.TryTimeout)
            {
                time._limits.Enqueue(() => End(armed, dueTime));
            }
            else if (dueTime >= TimeSpan.Zero)
            {
                if (dueTime > TimeSpan.Zero)
                {
                    time.Waits.Enqueue(dueTime);
                }

                ThreadPool.QueueUserWorkItem(_ => End(armed, dueTime));
            }

            return true;
        }

        public void Dispose() => Interlocked.Increment(ref _armed);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        /// <summary>Moves the clock and calls back, unless the timer was changed or given up since it was armed.</summary>
        private void End(int armed, TimeSpan dueTime)
        {
            if (Interlocked.CompareExchange(ref _armed, armed + 1, armed) == armed)
            {
                Interlocked.Add(ref time._passed, dueTime.Ticks);
                callback(state);
            }
        }
    }
}
