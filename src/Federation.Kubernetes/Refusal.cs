using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>Why an API server did not do what it was asked.</summary>
internal enum RefusalKind
{
    /// <summary>Any other refusal by the API.</summary>
    Other,

    /// <summary>Not the API answered, but something in front of it, such as a gateway.</summary>
    NotTheApi,

    /// <summary>It does not accept the credentials.</summary>
    Unauthenticated,

    /// <summary>RBAC, or another authorizer, does not allow it.</summary>
    NotPermitted,

    /// <summary>The object does not exist, and who may apply changes to it may not create it.</summary>
    CreationNotPermitted,

    /// <summary>A policy, a webhook, a limit range or Pod Security does not admit the object.</summary>
    NotAdmitted,

    QuotaExceeded,
    NamespaceTerminating,
    NamespaceMissing,
    ServiceAccountMissing,

    /// <summary>The object does not exist.</summary>
    Absent,

    /// <summary>The object to be created already exists.</summary>
    AlreadyExists,

    /// <summary>The object has changed since it was read: a precondition of the call no longer holds.</summary>
    Changed,

    /// <summary>The object itself is not valid.</summary>
    Invalid,

    /// <summary>Server-side apply: another manager owns a field and has another value for it.</summary>
    FieldConflict,

    /// <summary>An admission webhook that must agree could not be reached.</summary>
    WebhookOutOfReach,

    Throttled,
    ServerError,
}

/// <summary>
/// The answer of an API server that did not do what it was asked. The status alone does not say why: policies answer 422,
/// webhooks any code, and quotas, limit ranges, Pod Security and RBAC all 403. So the kind follows from the status, the causes
/// and the words of the message, as recorded from Kubernetes 1.34.
/// </summary>
/// <param name="Message">The server's own words, on one line and without secrets.</param>
internal sealed partial record Refusal(RefusalKind Kind, HttpStatusCode Status, string Message)
{
    private const int LongestMessage = 1000;
    private const int LongestForeignMessage = 200;

    /// <summary>How an API server (1.34) refuses to apply a field that the kind does not have. Its status is 500.</summary>
    private const string UnknownField = "failed to create typed patch object";

    /// <summary>The quota's name, and what was requested, used and limited; null for another refusal.</summary>
    public (string Name, string Requested, string Used, string Limited)? Quota =>
        QuotaPattern().Match(Message) is { Success: true } match
            ? (match.Groups["name"].Value, match.Groups["requested"].Value, match.Groups["used"].Value, match.Groups["limited"].Value)
            : null;

    /// <summary>
    /// Asking again may help: throttling, faults of the server, webhooks that are out of reach, and answers that are not the API's.
    /// A server without such a path, however, answers 404 without a Status.
    /// </summary>
    public bool MayPass =>
        Kind is RefusalKind.NotTheApi
            ? Status is not HttpStatusCode.NotFound
            : Kind is not RefusalKind.Invalid
                && Status is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError and not HttpStatusCode.NotImplemented;

    public static Refusal Of(HttpOperationException answer)
    {
        var (code, body) = (answer.Response.StatusCode, answer.Response.Content ?? "");
        return ReadStatus(body) is { } status
            ? Of(code, status)
            : new Refusal(
                code switch
                {
                    HttpStatusCode.Unauthorized => RefusalKind.Unauthenticated,
                    HttpStatusCode.TooManyRequests => RefusalKind.Throttled,
                    _ => RefusalKind.NotTheApi,
                },
                code,
                Shown(TitlePattern().Match(body) is { Success: true } page ? page.Groups["title"].Value : body, LongestForeignMessage)
            );
    }

    /// <summary>The refusal that a stream of the API ended with.</summary>
    public static Refusal Of(KubernetesException answer) =>
        Of((HttpStatusCode)(answer.Status?.Code ?? (int)HttpStatusCode.InternalServerError), answer.Status ?? new V1Status());

