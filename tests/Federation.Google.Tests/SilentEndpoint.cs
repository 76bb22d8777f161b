using System.Net;
using System.Net.Sockets;

namespace Federation.Google.Tests;

/// <summary>A port of this machine that accepts connections, reads, and never answers.</summary>
internal sealed class SilentEndpoint : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;

    /// <param name="asked">Called for each connection that something was sent on.</param>
    public SilentEndpoint(Action asked)
    {
        _listener.Start();
        _accepting = AcceptAsync(asked);
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync(Action asked)
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ReadAsync(await _listener.AcceptTcpClientAsync(_end.Token), asked));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ReadAsync(TcpClient connection, Action asked)
    {
        using (connection)
        {
            try
            {
                var buffer = new byte[4096];
                if (await connection.GetStream().ReadAsync(buffer, _end.Token) > 0)
                {
                    asked();
                }

                while (await connection.GetStream().ReadAsync(buffer, _end.Token) > 0) { }
            }
            catch (Exception ended) when (ended is OperationCanceledException or IOException)
            {
                // The test or the client has gone.
            }
        }
    }
}
