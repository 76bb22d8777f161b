using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Federation.Sandbox.Hosting;

/// <summary>An answer that its handler writes as usual, and that is not sent.</summary>
internal sealed class HeldAnswer : IHttpResponseBodyFeature, IDisposable
{
    private readonly MemoryStream _body = new();
    private readonly PipeWriter _writer;

    private HeldAnswer() => _writer = PipeWriter.Create(_body, new StreamPipeWriterOptions(leaveOpen: true));

    Stream IHttpResponseBodyFeature.Stream => _body;

    PipeWriter IHttpResponseBodyFeature.Writer => _writer;

    /// <summary>Handles a call, and keeps its answer.</summary>
    public static async Task<byte[]> OfAsync(HttpContext context, RequestDelegate handle)
    {
        var body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using var held = new HeldAnswer();
        context.Features.Set<IHttpResponseBodyFeature>(held);
        try
        {
            await handle(context);
            await held._writer.FlushAsync();
            return held._body.ToArray();
        }
        finally
        {
            context.Features.Set(body);
        }
    }

    public void Dispose() => _body.Dispose();

    void IHttpResponseBodyFeature.DisableBuffering() { }

    Task IHttpResponseBodyFeature.StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHttpResponseBodyFeature.CompleteAsync() => Task.CompletedTask;

    Task IHttpResponseBodyFeature.SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