    private static Refusal Of(HttpStatusCode code, V1Status status)
    {
        var message = status.Message is { Length: > 0 } said ? said : status.Reason ?? "";
        return new Refusal(KindOf(code, status, message), code, Shown(message, LongestMessage));
    }

    private static RefusalKind KindOf(HttpStatusCode code, V1Status status, string message)
    {
        bool Says(string words) => message.Contains(words, StringComparison.Ordinal);

        bool HasCause(string cause) => status.Details?.Causes?.Any(one => one.Reason == cause) == true;

        return code switch
        {
            _ when Says("admission webhook \"") && Says("denied the request") => RefusalKind.NotAdmitted,
            _ when Says("AdmissionPolicy '") && Says("denied request") => RefusalKind.NotAdmitted,
            _ when Says("failed calling webhook \"") => RefusalKind.WebhookOutOfReach,
            _ when Says(UnknownField) => RefusalKind.Invalid,
            _ when HasCause("NamespaceTerminating") => RefusalKind.NamespaceTerminating,
            _ when HasCause("FieldManagerConflict") => RefusalKind.FieldConflict,
            HttpStatusCode.Unauthorized => RefusalKind.Unauthenticated,
            HttpStatusCode.Forbidden when PermissionPattern().IsMatch(message) => RefusalKind.NotPermitted,
            HttpStatusCode.Forbidden when UnexplainedPattern().IsMatch(message) => RefusalKind.CreationNotPermitted,
            HttpStatusCode.Forbidden when Says("exceeded quota: ") => RefusalKind.QuotaExceeded,
            HttpStatusCode.Forbidden when Says("error looking up service account") => RefusalKind.ServiceAccountMissing,
            HttpStatusCode.Forbidden => RefusalKind.NotAdmitted,
            HttpStatusCode.NotFound when message.StartsWith("namespaces \"", StringComparison.Ordinal) => RefusalKind.NamespaceMissing,
            HttpStatusCode.NotFound => RefusalKind.Absent,
            HttpStatusCode.Conflict when status.Reason == "AlreadyExists" => RefusalKind.AlreadyExists,
            HttpStatusCode.Conflict when Says(" in the precondition (") || Says("the object has been modified") => RefusalKind.Changed,
            HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest => RefusalKind.Invalid,
            HttpStatusCode.TooManyRequests => RefusalKind.Throttled,
            >= HttpStatusCode.InternalServerError => RefusalKind.ServerError,
            _ => RefusalKind.Other,
        };
    }

    /// <summary>The Status that the API answers with; null if the body is another's.</summary>
    private static V1Status? ReadStatus(string body)
    {
        try
        {
            return body.StartsWith('{') && KubernetesJson.Deserialize<V1Status>(body) is { Kind: "Status" } status ? status : null;
        }
        catch (JsonException)
        {
            // JSON of another shape, which a gateway wrote.
            return null;
        }
    }

    private static string Shown(string message, int longest)
    {
        var line = PlainText.OneLine(Secrets.Strip(Blanks().Replace(message.Trim(), " ")));
        return line.Length > longest ? line[..longest] + "…" : line;
    }

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Blanks();

    [GeneratedRegex(
        "<title[^>]*>(?<title>[^<]*)</title>",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex TitlePattern();

    [GeneratedRegex("""[Uu]ser ".*" cannot """, RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PermissionPattern();

    /// <summary>
    /// The words where server-side apply would create an object and the verb <c>create</c> is missing: what follows is the
    /// authorizer's reason, and RBAC has none (k8s.io/apiserver, endpoints/handlers, withAuthorization).
    /// </summary>
    [GeneratedRegex(
        @"^\S+ ""[^""]*"" is forbidden: ?(RBAC: .*)?$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex UnexplainedPattern();

    [GeneratedRegex(
        "exceeded quota: (?<name>[^,]+), requested: (?<requested>.+?), used: (?<used>.+?), limited: (?<limited>.+)$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex QuotaPattern();
}
