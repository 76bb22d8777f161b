using System.Net;
using System.Net.Sockets;

namespace Federation.Aws.Tests;

/// <summary>A loopback port that accepts, reads what is sent, and never answers.</summary>
internal sealed class SilentEndpoint : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Action _asked;

    /// <param name="asked">Called each time something was sent.</param>
    public SilentEndpoint(Action asked)
    {
        _asked = asked;
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Url => new($"http://{_listener.LocalEndpoint}");

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = HearAsync(await _listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task HearAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var buffer = new byte[4096];
                while (await client.GetStream().ReadAsync(buffer) > 0)
                {
                    _asked();
                }
            }
            catch (IOException)
            {
                // The client gave up.
            }
        }
    }
}
