using Microsoft.Extensions.Time.Testing;

namespace Federation.Kubernetes.Tests;

/// <summary>A clock that is moved by hand, and sees every timer that is started on it.</summary>
internal abstract class SeenTime(DateTimeOffset start) : FakeTimeProvider(start)
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SeenTimer(this, base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>The time after which a timer of this length fires.</summary>
    protected virtual TimeSpan DueTime(TimeSpan dueTime) => dueTime;

    protected abstract void Started(TimeSpan dueTime);

    private sealed class SeenTimer(SeenTime time, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var isChanged = timer.Change(dueTime > TimeSpan.Zero ? time.DueTime(dueTime) : dueTime, period);
            if (dueTime > TimeSpan.Zero)
            {
                time.Started(dueTime);
            }

            return isChanged;
        }

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}

/// <summary>A clock on which timers up to a length elapse as soon as they are started; longer ones never do.</summary>
internal sealed class HurriedTime(DateTimeOffset start, TimeSpan longest) : SeenTime(start)
{
    protected override void Started(TimeSpan dueTime)
    {
        if (dueTime <= longest)
        {
            ThreadPool.QueueUserWorkItem(_ => Advance(dueTime));
        }
    }
}

/// <summary>A clock that is moved by hand, and on which a test can wait until a timer is started.</summary>
internal sealed class ObservedTime(DateTimeOffset start) : SeenTime(start)
{
    private readonly Lock _gate = new();
    private TimeSpan _hurry;
    private readonly List<TimeSpan> _started = [];
    private readonly List<(TimeSpan DueTime, int Times, TaskCompletionSource Started)> _waiting = [];

    /// <summary>By how much timers fire too early; on a real machine it is milliseconds.</summary>
    public TimeSpan Early { get; set; }

    /// <summary>Lets timers up to this length elapse: those that run, and from now on those that are started, at once.</summary>
    public void Hurry(TimeSpan longest)
    {
        _hurry = longest;
        Advance(longest);
    }

    /// <summary>Ends when so many timers of exactly this length have been started.</summary>
    public Task StartedAsync(TimeSpan dueTime, int times = 1)
    {
        lock (_gate)
        {
            var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((dueTime, times, started));
            Notify();
            return started.Task.WaitAsync(TestContext.Current.CancellationToken);
        }
    }

    protected override TimeSpan DueTime(TimeSpan dueTime) => dueTime > Early ? dueTime - Early : dueTime;

    protected override void Started(TimeSpan dueTime)
    {
        lock (_gate)
        {
            _started.Add(dueTime);
            Notify();
        }

        if (dueTime <= _hurry)
        {
            ThreadPool.QueueUserWorkItem(_ => Advance(dueTime));
        }
    }

    private void Notify()
    {
        foreach (var (_, _, started) in _waiting.Where(one => _started.Count(length => length == one.DueTime) >= one.Times))
        {
            started.TrySetResult();
        }
    }
}
