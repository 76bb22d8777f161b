using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Hosting;

/// <summary>A call before it is handled.</summary>
/// <param name="Operation">As in <see cref="CloudCall.Operation"/>.</param>
/// <param name="IsStream">Its answer lasts until one side ends it.</param>
/// <param name="NeedsCredentials">False for the calls that give credentials.</param>
internal sealed record ArrivingCall(string Operation, bool IsStream = false, bool NeedsCredentials = true);

/// <summary>Why a call is refused before it is handled.</summary>
internal enum Refusal
{
    Throttled,
    Failed,
    Unavailable,
    Expired,
}

/// <summary>What stands before a cloud's API: how its calls are named, and how they are refused in its own words.</summary>
internal abstract class CloudFront(string cloud)
{
    /// <summary>As in <see cref="CloudCall.Cloud"/>.</summary>
    public string Cloud => cloud;

    /// <summary>Names a call. May be asked again, and whatever is read of the request can be read again.</summary>
    public abstract ValueTask<ArrivingCall> ArrivingAsync(HttpContext context);

    /// <summary>A Retry-After is set already, if there is one.</summary>
    public abstract Task RefuseAsync(HttpContext context, Refusal refusal);
}
