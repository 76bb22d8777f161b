namespace Federation.Runs.Tests.Clouds;

/// <summary>The system's clock, on which nothing is waited for once there is no more point in it.</summary>
internal sealed class RestlessTime : TimeProvider
{
    private volatile bool _hurries;

    /// <summary>From now on every wait is over at once.</summary>
    public void Hurry() => _hurries = true;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, _hurries && dueTime > TimeSpan.Zero ? TimeSpan.Zero : dueTime, period);
}
