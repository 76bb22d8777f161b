using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Federation.Sandbox.Hosting;

/// <summary>Reads the bodies of requests into memory, with a limit on their size and on the time they take.</summary>
internal static class RequestBody
{
    private static readonly MinDataRate SlowestSender = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));

    /// <param name="limit">In bytes.</param>
    /// <exception cref="Microsoft.AspNetCore.Http.BadHttpRequestException">
    /// 413: longer than <paramref name="limit"/>; 408: the client sends too slowly; 400: the framing is broken.
    /// </exception>
    public static async Task<byte[]> ReadAsync(HttpContext context, int limit)
    {
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = SlowestSender;
        }

        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = limit;
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return body.ToArray();
    }
}
