using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EndToEnd.Tests.Steps;

/// <summary>A server of a release on the loopback interface. Each request is answered in the next of its ways; the last stays.</summary>
internal sealed class ReleaseServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    public ReleaseServer(string file, params Way[] ways)
    {
        _listener.Start();
        _serving = ServeAsync(File.ReadAllBytes(file), ways);
    }

    /// <summary>How a request is answered.</summary>
    public enum Way
    {
        Whole,
        Truncated,
        Missing,
        Never,
    }

    public string Address => $"http://{_listener.LocalEndpoint}";

    /// <summary>How many requests there were.</summary>
    public int Requests { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task ServeAsync(byte[] content, Way[] ways)
    {
        var open = new List<TcpClient>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                open.Add(client);
                var stream = client.GetStream();
                _ = await stream.ReadAsync(new byte[8192], _stop.Token);
                var way = ways[Math.Min(Requests++, ways.Length - 1)];
                if (way == Way.Never)
                {
                    continue;
                }

                var status = way == Way.Missing ? "404 Not Found" : "200 OK";
                var length = way == Way.Missing ? 0 : content.Length;
                var head = $"HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n";
                await stream.WriteAsync(Encoding.ASCII.GetBytes(head), _stop.Token);
                await stream.WriteAsync(content.AsMemory(0, way == Way.Truncated ? length / 2 : length), _stop.Token);
                client.Close();
            }
        }
        catch (OperationCanceledException)
        {
            open.ForEach(client => client.Dispose());
        }
    }
}
