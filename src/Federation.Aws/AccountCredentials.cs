using Amazon.Runtime;

namespace Federation.Aws;

/// <summary>What a client signs with. Not to be shown: the key holds a secret.</summary>
/// <param name="Expires">Null if the source renews the key by itself; then it is asked for each call.</param>
internal sealed record SigningKey(ImmutableCredentials Key, DateTimeOffset? Expires = null);

/// <summary>
/// The credentials of an account's clients. They are found before a call and not within it, so that a failure to find them is
/// not reported as the call's, and neither uses up the other's time.
/// </summary>
/// <param name="find">Finds a key within its own bounds. Calls that need one at the same time share one search.</param>
internal sealed class AccountCredentials(Func<Task<SigningKey>> find, TimeProvider time) : AWSCredentials
{
    /// <summary>A key that expires sooner than this is replaced.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private Task<SigningKey>? _search;
    private SigningKey? _current;

    /// <summary>Makes sure that there is a key for the call that follows.</summary>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        Task<SigningKey> search;
        lock (_gate)
        {
            if (_current is { Expires: { } expires } && expires - Margin > time.GetUtcNow())
            {
                return;
            }

            if (_search is not { IsCompleted: false })
            {
                _search = Task.Run(find, CancellationToken.None);
            }

            search = _search;
        }

        _current = await search.WaitAsync(cancellationToken);
    }

    public override ImmutableCredentials GetCredentials() =>
        _current?.Key ?? throw new InvalidOperationException("The credentials were not looked for before the call.");
}
