using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Federation.Calls;

/// <summary>How calls of one kind are tried.</summary>
/// <param name="Attempts">Tries in all, the first included.</param>
/// <param name="IsTransient">Whether a fault may pass by itself. A try that took too long is one without asking.</param>
public sealed record CallOptions(int Attempts, Func<Exception, bool> IsTransient)
{
    /// <summary>Tries in all for one fault, where faults differ in how long they are worth waiting out; never more than all.</summary>
    public Func<Exception, int> AttemptsFor { get; init; } = _ => int.MaxValue;

    /// <summary>Tries that may take too long: with the default, these tries and the waits between them end within a minute.</summary>
    public int HungAttempts { get; init; } = 3;

    /// <summary>The wait before the second try; it doubles with each further one, with jitter.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait between two tries.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long one try may take; null for a stream, which is bounded by its silence instead.</summary>
    public TimeSpan? TryTimeout { get; init; } = CallPolicy.TryTimeout;
}

/// <summary>The one way in which calls to clouds are bounded in time and tried again.</summary>
public static class CallPolicy
{
    /// <summary>How long a connection may take to be made. Every HTTP handler is given it.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long one try of a call may take.</summary>
    public static readonly TimeSpan TryTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Tries a call as <paramref name="options"/> say. A try that took too long ends in <see cref="TimeoutRejectedException"/>.</summary>
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
