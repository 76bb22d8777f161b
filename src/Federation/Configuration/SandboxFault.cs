namespace Federation.Configuration;

/// <summary>What can befall a call to the embedded clouds, or the clouds themselves.</summary>
public enum SandboxFaultKind
{
    /// <summary>The call is throttled, in the cloud's own words.</summary>
    Throttling,

    /// <summary>The call is throttled, with a Retry-After of one second.</summary>
    RetryAfter,

    /// <summary>The call fails with 500.</summary>
    Error,

    /// <summary>The call fails with 503.</summary>
    Unavailable,

    /// <summary>This call and those after it are refused because the caller's credentials have expired.</summary>
    Expired,

    /// <summary>The connection is closed before the call is carried out.</summary>
    Reset,

    /// <summary>The call is carried out, and the connection is closed instead of an answer.</summary>
    Lost,

    /// <summary>The call is carried out, and the connection is closed in the middle of the answer.</summary>
    Cut,

    /// <summary>The call is carried out, and never answered.</summary>
    Hang,

    /// <summary>The call is answered later than STS waits for an issuer.</summary>
    Slow,

    /// <summary>The call is not carried out, and answered with 200 and nothing.</summary>
    Empty,

    /// <summary>The call is not carried out, and answered with 200 and a page in HTML, as gateways do.</summary>
    Html,

    /// <summary>A watch ends as soon as it has begun.</summary>
    WatchClosed,

    /// <summary>A watch is told that its resource version is too old (410).</summary>
    WatchGone,

    /// <summary>The node evicts a pod that has just started.</summary>
    Eviction,

    /// <summary>Any of the faults that a call may recover from, one drawn for each call that is struck.</summary>
    Storm,

    /// <summary>STS sees a new role or a changed trust policy only after some time.</summary>
    IamPropagation,

    /// <summary>What is read is some time old.</summary>
    Stale,

    /// <summary>The cloud's clock is ahead.</summary>
    Skew,

    /// <summary>The clusters replace the keys of their tokens some time after the start.</summary>
    KeyRotation,
}

/// <summary>A fault of the embedded clouds.</summary>
/// <param name="Number">
/// Every Nth call of each operation is struck, or <paramref name="IsRate"/>: this percentage of all calls. For the kinds of
/// <see cref="LastsForSeconds"/>, a duration.
/// </param>
public sealed record SandboxFault(SandboxFaultKind Kind, int Number, bool IsRate = false)
{
    /// <summary><c>aws</c>, <c>google</c>, <c>kubernetes</c> or <c>issuer</c>; null: every cloud that can have the fault.</summary>
    public string? Cloud { get; init; }

    /// <summary>In the cloud's own words, such as <c>iam:CreateRole</c>; null: every operation.</summary>
    public string? Operation { get; init; }

    /// <summary>The one call of each operation that is struck, counted from 1; null: as <see cref="Number"/> says.</summary>
    public int? Call { get; init; }

    /// <summary>The fault is a state of the cloud, and <see cref="Number"/> its seconds.</summary>
    public bool LastsForSeconds =>
        Kind is SandboxFaultKind.IamPropagation or SandboxFaultKind.Stale or SandboxFaultKind.Skew or SandboxFaultKind.KeyRotation;

    /// <summary>The fault concerns an operation of a cloud.</summary>
    public bool Covers(string cloud, string operation) =>
        (Cloud is null || string.Equals(Cloud, cloud, StringComparison.Ordinal))
        && (Operation is null || string.Equals(Operation, operation, StringComparison.Ordinal));
}
