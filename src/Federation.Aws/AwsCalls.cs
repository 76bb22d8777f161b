using Amazon.Runtime;
using Federation.Calls;
using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;
using Polly;

namespace Federation.Aws;

/// <summary>A call as findings name it.</summary>
/// <param name="Action">The IAM name of the action, such as <c>iam:GetRole</c>.</param>
/// <param name="Resource">What it is about; null where it is about the account.</param>
internal sealed record AwsCall(Account Account, string Action, ResourceId? Resource)
{
    /// <summary>A secret that the request holds: no text about the call may repeat it.</summary>
    internal string? Secret { get; init; }

    /// <summary>Makes somebody else's text about the call safe to show: on one line, shortened, without the secret.</summary>
    public string Quote(string text) => OneLine(Secret is null ? text : text.Replace(Secret, "(the token)", StringComparison.Ordinal));

    public static string OneLine(string text)
    {
        const int Longest = 600;
        var line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= Longest ? line : line[..Longest] + "…";
    }
}

/// <summary>
/// Makes every call to AWS: bounds it in time, counts it, retries faults that may pass, and turns a refusal into a finding.
/// </summary>
internal sealed class AwsCalls(TimeProvider time)
{
    /// <summary>
    /// The SDK's search for credentials gives up on a machine's metadata after 35 s (DefaultAWSCredentialsIdentityResolver), and
    /// then says what it looked at.
    /// </summary>
    private static readonly TimeSpan SearchTimeout = TimeSpan.FromSeconds(40);

    private const int Attempts = 5;

    /// <summary>More than for other faults: the account's other callers may use up its request rate for a while.</summary>
    private const int ThrottledAttempts = 8;

    private readonly ResiliencePipeline _retries = CallPolicy.Create(
        time,
        new CallOptions(ThrottledAttempts, AwsFaults.IsTransient)
        {
            AttemptsFor = fault => AwsFaults.IsThrottling(fault) ? ThrottledAttempts : Attempts,
        }
    );

    /// <summary>
    /// For what was just created, which is not visible everywhere at once: IAM User Guide, "Changes that I make are not always
    /// immediately visible".
    /// </summary>
    private readonly ResiliencePipeline _settling = CallPolicy.Create(
        time,
        new CallOptions(ThrottledAttempts, fault => AwsFaults.IsTransient(fault) || AwsFaults.IsUnseen(fault))
        {
            AttemptsFor = fault => AwsFaults.IsThrottling(fault) || AwsFaults.IsUnseen(fault) ? ThrottledAttempts : Attempts,
        }
    );

    private readonly ResiliencePipeline _searches = CallPolicy.Create(
        time,
        new CallOptions(Attempts, AwsFaults.IsTransient) { TryTimeout = SearchTimeout, HungAttempts = 1 }
    );

    private int _count;

    /// <summary>The calls made so far, retries included.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <param name="justMade">The call is about something that was created a moment ago.</param>
    /// <exception cref="FindingException">It was refused or did not arrive; the inner exception is the SDK's.</exception>
    public async Task<T> CallAsync<T>(
        AwsCall described,
        Func<CancellationToken, Task<T>> call,
        CancellationToken cancellationToken,
        bool justMade = false
    )
        where T : AmazonWebServiceResponse
    {
        var trace = new CallTrace(described.Action[(described.Action.IndexOf(':', StringComparison.Ordinal) + 1)..]);
        try
        {
            return await (justMade ? _settling : _retries).ExecuteAsync(
                async token =>
                {
                    Interlocked.Increment(ref _count);
                    trace.BeginTry();
                    var answer = await AbandonedWhenLateAsync(call, token);
                    return AwsAnswers.Lacks(answer) is { } element
                        ? throw new UnreadableAnswerException($"an answer without {element}")
                        : answer;
                },
                cancellationToken
            );
        }
        catch (Exception fault)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw AwsFaults.Refusal(fault, described, trace);
        }
    }

    /// <summary>Finds credentials with the SDK, whose sources may block a thread and ignore cancellation.</summary>
    /// <exception cref="FindingException">There are none (FED8001).</exception>
    public async Task<T> SearchAsync<T>(Account account, Func<CancellationToken, Task<T>> search)
    {
        try
        {
            return await _searches.ExecuteAsync(async token => await AbandonedWhenLateAsync(search, token), CancellationToken.None);
        }
        catch (Exception fault) when (fault is not FindingException)
        {
            throw new FindingException(AwsFaults.CredentialsMissing(account, CredentialChain.Reason(fault, SearchTimeout)), fault);
        }
    }

    /// <summary>Stops waiting at the end of the try, whether or not the SDK does.</summary>
    private static Task<T> AbandonedWhenLateAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken token) =>
        Task.Run(() => call(token), token).WaitAsync(token);
}
