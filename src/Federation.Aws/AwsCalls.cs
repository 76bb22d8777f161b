using Amazon.Runtime;
using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;
using Polly;
using Polly.Retry;

namespace Federation.Aws;

/// <summary>Every call to AWS: counted, retried while the fault may pass, and refused as a finding.</summary>
internal sealed class AwsCalls(TimeProvider time)
{
    private readonly ResiliencePipeline _retries = Retries(time, attempts: 5, AwsFaults.IsTransient);

    /// <summary>What was just made is not visible everywhere at once: IAM User Guide, "Changes that I make are not always immediately visible".</summary>
    private readonly ResiliencePipeline _settling = Retries(
        time,
        attempts: 8,
        fault => AwsFaults.IsTransient(fault) || AwsFaults.IsUnseen(fault)
    );

    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <param name="action">The IAM name of the action, such as <c>iam:GetRole</c>.</param>
    /// <param name="justMade">The call is about something this run made a moment ago.</param>
    /// <exception cref="FindingException">It was refused or did not arrive; the inner exception is the SDK's.</exception>
    public async Task<T> CallAsync<T>(
        Account account,
        string action,
        ResourceId? resource,
        Func<CancellationToken, Task<T>> call,
        CancellationToken cancellationToken,
        bool justMade = false
    )
    {
        try
        {
            return await (justMade ? _settling : _retries).ExecuteAsync(
                async token =>
                {
                    Interlocked.Increment(ref _count);
                    return await call(token);
                },
                cancellationToken
            );
        }
        catch (Exception fault)
            when (fault is AmazonServiceException or HttpRequestException or IOException
                || CredentialChain.IsBroken(fault)
                || (fault is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            throw new FindingException(AwsFaults.FindingFor(fault, account, action, resource), fault);
        }
    }

    private static ResiliencePipeline Retries(TimeProvider time, int attempts, Func<Exception, bool> isTransient) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(
                new RetryStrategyOptions
                {
                    ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is { } fault && isTransient(fault)),
                    MaxRetryAttempts = attempts - 1,
                    Delay = TimeSpan.FromMilliseconds(500),
                    MaxDelay = TimeSpan.FromSeconds(10),
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                }
            )
            .Build();
}
