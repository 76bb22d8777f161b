using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Federation.Findings;
using Google;
using Google.Apis.Auth.OAuth2.Responses;
using Polly;
using Polly.Retry;

namespace Federation.Google;

/// <summary>What Google's APIs refuse, as findings; and which faults pass by themselves.</summary>
internal static partial class GoogleFaults
{
    /// <summary>Up to five tries, with back-off and jitter, for faults that pass: throttling, 5xx, lost connections.</summary>
    public static ResiliencePipeline Retries(TimeProvider time) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(
                new RetryStrategyOptions
                {
                    ShouldHandle = new PredicateBuilder()
                        .Handle<GoogleApiException>(fault =>
                            fault.HttpStatusCode is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError
                        )
                        .Handle<HttpRequestException>(fault =>
                            fault.HttpRequestError is not (HttpRequestError.SecureConnectionError or HttpRequestError.NameResolutionError)
                        ),
                    MaxRetryAttempts = 4,
                    Delay = TimeSpan.FromMilliseconds(500),
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                }
            )
            .Build();

    public static Finding CredentialsMissing(string why) =>
        new()
        {
            Code = FindingCodes.GoogleCredentialsMissing,
            Cause = $"There are no usable Google credentials (Application Default Credentials): {why}",
            Fix = "Log in: `gcloud auth application-default login`.",
        };

    /// <param name="attempt">What was tried, such as <c>get the cluster projects/…</c>.</param>
    public static Finding FindingFor(Exception fault, string attempt, string? resource)
    {
        switch (fault)
        {
            case TokenResponseException refused:
                return CredentialsMissing(
                    $"the token endpoint refused them: {refused.Error?.ErrorDescription ?? refused.Error?.Error ?? refused.Message}"
                );
            case GoogleApiException { HttpStatusCode: HttpStatusCode.Unauthorized } unauthorized:
                return CredentialsMissing($"Google did not accept them when asked to {attempt}: {MessageOf(unauthorized)}");
            case GoogleApiException { HttpStatusCode: HttpStatusCode.Forbidden } forbidden:
                return Forbidden(forbidden, attempt, resource);
            case GoogleApiException { HttpStatusCode: HttpStatusCode.TooManyRequests } throttled:
                return new Finding
                {
                    Code = FindingCodes.Throttled,
                    Resource = resource,
                    Cause = $"Google still throttles after several tries to {attempt}: {MessageOf(throttled)}",
                    Fix = "Try again later, or with a smaller --parallelism.",
                };
            case GoogleApiException other:
                return new Finding
                {
                    Code = FindingCodes.EndpointUnreachable,
                    Resource = resource,
                    Cause = $"Google's {other.ServiceName} API would not {attempt}: {MessageOf(other)} (HTTP {(int)other.HttpStatusCode}).",
                    Fix = "If the message names something to change, change it; otherwise try again.",
                };
            default:
                return new Finding
                {
                    Code = FindingCodes.EndpointUnreachable,
                    Resource = resource,
                    Cause = $"Google could not be reached to {attempt}: {fault.GetBaseException().Message}",
                    Fix = "Check this machine's network and proxy, and the endpoint if CLOUDSDK_API_ENDPOINT_OVERRIDES_… is set.",
                };
        }
    }

    public static string MessageOf(GoogleApiException fault) => fault.Error?.Message is { Length: > 0 } message ? message : fault.Message;

    private static Finding Forbidden(GoogleApiException fault, string attempt, string? resource)
    {
        var reason = ErrorInfo(fault);
        if ((string?)reason?["reason"] == "SERVICE_DISABLED")
        {
            var service = (string?)reason["metadata"]?["service"] ?? "the service";
            return new Finding
            {
                Code = FindingCodes.GoogleApiDisabled,
                Resource = resource,
                Cause = $"The API {service} is disabled in the project: {MessageOf(fault)}",
                Fix = $"gcloud services enable {service} --project {(string?)reason["metadata"]?["consumer"] ?? "PROJECT"}".Replace(
                    "projects/",
                    "",
                    StringComparison.Ordinal
                ),
            };
        }

        var permission =
            (string?)reason?["metadata"]?["permission"]
            ?? (Permission().Match(MessageOf(fault)) is { Success: true } named ? named.Value : null);
        return new Finding
        {
            Code = FindingCodes.GooglePermissionDenied,
            Resource = resource,
            Cause = $"These Google credentials may not {attempt}: {MessageOf(fault)}",
            Fix = permission is null
                ? "Grant the runner's identity the permission the message names (README, \"What the runner needs\")."
                : $"Grant the runner's identity {permission} (README, \"What the runner needs\").",
            Expected = permission,
        };
    }

    /// <summary>The <c>google.rpc.ErrorInfo</c> of an error, which the client library does not model.</summary>
    private static JsonNode? ErrorInfo(GoogleApiException fault)
    {
        try
        {
            return JsonNode
                .Parse(fault.Error?.ErrorResponseContent ?? "null")
                ?["error"]?["details"]?.AsArray()
                .FirstOrDefault(detail => ((string?)detail?["@type"])?.EndsWith("google.rpc.ErrorInfo", StringComparison.Ordinal) == true);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\b[a-z]+\.[a-zA-Z]+\.[a-zA-Z]+\b", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Permission();
}
