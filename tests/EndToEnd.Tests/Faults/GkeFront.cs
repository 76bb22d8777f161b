using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace EndToEnd.Tests.Faults;

/// <summary>Stands before GKE's API and changes its answers: the state of a cluster is nobody's to set.</summary>
internal sealed class GkeFront : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly HttpClient _onward = new();
    private readonly string _upstream;
    private readonly Func<JsonObject, HttpStatusCode> _change;

    /// <param name="upstream">Where GKE's API is.</param>
    /// <param name="change">Changes an answer, and says under which status it is given.</param>
    public GkeFront(string upstream, Func<JsonObject, HttpStatusCode> change)
    {
        (_upstream, _change) = (upstream.TrimEnd('/'), change);
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            Address = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/";
        }

        _listener.Prefixes.Add(Address);
        _listener.Start();
        _ = ServeAsync();
    }

    public string Address { get; }

    public void Dispose()
    {
        _listener.Close();
        _onward.Dispose();
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                await AnswerAsync(await _listener.GetContextAsync());
            }
            catch (Exception closed) when (closed is HttpListenerException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _upstream + context.Request.RawUrl);
        request.Headers.Authorization = AuthenticationHeaderValue.Parse(context.Request.Headers["Authorization"]!);
        using var response = await _onward.SendAsync(request);
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();
        context.Response.StatusCode = (int)_change(answer);
        context.Response.ContentType = "application/json; charset=UTF-8";
        await using (var output = context.Response.OutputStream)
        {
            await output.WriteAsync(System.Text.Encoding.UTF8.GetBytes(answer.ToJsonString()));
        }
    }
}
