using Federation.Planning;
using Federation.Reporting;

namespace Federation.Runs;

/// <summary>Tells the observers of a run what happens, one event at a time.</summary>
internal sealed class RunEvents(IReadOnlyList<IRunObserver> observers, TimeProvider time)
{
    private readonly Lock _gate = new();

    public void Tell(RunEvent happened)
    {
        lock (_gate)
        {
            foreach (var observer in observers)
            {
                observer.On(happened);
            }
        }
    }

    /// <summary>Times a phase of the whole run, however it ends.</summary>
    public async Task<T> PhaseAsync<T>(RunPhase phase, Func<Task<T>> run)
    {
        var started = time.GetTimestamp();
        try
        {
            return await run();
        }
        finally
        {
            Tell(new RunEvent.PhaseEnded(phase, time.GetElapsedTime(started)));
        }
    }

    public void Tell(StepProgress progress) => Tell(new RunEvent.StepProgressed(progress));
}
