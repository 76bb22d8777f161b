using System.Net;
using Federation.Sandbox.Hosting;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Google;

/// <summary>What stands before Google's APIs.</summary>
internal sealed class GoogleFront() : CloudFront("google")
{
    public override ValueTask<ArrivingCall> ArrivingAsync(HttpContext context)
    {
        var operation = GoogleApi.OperationOf(context.Request.Method, GoogleApi.Segments(context));
        return ValueTask.FromResult(new ArrivingCall(operation, NeedsCredentials: operation != GoogleApi.Exchange));
    }

    public override Task RefuseAsync(HttpContext context, Refusal refusal) =>
        GoogleApi.RefuseAsync(
            context,
            refusal switch
            {
                Refusal.Throttled => new GoogleException(
                    HttpStatusCode.TooManyRequests,
                    "RESOURCE_EXHAUSTED",
                    "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute'."
                ),
                Refusal.Unavailable => new GoogleException(
                    HttpStatusCode.ServiceUnavailable,
                    "UNAVAILABLE",
                    "The service is currently unavailable."
                ),
                Refusal.Expired => GoogleException.Unauthenticated("Request had invalid authentication credentials. "),
                _ => new GoogleException(HttpStatusCode.InternalServerError, "INTERNAL", "Internal error encountered."),
            }
        );
}

/// <summary>What stands before the issuers: their two documents.</summary>
internal sealed class IssuerFront() : CloudFront("issuer")
{
    public override ValueTask<ArrivingCall> ArrivingAsync(HttpContext context)
    {
        var isDiscovery = context.Request.Path.Value?.EndsWith("/.well-known/openid-configuration", StringComparison.Ordinal) is true;
        return ValueTask.FromResult(new ArrivingCall(isDiscovery ? "discovery" : "keys", NeedsCredentials: false));
    }

    public override Task RefuseAsync(HttpContext context, Refusal refusal) => new GoogleFront().RefuseAsync(context, refusal);
}
