using System.Text.Json.Nodes;
using Federation.Sandbox.Google;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Hosting;

/// <summary>An OIDC issuer: its URL without <c>https://</c>, and the two public documents.</summary>
internal sealed record Issuer(string Path, Func<JsonObject> Discovery, Func<JsonObject> Jwks)
{
    /// <summary>The path of the keys, below the issuer's.</summary>
    public string JwksPath { get; init; } = "/jwks";
}

/// <summary>
/// The documents that issuers (container.googleapis.com, accounts.google.com) publish without credentials: discovery and
/// keys.
/// </summary>
internal sealed class IssuerEndpoint(IReadOnlyList<Issuer> issuers)
{
    public Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Host.Host + context.Request.Path.Value;
        var document = HttpMethods.IsGet(context.Request.Method)
            ? issuers.Select(issuer => Find(issuer, path)).FirstOrDefault(found => found is not null)
            : null;
        if (document is null)
        {
            var notFound = GoogleException.NotFound("Requested entity was not found.");
            return Json.WriteAsync(context, (int)notFound.Code, notFound.ToJson());
        }

        context.Response.Headers.CacheControl = "public, max-age=3600";
        return Json.WriteAsync(context, StatusCodes.Status200OK, document());
    }

    private static Func<JsonObject>? Find(Issuer issuer, string path) =>
        path == issuer.Path + "/.well-known/openid-configuration" ? issuer.Discovery
        : path == issuer.Path + issuer.JwksPath ? issuer.Jwks
        : null;
}
