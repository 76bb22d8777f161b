using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Federation.Kubernetes.Tests;

/// <summary>Passes TCP connections on to a port of this machine, and can cut them.</summary>
internal sealed class LoopbackProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<TcpClient> _connections = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly int _target;
    private readonly Task _accepting;

    public LoopbackProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string HostAndPort => _listener.LocalEndpoint.ToString()!;

    /// <summary>Cuts every open connection without notice. New ones are passed on.</summary>
    public void Cut()
    {
        while (_connections.TryTake(out var connection))
        {
            connection.LingerState = new LingerOption(enable: true, seconds: 0);
            connection.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        Cut();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
            var server = new TcpClient();
            await server.ConnectAsync(IPAddress.Loopback, _target, _stopping.Token);
            _connections.Add(client);
            _connections.Add(server);
            _ = PassAsync(client, server);
            _ = PassAsync(server, client);
        }
    }

    private async Task PassAsync(TcpClient from, TcpClient to)
    {
        try
        {
            await from.GetStream().CopyToAsync(to.GetStream(), _stopping.Token);
        }
        catch (Exception) when (from.Client is null || to.Client is null || _stopping.IsCancellationRequested)
        {
            // Cut.
        }
        catch (IOException)
        {
            // Cut by one of the two.
        }
    }
}
