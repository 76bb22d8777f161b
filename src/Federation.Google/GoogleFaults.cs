using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Federation.Calls;
using Federation.Findings;
using Google;
using Google.Apis.Auth.OAuth2.Responses;
using Polly.Timeout;

namespace Federation.Google;

/// <summary>Faults of calls to Google's APIs: which are transient, and the finding for each.</summary>
internal static partial class GoogleFaults
{
    private const string CheckNetwork =
        "Check this machine's network and proxy, and the endpoint if CLOUDSDK_API_ENDPOINT_OVERRIDES_… is set.";

    /// <summary>
    /// Throttling, HTTP 5xx, lost connections, and answers that are not Google's. Not a certificate that is refused, or a name that
    /// is unknown.
    /// </summary>
    public static bool IsTransient(Exception fault) =>
        fault switch
        {
            GoogleApiException refused => IsTransient(refused.HttpStatusCode) || MessageOf(refused) is null,
            TokenResponseException refused => IsTransient(refused.StatusCode) || IsSuccess(refused.StatusCode),
            UnreadableAnswerException => true,
            HttpRequestException lost => lost.HttpRequestError
                is not (
                    HttpRequestError.SecureConnectionError
                    or HttpRequestError.NameResolutionError
                    or HttpRequestError.ConfigurationLimitExceeded
                ),
            IOException => true,
            _ => false,
        };

    /// <summary>Google itself says that it does not exist. A 404 of another server, such as a proxy, says nothing about it.</summary>
    public static bool SaysAbsent(this FindingException refused) => refused.IsRefusal(HttpStatusCode.NotFound);

    /// <summary>Google itself says that it already exists, or was changed since it was read.</summary>
    public static bool SaysConflict(this FindingException refused) =>
        refused.IsRefusal(HttpStatusCode.Conflict) || refused.IsRefusal(HttpStatusCode.PreconditionFailed);

    public static Finding CredentialsMissing(string why) =>
        new()
        {
            Code = FindingCodes.GoogleCredentialsMissing,
            Cause = $"There are no usable Google credentials (Application Default Credentials): {why}",
            Fix = "Log in: `gcloud auth application-default login`.",
        };

    /// <param name="asked">The endpoint that the fault came from.</param>
    /// <param name="attempt">What was tried, such as <c>get the cluster projects/…</c>.</param>
    public static Finding FindingFor(Exception fault, GoogleEndpoint asked, string attempt, string? resource) =>
        fault switch
        {
            TokenResponseException refused => TokenRefused(refused, asked, attempt),
            UnreadableAnswerException foreign => Unreadable(asked, attempt, resource, foreign.Answer),
            _ when ExceptionChain.Find<CertificateNotTrustedException>(fault) is { } untrusted => untrusted.Finding(
                $"{asked} could not be asked to {Wanted(asked, attempt)}"
            ) with
            {
                Resource = resource,
            },
            // The message contains the whole answer.
            GoogleApiException { HttpStatusCode: default(HttpStatusCode), InnerException: not null } => Unreadable(
                asked,
                attempt,
                resource,
                "JSON of another shape"
            ),
            GoogleApiException { HttpStatusCode: not default(HttpStatusCode) } refused => Refused(refused, asked, attempt, resource),
            TimeoutRejectedException => Unreachable(
                $"{asked} did not answer within {CallPolicy.TryTimeout.TotalSeconds:0} seconds when asked to {Wanted(asked, attempt)}",
                resource
            ),
            HttpRequestException or IOException => Unreachable(
                $"{asked} could not be reached to {Wanted(asked, attempt)}: {fault.GetBaseException().Message.TrimEnd('.')}",
                resource
            ),
            InvalidOperationException when asked.IssuesTokens => CredentialsMissing($"{asked} gave no token: {fault.Message}"),
            _ => UnexpectedFailure.While($"calling {asked} to {Wanted(asked, attempt)}", fault) with { Resource = resource },
        };

    private static bool IsTransient(HttpStatusCode? status) =>
        status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError;

    private static bool IsSuccess(HttpStatusCode? status) => status is >= HttpStatusCode.OK and < HttpStatusCode.Ambiguous;

    private static bool IsRefusal(this FindingException refused, HttpStatusCode status) =>
        refused.InnerException is GoogleApiException fault && fault.HttpStatusCode == status && fault.Error?.Code == (int)status;

    private static string Wanted(GoogleEndpoint asked, string attempt) => asked.IssuesTokens ? $"get the token to {attempt}" : attempt;

    private static Finding TokenRefused(TokenResponseException refused, GoogleEndpoint asked, string attempt) =>
        refused switch
        {
            { StatusCode: HttpStatusCode.TooManyRequests } => Throttled(
                asked,
                attempt,
                refused.Error?.ErrorDescription ?? "HTTP 429",
                resource: null
            ),
            // It answered with success or was at fault itself: neither says anything about the credentials.
            { StatusCode: { } status } when status >= HttpStatusCode.InternalServerError || IsSuccess(status) => Unreadable(
                asked,
                attempt,
                resource: null,
                $"HTTP {(int)status} without a token"
            ),
            _ => CredentialsMissing($"{asked} refused them: {refused.Error?.ErrorDescription ?? refused.Error?.Error ?? refused.Message}"),
        };

