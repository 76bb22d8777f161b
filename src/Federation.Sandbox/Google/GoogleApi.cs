using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Sandbox.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Federation.Sandbox.Google;

/// <summary>
/// Google's REST APIs on one port: IAM (service accounts), GKE (clusters) and the OAuth token endpoint. Every call except
/// those to the last needs a bearer token.
/// </summary>
internal sealed class GoogleApi(ServiceAccounts accounts, GkeClusters clusters, GoogleTokens tokens, Faults faults, CallLog calls)
{
    private const int LargestBody = 1 << 20;

    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            ThrowIfFaulty();

            // Clients encode the @ of an address, some also the colon before a verb: split first, then decode.
            var path = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];
            string[] segments = [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];
            if (segments is ["token"] && HttpMethods.IsPost(context.Request.Method))
            {
                await ExchangeAsync(context);
                return;
            }

            Authenticate(context);
            var body = await BodyAsync(context);
            await Json.WriteAsync(context, StatusCodes.Status200OK, Route(context.Request, segments, body));
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted)
        {
            var error = GoogleException.Of(exception);
            if (error.Code == HttpStatusCode.Unauthorized)
            {
                context.Response.Headers.WWWAuthenticate = "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"";
            }

            await Json.WriteAsync(context, (int)error.Code, error.ToJson());
        }
    }

    private void ThrowIfFaulty()
    {
        if (faults.Strikes(SandboxFaultKind.GoogleThrottling))
        {
            throw new GoogleException(
                HttpStatusCode.TooManyRequests,
                "RESOURCE_EXHAUSTED",
                "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute'."
            );
        }

        if (faults.Strikes(SandboxFaultKind.GoogleUnavailable))
        {
            throw new GoogleException(HttpStatusCode.ServiceUnavailable, "UNAVAILABLE", "The service is currently unavailable.");
        }
    }

    private JsonObject Route(HttpRequest request, string[] segments, JsonObject body)
    {
        switch (segments)
        {
            case ["v1", "projects", var project, "serviceAccounts"] when HttpMethods.IsPost(request.Method):
                Record("serviceAccounts.create", $"{project}/{body["accountId"]}", isWrite: true);
                return accounts.Create(project, body);
            case ["v1", "projects", var project, "serviceAccounts"] when HttpMethods.IsGet(request.Method):
                Record("serviceAccounts.list", project, isWrite: false);
                return accounts.List(project, Number(request, "pageSize"), request.Query["pageToken"]);
            case ["v1", "projects", var project, "serviceAccounts", var name]:
                return ServiceAccount(request, project, name, body);
            case ["v1", "projects", var project, "locations" or "zones", var location, "clusters"] when HttpMethods.IsGet(request.Method):
                Record("clusters.list", $"{project}/{location}", isWrite: false);
                return clusters.List(project, location);
            case ["v1", "projects", var project, "locations" or "zones", var location, "clusters", var name]
                when HttpMethods.IsGet(request.Method):
                Record("clusters.get", $"{project}/{location}/{name}", isWrite: false);
                return clusters.Get(project, location, name);
            default:
                throw GoogleException.NotFound(
                    $"The requested URL {request.Method} /{string.Join('/', segments)} was not found on this server."
                );
        }
    }

    private JsonObject ServiceAccount(HttpRequest request, string project, string nameAndVerb, JsonObject body)
    {
        var (name, verb) = nameAndVerb.Split(':') is [var first, var second] ? (first, second) : (nameAndVerb, "");
        switch (request.Method, verb)
        {
            case ("GET", ""):
                Record("serviceAccounts.get", name, isWrite: false);
                return accounts.Get(project, name);
            case ("PATCH", ""):
                Record("serviceAccounts.patch", name, isWrite: true);
                return accounts.Patch(project, name, body);
            case ("DELETE", ""):
                Record("serviceAccounts.delete", name, isWrite: true);
                return accounts.Delete(project, name);
            case ("POST", "getIamPolicy"):
                Record("serviceAccounts.getIamPolicy", name, isWrite: false);
                return accounts.GetPolicy(project, name, Number(request, "options.requestedPolicyVersion"));
            case ("POST", "setIamPolicy"):
                Record("serviceAccounts.setIamPolicy", name, isWrite: true);
                return accounts.SetPolicy(project, name, body);
            default:
                throw GoogleException.NotFound($"The method {request.Method} :{verb} was not found on this server.");
        }
    }

    private async Task ExchangeAsync(HttpContext context)
    {
        Record("oauth2.token", "token", isWrite: false);
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
            throw new GoogleException(
                HttpStatusCode.Unauthorized,
                "UNAUTHENTICATED",
                (
                    authorization.Length == 0
                        ? "Request is missing required authentication credential. "
                        : "Request had invalid authentication credentials. "
                )
                    + "Expected OAuth 2 access token, login cookie or other valid authentication credential. "
                    + "See https://developers.google.com/identity/sign-in/web/devconsole-project."
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
