using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Sandbox.Kubernetes;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Hosting;

/// <summary>The faults that a sandbox was asked to inject, and the count of calls that decides when.</summary>
internal sealed class Faults(IReadOnlyList<SandboxFault> faults)
{
    private readonly int[] _calls = new int[faults.Count];

    /// <summary>How long a slow issuer waits: longer than <see cref="Federation.Issuers.IssuerTransport.Timeout"/>.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(6);

    /// <summary>Counts a call. True if it is one of those that fail.</summary>
    public bool Strikes(SandboxFaultKind kind)
    {
        var strikes = false;
        for (var index = 0; index < faults.Count; index++)
        {
            if (faults[index].Kind == kind)
            {
                strikes |= Interlocked.Increment(ref _calls[index]) % faults[index].Number == 0;
            }
        }

        return strikes;
    }

    /// <summary>How long STS does not see a change in IAM: the longest of those asked for.</summary>
    public TimeSpan Propagation =>
        faults
            .Where(fault => fault.Kind is SandboxFaultKind.IamPropagation)
            .Select(fault => TimeSpan.FromSeconds(fault.Number))
            .DefaultIfEmpty(TimeSpan.Zero)
            .Max();

    /// <summary>A Kubernetes API server that throttles (API priority and fairness) or is not up.</summary>
    public RequestDelegate Kubernetes(RequestDelegate handle) =>
        context =>
            Strikes(SandboxFaultKind.KubernetesThrottling)
                ? RefuseAsync(context, 429, "TooManyRequests", "Too many requests, please try again later.")
            : Strikes(SandboxFaultKind.KubernetesUnavailable)
                ? RefuseAsync(context, 503, "ServiceUnavailable", "the server is currently unable to handle the request")
            : handle(context);

    /// <summary>An issuer that answers late, or not at all.</summary>
    public RequestDelegate Issuer(RequestDelegate handle, TimeProvider time) =>
        async context =>
        {
            if (Strikes(SandboxFaultKind.IssuerSlow))
            {
                await Task.Delay(Slow, time, context.RequestAborted);
            }

            if (Strikes(SandboxFaultKind.IssuerUnavailable))
            {
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                return;
            }

            await handle(context);
        };

    private static Task RefuseAsync(HttpContext context, int code, string reason, string message)
    {
        const int Seconds = 1;
        context.Response.Headers.RetryAfter = Seconds.ToString(CultureInfo.InvariantCulture);
        var refusal = ApiException.Failure(code, reason, message, new JsonObject { ["retryAfterSeconds"] = Seconds });
        return Json.WriteAsync(context, code, refusal.Status);
    }
}
