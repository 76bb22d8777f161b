using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Google;

/// <summary>An error as Google's APIs answer it (google.rpc.Status over HTTP, AIP-193).</summary>
internal sealed class GoogleException(HttpStatusCode code, string status, string message, JsonObject? detail = null) : Exception(message)
{
    public HttpStatusCode Code => code;

    public JsonObject ToJson()
    {
        var error = new JsonObject
        {
            ["code"] = (int)code,
            ["message"] = Message,
            ["status"] = status,
        };
        if (detail is not null)
        {
            error["details"] = new JsonArray(detail.DeepClone());
        }

        return new JsonObject { ["error"] = error };
    }

    /// <summary>
    /// The answer to any exception: a Google error as it is, otherwise the one that Google gives for an unreadable request or for
    /// a fault of the service itself.
    /// </summary>
    public static GoogleException Of(Exception exception) =>
        exception switch
        {
            GoogleException error => error,
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => TooLarge,
            BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => new(
                HttpStatusCode.RequestTimeout,
                "CANCELLED",
                "The request was not received in time."
            ),
            BadHttpRequestException or InvalidDataException => InvalidArgument(exception.Message),
            _ => new(
                HttpStatusCode.InternalServerError,
                "INTERNAL",
                $"The sandbox has a fault: {exception.GetType().Name}: {exception.Message}"
            ),
        };

    public static GoogleException TooLarge =>
        new(HttpStatusCode.RequestEntityTooLarge, "INVALID_ARGUMENT", "Request payload size exceeds the limit.");

    public static GoogleException InvalidArgument(string message) => new(HttpStatusCode.BadRequest, "INVALID_ARGUMENT", message);

    /// <param name="why">The sentence that the advice follows.</param>
    public static GoogleException Unauthenticated(string why) =>
        new(
            HttpStatusCode.Unauthorized,
            "UNAUTHENTICATED",
            why
                + "Expected OAuth 2 access token, login cookie or other valid authentication credential. "
                + "See https://developers.google.com/identity/sign-in/web/devconsole-project."
        );

    public static GoogleException NotFound(string message) => new(HttpStatusCode.NotFound, "NOT_FOUND", message);

    public static GoogleException Aborted(string message) => new(HttpStatusCode.Conflict, "ABORTED", message);

    /// <summary>GKE's answer to a caller without a permission.</summary>
    public static GoogleException PermissionRequired(string permission, string resource) =>
        new(HttpStatusCode.Forbidden, "PERMISSION_DENIED", $"Required \"{permission}\" permission(s) for \"{resource}\".");

    /// <summary>IAM's answer both for a project that does not exist and for one that the caller has no access to.</summary>
    public static GoogleException PermissionDenied(string permission) =>
        new(
            HttpStatusCode.Forbidden,
            "PERMISSION_DENIED",
            $"Permission '{permission}' denied on resource (or it may not exist).",
            new JsonObject
            {
                ["@type"] = "type.googleapis.com/google.rpc.ErrorInfo",
                ["reason"] = "IAM_PERMISSION_DENIED",
                ["domain"] = "iam.googleapis.com",
                ["metadata"] = new JsonObject { ["permission"] = permission },
            }
        );
}
