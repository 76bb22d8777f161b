using Federation.Findings;
using Federation.Resources;

namespace Federation.Planning;

/// <summary>How a change went. A change that was not reached has neither begun nor failed.</summary>
public enum ChangeState
{
    NotReached,
    Running,
    Done,
    Failed,
}

/// <summary>Where one change of a plan stands; <paramref name="Findings"/> say why it failed.</summary>
public sealed record ChangeProgress(Change Change, ChangeState State, IReadOnlyList<Finding> Findings);

/// <summary>Carries a plan out: in dependency order, side by side where nothing forbids it.</summary>
public static class PlanExecution
{
    /// <summary>
    /// Applies every change that writes. When one fails, what depends on it is not reached and the rest goes on, so
    /// that one fault hides no other; the result has one entry per change of the plan, in its order.
    /// </summary>
    /// <param name="clouds">By the first segment of the resource ids they serve.</param>
    /// <param name="parallelism">The changes under way at once, at most.</param>
    /// <param name="report">Told of each change as it begins and ends, possibly from several threads at once.</param>
    public static async Task<IReadOnlyList<ChangeProgress>> ApplyAsync(
        Plan plan,
        IReadOnlyDictionary<string, ICloud> clouds,
        int parallelism,
        Action<ChangeProgress> report,
        CancellationToken cancellationToken
    )
    {
        using var places = new SemaphoreSlim(parallelism);
        var running = new Dictionary<ResourceId, Task<ChangeProgress>>();
        foreach (var change in plan.Changes)
        {
            var dependencies = change.Desired.DependsOn.Where(running.ContainsKey).Select(id => running[id]).ToArray();
            running.Add(change.Desired.Id, RunAsync(change, dependencies));
        }

        return await Task.WhenAll(plan.Changes.Select(change => running[change.Desired.Id]));

        async Task<ChangeProgress> RunAsync(Change change, Task<ChangeProgress>[] dependencies)
        {
            if (change.Action == ChangeAction.Unchanged)
            {
                return new ChangeProgress(change, ChangeState.Done, []);
            }

            var before = await Task.WhenAll(dependencies);
            if (cancellationToken.IsCancellationRequested || before.Any(dependency => dependency.State != ChangeState.Done))
            {
                return new ChangeProgress(change, ChangeState.NotReached, []);
            }

            try
            {
                await places.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return new ChangeProgress(change, ChangeState.NotReached, []);
            }

            try
            {
                report(new ChangeProgress(change, ChangeState.Running, []));
                await clouds[change.Desired.Id.Cloud].ApplyAsync(change, cancellationToken);
                return Ended(new ChangeProgress(change, ChangeState.Done, []));
            }
            catch (FindingException refused)
            {
                return Ended(new ChangeProgress(change, ChangeState.Failed, refused.Findings));
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // The call may have reached the cloud before it was cut off; the next run reads what became of it.
                return Ended(new ChangeProgress(change, ChangeState.Failed, []));
            }
            finally
            {
                places.Release();
            }
        }

        ChangeProgress Ended(ChangeProgress progress)
        {
            report(progress);
            return progress;
        }
    }
}
