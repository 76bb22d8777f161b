using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Hosting;

/// <summary>An OIDC issuer: its URL without <c>https://</c>, and the two public documents.</summary>
internal sealed record Issuer(string Path, Func<JsonObject> Discovery, Func<JsonObject> Jwks)
{
    /// <summary>Where the keys are, below the issuer.</summary>
    public string JwksPath { get; init; } = "/jwks";
}

/// <summary>
/// The public hosts of issuers (container.googleapis.com, accounts.google.com) as far as anyone may read them without
/// credentials: discovery and keys.
/// </summary>
internal sealed class IssuerEndpoint(IReadOnlyList<Issuer> issuers)
{
    public async Task HandleAsync(HttpContext context)
    {
        var asked = context.Request.Host.Host + context.Request.Path.Value;
        var document = HttpMethods.IsGet(context.Request.Method) ? Find(asked) : null;
        if (document is null)
        {
            await Json.WriteAsync(
                context,
                StatusCodes.Status404NotFound,
                new JsonObject
                {
                    ["error"] = new JsonObject
                    {
                        ["code"] = 404,
                        ["message"] = "Requested entity was not found.",
                        ["status"] = "NOT_FOUND",
                    },
                }
            );
            return;
        }

        context.Response.Headers.CacheControl = "public, max-age=3600";
        await Json.WriteAsync(context, StatusCodes.Status200OK, document());
    }

    private Func<JsonObject>? Find(string asked)
    {
        foreach (var issuer in issuers)
        {
            if (string.Equals(asked, issuer.Path + "/.well-known/openid-configuration", StringComparison.Ordinal))
            {
                return issuer.Discovery;
            }

            if (string.Equals(asked, issuer.Path + issuer.JwksPath, StringComparison.Ordinal))
            {
                return issuer.Jwks;
            }
        }

        return null;
    }
}