    private static Finding Refused(GoogleApiException refused, GoogleEndpoint asked, string attempt, string? resource)
    {
        if (MessageOf(refused) is not { } message)
        {
            var content = refused.Error?.ErrorResponseContent;
            return Unreadable(asked, attempt, resource, UnreadableAnswerException.Describe(refused.HttpStatusCode, null, content ?? ""));
        }

        return refused.HttpStatusCode switch
        {
            HttpStatusCode.Unauthorized => CredentialsMissing($"Google did not accept them when asked to {attempt}: {message}"),
            HttpStatusCode.Forbidden => Forbidden(refused, message, attempt, resource),
            HttpStatusCode.TooManyRequests => Throttled(asked, attempt, message, resource),
            _ => new Finding
            {
                Code = FindingCodes.EndpointUnreachable,
                Resource = resource,
                Cause = $"Google's {refused.ServiceName} API would not {attempt}: {message} (HTTP {(int)refused.HttpStatusCode}).",
                Fix = "If the message names something to change, change it; otherwise try again.",
            },
        };
    }

    private static Finding Throttled(GoogleEndpoint asked, string attempt, string message, string? resource) =>
        new()
        {
            Code = FindingCodes.Throttled,
            Resource = resource,
            Cause = $"{asked} still throttles after several tries to {Wanted(asked, attempt)}: {message}",
            Fix = "Try again later, or with a smaller --parallelism.",
        };

    private static Finding Unreachable(string cause, string? resource) =>
        new()
        {
            Code = FindingCodes.EndpointUnreachable,
            Resource = resource,
            Cause = cause + ".",
            Fix = CheckNetwork,
        };

    /// <param name="answer">What came, as <see cref="UnreadableAnswerException.Answer"/> says it.</param>
    private static Finding Unreadable(GoogleEndpoint asked, string attempt, string? resource, string answer) =>
        new()
        {
            Code = FindingCodes.AnswerUnreadable,
            Resource = resource,
            Cause = $"{asked} answered, but not as Google does, when asked to {Wanted(asked, attempt)}: it sent {answer}.",
            Fix = "A proxy or a login page may have answered instead of Google. " + CheckNetwork + " Then run again.",
        };

    /// <summary>Google's description of the error; null if the answer is not Google's.</summary>
    private static string? MessageOf(GoogleApiException fault) =>
        fault.Error is { Code: not 0, Message: { Length: > 0 } message } ? message : null;

    private static Finding Forbidden(GoogleApiException refused, string message, string attempt, string? resource)
    {
        var info = ErrorInfo.Of(refused);
        if (info.Reason == "SERVICE_DISABLED")
        {
            var service = info.Service ?? "the service";
            return new Finding
            {
                Code = FindingCodes.GoogleApiDisabled,
                Resource = resource,
                Cause = $"The API {service} is disabled in the project: {message}",
                Fix = $"gcloud services enable {service} --project {info.Project ?? "PROJECT"}",
            };
        }

        var permission = info.Permission ?? (Permission().Match(message) is { Success: true } named ? named.Value : null);
        return new Finding
        {
            Code = FindingCodes.GooglePermissionDenied,
            Resource = resource,
            Cause = $"These Google credentials may not {attempt}: {message}",
            Fix = permission is null
                ? "Grant the runner's identity the permission the message names (README, \"What the runner needs\")."
                : $"Grant the runner's identity {permission} (README, \"What the runner needs\").",
            Expected = permission,
        };
    }

    [GeneratedRegex(@"\b[a-z]+\.[a-zA-Z]+\.[a-zA-Z]+\b", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Permission();

    /// <summary>The <c>google.rpc.ErrorInfo</c> of an error, which the client library does not model.</summary>
    private sealed record ErrorInfo(string? Reason, string? Service, string? Project, string? Permission)
    {
        public static ErrorInfo Of(GoogleApiException fault)
        {
            try
            {
                var details = JsonNode.Parse(fault.Error?.ErrorResponseContent ?? "null")?["error"]?["details"]?.AsArray() ?? [];
                var info = details.FirstOrDefault(detail =>
                    ((string?)detail?["@type"])?.EndsWith("google.rpc.ErrorInfo", StringComparison.Ordinal) == true
                );
                var metadata = info?["metadata"];
                return new ErrorInfo(
                    (string?)info?["reason"],
                    (string?)metadata?["service"],
                    ((string?)metadata?["consumer"])?.Replace("projects/", "", StringComparison.Ordinal),
                    (string?)metadata?["permission"]
                );
            }
            catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
            {
                return new ErrorInfo(null, null, null, null);
            }
        }
    }
}
