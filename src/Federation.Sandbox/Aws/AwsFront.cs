using System.Net;
using Federation.Sandbox.Hosting;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Aws;

/// <summary>What stands before AWS: IAM's and STS's actions, and S3 by the methods of HTTP.</summary>
internal sealed class AwsFront() : CloudFront("aws")
{
    private const string WebIdentity = "sts:AssumeRoleWithWebIdentity";

    public override async ValueTask<ArrivingCall> ArrivingAsync(HttpContext context)
    {
        if (!AwsRequest.IsForm(context.Request))
        {
            return new ArrivingCall($"s3:{context.Request.Method}");
        }

        if (context.Features.Get<AwsRequest>() is not { } request)
        {
            try
            {
                request = await AwsRequest.ReadAsync(context, AwsApi.LargestForm);
                context.Features.Set(request);
            }
            catch (BadHttpRequestException unreadable)
            {
                context.Features.Set(unreadable);
                return new ArrivingCall("");
            }
        }

        return request.Form() is { } form && AwsApi.OperationOf(form) is var operation
            ? new ArrivingCall(operation, NeedsCredentials: operation != WebIdentity)
            : new ArrivingCall($"s3:{context.Request.Method}");
    }

    public override async Task RefuseAsync(HttpContext context, Refusal refusal)
    {
        var isS3 = !AwsRequest.IsForm(context.Request);
        var error = refusal switch
        {
            Refusal.Throttled when isS3 => new AwsException(
                "SlowDown",
                "Please reduce your request rate.",
                HttpStatusCode.ServiceUnavailable
            ),
            Refusal.Throttled => new AwsException("Throttling", "Rate exceeded"),
            Refusal.Unavailable => new AwsException(
                "ServiceUnavailable",
                "Service is unable to handle request.",
                HttpStatusCode.ServiceUnavailable
            ),
            Refusal.Expired => new AwsException(
                "ExpiredToken",
                isS3 ? "The provided token has expired." : "The security token included in the request is expired",
                isS3 ? HttpStatusCode.BadRequest : HttpStatusCode.Forbidden
            ),
            _ => new AwsException(
                isS3 ? "InternalError" : "InternalFailure",
                "We encountered an internal error. Please try again.",
                HttpStatusCode.InternalServerError
            ),
        };
        await AwsApi.RefuseAsync(context, isS3, error);
    }
}
