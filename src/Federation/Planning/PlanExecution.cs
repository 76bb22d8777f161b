using Federation.Findings;

namespace Federation.Planning;

/// <summary>The state of a step.</summary>
public enum StepState
{
    /// <summary>Not started: its turn has not come, a step that it depends on was not done, or the run was ended.</summary>
    NotReached,
    Running,
    Done,

    /// <summary>It was to be deleted and was not, because others use it: its findings say who.</summary>
    Kept,
    Failed,
}

/// <summary>The progress of one step of a plan; <paramref name="Findings"/> say why it failed, or why the resource was kept.</summary>
public sealed record StepProgress(Step Step, StepState State, IReadOnlyList<Finding> Findings);

/// <summary>Carries out a plan, in the order of its dependencies and otherwise concurrently.</summary>
public static class PlanExecution
{
    /// <summary>Carries out every step that writes.</summary>
    /// <inheritdoc cref="ContinueAsync"/>
    public static Task<IReadOnlyList<StepProgress>> RunAsync(
        Plan plan,
        IReadOnlyDictionary<string, ICloud> clouds,
        int parallelism,
        Action<StepProgress> report,
        CancellationToken cancellationToken
    ) => ContinueAsync(Begin(plan), _ => true, clouds, parallelism, report, cancellationToken);

    /// <summary>The steps of a plan before any is carried out.</summary>
    public static IReadOnlyList<StepProgress> Begin(Plan plan) =>
        [.. plan.Steps.Select(step => new StepProgress(step, StepState.NotReached, []))];

    /// <summary>
    /// Carries out the steps that write, are due and were not reached so far. If one fails, the steps that depend on it are not
    /// reached and the others continue, so that one failure hides no other. An exception of a step does not leave this method: it
    /// is that step's failure.
    /// </summary>
    /// <param name="soFar">All steps of a plan, in its order.</param>
    /// <param name="isDue">Which steps may be carried out now.</param>
    /// <param name="clouds">By the first segment of the resource ids they serve.</param>
    /// <param name="parallelism">The maximum number of steps at a time.</param>
    /// <param name="report">Called when a step begins and ends, possibly from several threads at once.</param>
    /// <returns>One entry for each step of the plan, in its order.</returns>
    public static async Task<IReadOnlyList<StepProgress>> ContinueAsync(
        IReadOnlyList<StepProgress> soFar,
        Func<Step, bool> isDue,
        IReadOnlyDictionary<string, ICloud> clouds,
        int parallelism,
        Action<StepProgress> report,
        CancellationToken cancellationToken
    )
    {
        using var places = new SemaphoreSlim(parallelism);
        var running = new Dictionary<StepId, Task<StepProgress>>();
        foreach (var progress in soFar)
        {
            var step = progress.Step;
            var dependencies = step.DependsOn.Where(running.ContainsKey).Select(id => running[id]).ToArray();
            running.Add(step.Id, progress.State == StepState.NotReached ? RunOneAsync(step, dependencies) : Task.FromResult(progress));
        }

        return await Task.WhenAll(soFar.Select(progress => running[progress.Step.Id]));

        async Task<StepProgress> RunOneAsync(Step step, Task<StepProgress>[] dependencies)
        {
            if (!step.Writes)
            {
                return new StepProgress(step, StepState.Done, []);
            }

            var before = await Task.WhenAll(dependencies);
            if (
                !isDue(step)
                || cancellationToken.IsCancellationRequested
                || before.Any(dependency => dependency.State is not (StepState.Done or StepState.Kept))
            )
            {
                return new StepProgress(step, StepState.NotReached, []);
            }

            if (before.Where(dependency => dependency.State == StepState.Kept).ToArray() is [_, ..] kept)
            {
                return new StepProgress(step, StepState.Kept, [NeededBy(step, kept)]);
            }

            try
            {
                await places.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return new StepProgress(step, StepState.NotReached, []);
            }

            try
            {
                report(new StepProgress(step, StepState.Running, []));
                var ended = await CarryOutAsync(step);
                report(ended);
                return ended;
            }
            finally
            {
                places.Release();
            }
        }

        async Task<StepProgress> CarryOutAsync(Step step)
        {
            try
            {
                var cloud = clouds[step.Resource.Cloud];
                if (step.Action != StepAction.Delete)
                {
                    await cloud.ApplyAsync(step, cancellationToken);
                    return new StepProgress(step, StepState.Done, []);
                }

                return await cloud.DeleteAsync(step, cancellationToken) is { } kept
                    ? new StepProgress(step, StepState.Kept, [kept])
                    : new StepProgress(step, StepState.Done, []);
            }
            catch (FindingException refused)
            {
                return new StepProgress(step, StepState.Failed, refused.Findings);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // The call may have reached the cloud before it was cancelled; the next run reads the result.
                return new StepProgress(step, StepState.Failed, []);
            }
            catch (Exception unforeseen)
            {
                // Any exception: an unforeseen failure of one step must not hide the results of the others.
                return new StepProgress(step, StepState.Failed, [Unforeseen(step, unforeseen)]);
            }
        }
    }

    private static Finding NeededBy(Step step, IEnumerable<StepProgress> kept) =>
        Kept.Because(step.Resource, $"{Wording.Some(kept.Select(one => one.Step.Resource.Value))} stays, and depends on it");

    private static Finding Unforeseen(Step step, Exception fault) =>
        UnexpectedFailure.While($"{Verb(step.Action)} {step.Resource}", fault) with
        {
            Resource = step.Resource.Value,
        };

    private static string Verb(StepAction action) =>
        action switch
        {
            StepAction.Create => "creating",
            StepAction.Delete => "deleting",
            _ => "updating",
        };
}
