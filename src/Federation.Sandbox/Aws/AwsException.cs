using System.Net;

namespace Federation.Sandbox.Aws;

/// <summary>An error as AWS answers it: its code, its text, its HTTP status.</summary>
internal sealed class AwsException(string code, string message, HttpStatusCode status = HttpStatusCode.BadRequest) : Exception(message)
{
    public string Code => code;

    public HttpStatusCode Status => status;

    public static AwsException Validation(string message) => new("ValidationError", message);

    /// <summary>A value outside of what the service's model allows it.</summary>
    public static AwsException Constraint(string member, string value, string constraint) =>
        Validation($"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}");

    public static AwsException NoSuchEntity(string message) => new("NoSuchEntity", message, HttpStatusCode.NotFound);

    public static AwsException LimitExceeded(string message) => new("LimitExceeded", message, HttpStatusCode.Conflict);

    public static AwsException AlreadyExists(string message) => new("EntityAlreadyExists", message, HttpStatusCode.Conflict);

    public static AwsException DeleteConflict(string message) => new("DeleteConflict", message, HttpStatusCode.Conflict);

    public static AwsException InvalidInput(string message) => new("InvalidInput", message);

    public static AwsException AccessDenied(string message) => new("AccessDenied", message, HttpStatusCode.Forbidden);
}
