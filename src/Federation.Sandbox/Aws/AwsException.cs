using System.Net;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Aws;

/// <summary>An error as AWS answers it.</summary>
internal sealed class AwsException(string code, string message, HttpStatusCode status = HttpStatusCode.BadRequest) : Exception(message)
{
    public string Code => code;

    public HttpStatusCode Status => status;

    /// <summary>
    /// The answer to any exception: an AWS error as it is, otherwise the one that AWS gives for an unreadable request or for a
    /// fault of the service itself ("Error responses", S3 API reference; "Common errors", IAM API reference).
    /// </summary>
    public static AwsException Of(Exception exception, bool isS3) =>
        exception switch
        {
            AwsException error => error,
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => isS3
                ? new("EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.")
                : new("RequestEntityTooLarge", "The request is longer than any call may be.", HttpStatusCode.RequestEntityTooLarge),
            BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => isS3
                ? new(
                    "RequestTimeout",
                    "Your socket connection to the server was not read from or written to within the timeout period. Idle "
                        + "connections will be closed."
                )
                : new("RequestTimeout", "The request was not received in time.", HttpStatusCode.RequestTimeout),
            BadHttpRequestException => new(isS3 ? "IncompleteBody" : "MalformedInput", exception.Message),
            _ => new(
                isS3 ? "InternalError" : "InternalFailure",
                $"The sandbox has a fault: {exception.GetType().Name}: {exception.Message}",
                HttpStatusCode.InternalServerError
            ),
        };

    public static AwsException Validation(string message) => new("ValidationError", message);

    /// <summary>A value that violates a constraint of the service's model.</summary>
    public static AwsException Constraint(string member, string value, string constraint) =>
        Validation($"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}");

    public static AwsException NoSuchEntity(string message) => new("NoSuchEntity", message, HttpStatusCode.NotFound);

    public static AwsException LimitExceeded(string message) => new("LimitExceeded", message, HttpStatusCode.Conflict);

    public static AwsException AlreadyExists(string message) => new("EntityAlreadyExists", message, HttpStatusCode.Conflict);

    public static AwsException DeleteConflict(string message) => new("DeleteConflict", message, HttpStatusCode.Conflict);

    public static AwsException InvalidInput(string message) => new("InvalidInput", message);

    public static AwsException AccessDenied(string message) => new("AccessDenied", message, HttpStatusCode.Forbidden);
}
