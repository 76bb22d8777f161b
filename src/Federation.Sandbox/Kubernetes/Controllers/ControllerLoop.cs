using System.Threading.Channels;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Controllers;

/// <summary>
/// Runs controllers one object at a time: after a change, and at the times that a controller asked for. An object that is
/// already queued is not queued again.
/// </summary>
internal sealed class ControllerLoop : IDisposable
{
    // After a refused write, such as a pod that admission refuses.
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly ObjectStore _store;
    private readonly IReadOnlyList<IController> _controllers;
    private readonly TimeProvider _time;
    private readonly Channel<Work> _queue = Channel.CreateUnbounded<Work>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock _gate = new();
    private readonly HashSet<Work> _waiting = [];
    private readonly Dictionary<Work, ITimer> _timers = [];
    private bool _stopped;

    public ControllerLoop(ObjectStore store, IReadOnlyList<IController> controllers, TimeProvider time)
    {
        (_store, _controllers, _time) = (store, controllers, time);
        _ = Task.Run(RunAsync);
    }

    public void OnChange(Change change)
    {
        foreach (var controller in _controllers)
        {
            foreach (var key in controller.Concerns(change))
            {
                Enqueue(new Work(controller, key));
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            foreach (var timer in _timers.Values)
            {
                timer.Dispose();
            }

            _timers.Clear();
        }

        _queue.Writer.TryComplete();
    }

    private async Task RunAsync()
    {
        await foreach (var work in _queue.Reader.ReadAllAsync())
        {
            lock (_gate)
            {
                _waiting.Remove(work);
            }

            TimeSpan? again;
            lock (_store.Gate)
            {
                try
                {
                    again = work.Controller.Reconcile(work.Key);
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    // An unreadable object (with an invalid time in its status, say) is not tried again before it changes.
                    again = error is ApiException ? Retry : null;
                }
            }

            if (again is { } delay)
            {
                EnqueueAfter(work, delay);
            }
        }
    }

    private void Enqueue(Work work)
    {
        lock (_gate)
        {
            if (_waiting.Add(work))
            {
                _queue.Writer.TryWrite(work);
            }
        }
    }

    private void EnqueueAfter(Work work, TimeSpan delay)
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            if (_timers.Remove(work, out var earlier))
            {
                earlier.Dispose();
            }

            _timers[work] = _time.CreateTimer(
                _ =>
                {
                    lock (_gate)
                    {
                        if (_timers.Remove(work, out var timer))
                        {
                            timer.Dispose();
                        }
                    }

                    Enqueue(work);
                },
                state: null,
                delay > TimeSpan.Zero ? delay : TimeSpan.Zero,
                Timeout.InfiniteTimeSpan
            );
        }
    }

    private sealed record Work(IController Controller, ObjectKey Key);
}
