using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Sandbox.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Federation.Sandbox.Google;

/// <summary>
/// Google's REST APIs on one port: IAM (service accounts), GKE (clusters) and the OAuth token endpoint. Every call except
/// those to the last needs a bearer token.
/// </summary>
internal sealed class GoogleApi(ServiceAccounts accounts, GkeClusters clusters, GoogleTokens tokens, CallLog calls)
{
    /// <summary>The operation that gives access tokens.</summary>
    internal const string Exchange = "oauth2.token";

    private const int LargestBody = 1 << 20;

    /// <summary>What callers may do, such as <c>iam.serviceAccounts.get</c>; null: everything.</summary>
    public IReadOnlySet<string>? Permissions { get; set; }

    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            var segments = Segments(context);
            var operation = OperationOf(context.Request.Method, segments);
            if (operation == Exchange)
            {
                await ExchangeAsync(context);
                return;
            }

            Authenticate(context);
            var body = await BodyAsync(context);
            await Json.WriteAsync(context, StatusCodes.Status200OK, Route(context.Request, operation, segments, body));
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted)
        {
            await RefuseAsync(context, GoogleException.Of(exception));
        }
    }

    /// <summary>The path's segments: clients encode the @ of an address, some also the colon before a verb.</summary>
    public static string[] Segments(HttpContext context)
    {
        var path = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];
        return [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];
    }

    /// <summary>An operation such as <c>serviceAccounts.setIamPolicy</c>; the method and path of one that there is not.</summary>
    public static string OperationOf(string method, string[] segments) =>
        (method, segments) switch
        {
            ("POST", ["token"]) => Exchange,
            ("POST", ["v1", "projects", _, "serviceAccounts"]) => "serviceAccounts.create",
            ("GET", ["v1", "projects", _, "serviceAccounts"]) => "serviceAccounts.list",
            ("GET", ["v1", "projects", _, "serviceAccounts", var name]) when !name.Contains(':', StringComparison.Ordinal) =>
                "serviceAccounts.get",
            ("PATCH", ["v1", "projects", _, "serviceAccounts", _]) => "serviceAccounts.patch",
            ("DELETE", ["v1", "projects", _, "serviceAccounts", _]) => "serviceAccounts.delete",
            ("POST", ["v1", "projects", _, "serviceAccounts", var name]) when name.Split(':') is [_, var verb] => $"serviceAccounts.{verb}",
            ("GET", ["v1", "projects", _, "locations" or "zones", _, "clusters"]) => "clusters.list",
            ("GET", ["v1", "projects", _, "locations" or "zones", _, "clusters", _]) => "clusters.get",
            _ => $"{method} /{string.Join('/', segments)}",
        };

    /// <summary>Answers a call with an error.</summary>
    public static Task RefuseAsync(HttpContext context, GoogleException error)
    {
        if (error.Code == HttpStatusCode.Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"";
        }

        return Json.WriteAsync(context, (int)error.Code, error.ToJson());
    }

    private JsonObject Route(HttpRequest request, string operation, string[] segments, JsonObject body)
    {
        var (project, last) = (segments.ElementAtOrDefault(2) ?? "", segments.Length > 0 ? segments[^1].Split(':')[0] : "");
        var (resource, answer) = operation switch
        {
            "serviceAccounts.create" => ($"{project}/{body["accountId"]}", () => accounts.Create(project, body)),
            "serviceAccounts.list" => (project, () => accounts.List(project, Number(request, "pageSize"), request.Query["pageToken"])),
            "serviceAccounts.get" => (last, () => accounts.Get(project, last)),
            "serviceAccounts.patch" => (last, () => accounts.Patch(project, last, body)),
            "serviceAccounts.delete" => (last, () => accounts.Delete(project, last)),
            "serviceAccounts.getIamPolicy" => (
                last,
                () => accounts.GetPolicy(project, last, Number(request, "options.requestedPolicyVersion"))
            ),
            "serviceAccounts.setIamPolicy" => (last, () => accounts.SetPolicy(project, last, body)),
            "clusters.list" => ($"{project}/{segments[4]}", () => clusters.List(project, segments[4])),
            "clusters.get" => ($"{project}/{segments[4]}/{last}", (Func<JsonObject>)(() => clusters.Get(project, segments[4], last))),
            _ => throw GoogleException.NotFound(
                $"The requested URL {request.Method} /{string.Join('/', segments)} was not found on this server."
            ),
        };
        Record(operation, resource, IsWrite(operation));
        Demand(operation, project);
        return answer();
    }

    private void Demand(string operation, string project)
    {
        var isGke = operation.StartsWith("clusters.", StringComparison.Ordinal);
        var permission = (isGke ? "container." : "iam.") + operation;
        if (Permissions?.Contains(permission) is false)
        {
            throw isGke
                ? GoogleException.PermissionRequired(permission, $"projects/{project}")
                : GoogleException.PermissionDenied(permission);
        }
    }

    private static bool IsWrite(string operation) =>
        operation is "serviceAccounts.create" or "serviceAccounts.patch" or "serviceAccounts.delete" or "serviceAccounts.setIamPolicy";

    private async Task ExchangeAsync(HttpContext context)
    {
        Record(Exchange, "token", isWrite: false);
        try
        {
            var form = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(await RequestBody.ReadAsync(context, LargestBody)));
            var endpoint = new Uri($"http://{context.Request.Host}/token");
            await Json.WriteAsync(
                context,
                StatusCodes.Status200OK,
                tokens.Exchange(form.GetValueOrDefault("grant_type"), form.GetValueOrDefault("assertion"), endpoint)
            );
        }
        catch (TokenRefusedException refusal)
        {
            await Json.WriteAsync(context, StatusCodes.Status400BadRequest, refusal.ToJson());
        }
    }

    private void Authenticate(HttpContext context)
    {
        var authorization = context.Request.Headers.Authorization.ToString();
        if (
            !authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            || !tokens.Accepts(authorization["Bearer ".Length..].Trim())
        )
        {
            throw GoogleException.Unauthenticated(
                authorization.Length == 0
                    ? "Request is missing required authentication credential. "
                    : "Request had invalid authentication credentials. "
            );
        }
    }

    /// <summary>The body, which Google's own clients compress. The limit also holds for its decompressed size.</summary>
    private static async Task<JsonObject> BodyAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, LargestBody);
        if (body.Length == 0)
        {
            return [];
        }

        try
        {
            return Json.Parse(context.Request.Headers.ContentEncoding.ToString() is "gzip" ? Inflate(body) : body);
        }
        catch (Exception exception) when (exception is JsonException or InvalidDataException)
        {
            throw GoogleException.InvalidArgument("Invalid JSON payload received. " + exception.Message);
        }
    }

    private static byte[] Inflate(byte[] compressed)
    {
        using var source = new GZipStream(new MemoryStream(compressed), CompressionMode.Decompress);
        var inflated = new byte[LargestBody + 1];
        var length = source.ReadAtLeast(inflated, inflated.Length, throwOnEndOfStream: false);
        return length <= LargestBody ? inflated[..length] : throw GoogleException.TooLarge;
    }

    private static int? Number(HttpRequest request, string name)
    {
        var text = request.Query[name].ToString();
        return text.Length == 0 ? null
            : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
            : throw GoogleException.InvalidArgument($"Invalid value at '{name}' (TYPE_INT32), \"{text}\"");
    }

    private void Record(string operation, string resource, bool isWrite) =>
        calls.Record(new CloudCall("google", operation, resource, isWrite));
}
