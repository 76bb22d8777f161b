using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Resources;

namespace Federation.Sandbox.Kubernetes;

/// <summary>Ends a request with a <c>Status</c> of failure.</summary>
internal sealed class ApiException(int code, JsonObject status) : Exception(status["message"]!.GetValue<string>())
{
    public int Code { get; } = code;

    public JsonObject Status { get; } = status;

    public static ApiException BadRequest(string message) => Failure(400, "BadRequest", message);

    public static ApiException Unauthorized() => Failure(401, "Unauthorized", "Unauthorized");

    public static ApiException NotFound(ResourceType type, string name) =>
        Failure(404, "NotFound", $"{type.QualifiedResource} \"{name}\" not found", Details(type, name));

    public static ApiException UnknownResource() => Failure(404, "NotFound", "the server could not find the requested resource", []);

    public static ApiException MethodNotAllowed() =>
        Failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", []);

    public static ApiException NotAcceptable(string message, JsonObject? details = null) => Failure(406, "NotAcceptable", message, details);

    public static ApiException UnsupportedMediaType(string message, JsonObject? details = null) =>
        Failure(415, "UnsupportedMediaType", message, details);

    public static ApiException AlreadyExists(ResourceType type, string name, bool terminating) =>
        Failure(
            409,
            "AlreadyExists",
            $"{(terminating ? "object is being deleted: " : "")}{type.QualifiedResource} \"{name}\" already exists",
            Details(type, name)
        );

    /// <param name="kind">The plural or, for preconditions, the kind.</param>
    public static ApiException Conflict(string group, string kind, string name, string reason) =>
        Failure(
            409,
            "Conflict",
            $"Operation cannot be fulfilled on {kind}{(group.Length > 0 ? "." + group : "")} \"{name}\": {reason}",
            Details(group, kind, name)
        );

    public static ApiException Modified(ResourceType type, string name) =>
        Conflict(
            type.Group,
            type.Plural,
            name,
            "the object has been modified; please apply your changes to the latest version and try again"
        );

    public static ApiException Forbidden(ResourceType type, string name, string reason, JsonArray? causes = null) =>
        Forbidden(type.Group, type.Plural, name, reason, causes);

    /// <param name="resource">Its plural; it need not exist.</param>
    public static ApiException Forbidden(string group, string resource, string name, string reason, JsonArray? causes = null)
    {
        var details = Details(group, resource, name);
        if (causes is not null)
        {
            details["causes"] = causes;
        }

        var qualified = group.Length > 0 ? $"{resource}.{group}" : resource;
        var subject = name.Length > 0 ? $"{qualified} \"{name}\"" : qualified;
        return Failure(403, "Forbidden", $"{subject} is forbidden: {reason}", details);
    }

    /// <param name="errors">Every error of the object or the options.</param>
    public static ApiException Invalid(string group, string kind, string name, IReadOnlyList<FieldError> errors)
    {
        var details = Details(group, kind, name);
        details["causes"] = new JsonArray([
            .. errors.Select(static error => new JsonObject
            {
                ["reason"] = error.Reason,
                ["message"] = error.Message,
                ["field"] = error.Field,
            }),
        ]);
        string[] texts = [.. errors.Select(static error => $"{error.Field}: {error.Message}").Distinct(StringComparer.Ordinal)];
        var text = texts.Length == 1 ? texts[0] : $"[{string.Join(", ", texts)}]";
        var qualified = group.Length > 0 ? $"{kind}.{group}" : kind;
        return Failure(422, "Invalid", $"{qualified} \"{name}\" is invalid: {text}", details);
    }

    public static ApiException InvalidOptions(string kind, FieldError error) => Invalid("meta.k8s.io", kind, "", [error]);

    /// <summary>An error without a reason: the server's answer to the unexpected.</summary>
    public static ApiException Internal(string message) => Failure(500, reason: null, message);

    public static ApiException Failure(int code, string? reason, string message, JsonObject? details = null)
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = message,
        };
        status.SetText("reason", reason);
        if (details is not null)
        {
            status["details"] = details;
        }

        status["code"] = code;
        return new ApiException(code, status);
    }

    private static JsonObject Details(ResourceType type, string name) => Details(type.Group, type.Plural, name);

    private static JsonObject Details(string group, string kind, string name)
    {
        var details = new JsonObject();
        details.SetText("name", name);
        details.SetText("group", group);
        details.SetText("kind", kind);
        return details;
    }
}

/// <summary>An error in one field.</summary>
/// <param name="Reason">The machine-readable reason of the cause.</param>
internal sealed record FieldError(string Field, string Reason, string Message)
{
    public static FieldError Required(string field, string detail = "") =>
        new(field, "FieldValueRequired", detail.Length > 0 ? $"Required value: {detail}" : "Required value");

    /// <param name="value">As in the message: a string is quoted.</param>
    public static FieldError Invalid(string field, string value, string detail) =>
        new(field, "FieldValueInvalid", $"Invalid value: {value}: {detail}");

    public static FieldError Forbidden(string field, string detail) => new(field, "FieldValueForbidden", $"Forbidden: {detail}");

    public static FieldError NotSupported(string field, string value, IEnumerable<string> supported) =>
        new(field, "FieldValueNotSupported", $"Unsupported value: {value}: supported values: {string.Join(", ", supported.Select(Quote))}");

    public static FieldError NotFound(string field, string value) => new(field, "FieldValueNotFound", $"Not found: {Quote(value)}");

    public static FieldError Duplicate(string field, string value) => new(field, "FieldValueDuplicate", $"Duplicate value: {Quote(value)}");

    public static FieldError TooLong(string field, int maximum) =>
        new(field, "FieldValueTooLong", $"Too long: may not be more than {maximum} bytes");

    public static string Quote(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
