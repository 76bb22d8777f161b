using System.Text.Json.Nodes;
using Federation.Sandbox.Hosting;
using Federation.Sandbox.Kubernetes.Endpoints;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Kubernetes;

/// <summary>What stands before a Kubernetes API server: API priority and fairness, which throttles, and a proxy.</summary>
internal sealed class KubernetesFront() : CloudFront("kubernetes")
{
    /// <summary>What a request does, such as <c>patch serviceaccounts</c> or <c>create serviceaccounts/token</c>.</summary>
    public static string OperationOf(string verb, string resource, string subresource) =>
        $"{verb} {(subresource.Length == 0 ? resource : $"{resource}/{subresource}")}".TrimEnd();

    public override ValueTask<ArrivingCall> ArrivingAsync(HttpContext context)
    {
        var info = RequestInfo.Parse(context.Request);
        return ValueTask.FromResult(
            new ArrivingCall(
                info.IsResource ? OperationOf(info.Verb, info.Resource, info.Subresource) : $"{info.Verb} {info.Path}",
                IsStream: info.Verb == "watch" || info.Subresource is "log" or "exec"
            )
        );
    }

    public override Task RefuseAsync(HttpContext context, Refusal refusal)
    {
        if (refusal == Refusal.Unavailable)
        {
            context.Response.Headers.RetryAfter = "1";
        }

        var details = context.Response.Headers.RetryAfter.Count > 0 ? new JsonObject { ["retryAfterSeconds"] = 1 } : [];
        return Exchange.AnswerErrorAsync(
            context,
            refusal switch
            {
                Refusal.Throttled => ApiException.Failure(429, "TooManyRequests", "Too many requests, please try again later.", details),
                Refusal.Unavailable => ApiException.Failure(
                    503,
                    "ServiceUnavailable",
                    "the server is currently unable to handle the request",
                    details
                ),
                Refusal.Expired => ApiException.Unauthorized(),
                _ => ApiException.Internal("etcdserver: leader changed"),
            }
        );
    }
}
