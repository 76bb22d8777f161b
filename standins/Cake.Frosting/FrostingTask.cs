using Cake.Core;

namespace Cake.Frosting;

/// <summary>A unit of work the host can be asked for by name.</summary>
public interface IFrostingTask
{
    Task RunAsync(ICakeContext context);
}

/// <summary>A synchronous task on the host's own context type.</summary>
public abstract class FrostingTask<T> : IFrostingTask
    where T : ICakeContext
{
    public virtual void Run(T context) { }

    Task IFrostingTask.RunAsync(ICakeContext context)
    {
        Run((T)context);
        return Task.CompletedTask;
    }
}

/// <summary>An asynchronous task on the host's own context type.</summary>
public abstract class AsyncFrostingTask<T> : IFrostingTask
    where T : ICakeContext
{
    public virtual Task RunAsync(T context) => Task.CompletedTask;

    Task IFrostingTask.RunAsync(ICakeContext context) => RunAsync((T)context);
}
