using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Federation.Calls;

/// <summary>How calls of one kind are retried.</summary>
/// <param name="Attempts">The maximum number of tries, the first included.</param>
/// <param name="IsTransient">Whether a fault may be transient. A try that took too long always is.</param>
public sealed record CallOptions(int Attempts, Func<Exception, bool> IsTransient)
{
    /// <summary>The maximum number of tries for a fault, if that depends on the fault; at most the number for all.</summary>
    public Func<Exception, int> AttemptsFor { get; init; } = _ => int.MaxValue;

    /// <summary>
    /// The maximum number of tries that time out. With the default these tries, and the waits between them, end within a minute.
    /// </summary>
    public int HungAttempts { get; init; } = 3;

    /// <summary>The wait before the second try; doubled for each further one, with jitter.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait between two tries.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The maximum duration of a try; null for a stream, which is bounded by the time without data.</summary>
    public TimeSpan? TryTimeout { get; init; } = CallPolicy.TryTimeout;
}

/// <summary>Bounds calls to clouds in time and retries them.</summary>
public static class CallPolicy
{
    /// <summary>The maximum time to connect, for every HTTP handler.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The maximum duration of a try.</summary>
    public static readonly TimeSpan TryTimeout = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Retries a call as <paramref name="options"/> say. A try that takes too long ends in <see cref="TimeoutRejectedException"/>.
    /// </summary>
    public static ResiliencePipeline Create(TimeProvider time, CallOptions options)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        if (options.Attempts > 1)
        {
            builder.AddRetry(
                new RetryStrategyOptions
                {
                    ShouldHandle = arguments =>
                        ValueTask.FromResult(
                            arguments.Outcome.Exception switch
                            {
                                null => false,
                                TimeoutRejectedException => arguments.AttemptNumber + 1 < options.HungAttempts,
                                var fault => options.IsTransient(fault) && arguments.AttemptNumber + 1 < options.AttemptsFor(fault),
                            }
                        ),
                    MaxRetryAttempts = options.Attempts - 1,
                    Delay = options.Delay,
                    MaxDelay = options.MaxDelay,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                }
            );
        }

        if (options.TryTimeout is { } limit)
        {
            builder.AddTimeout(limit);
        }

        return builder.Build();
    }
}
