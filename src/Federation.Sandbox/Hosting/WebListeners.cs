using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Federation.Sandbox.Hosting;

/// <summary>One loopback port and its request handler.</summary>
/// <param name="isTls">Whether it serves TLS with the sandbox's certificate.</param>
/// <param name="port">0: any free one.</param>
internal sealed class WebListener(bool isTls, int port, RequestDelegate handle)
{
    private ListenOptions? _options;

    public bool IsTls => isTls;

    public RequestDelegate Handle => handle;

    /// <summary>Known once the listeners have started.</summary>
    public int Port => _options?.IPEndPoint?.Port ?? port;

    public string HostAndPort => $"127.0.0.1:{Port}";

    internal void Bind(KestrelServerOptions server, CertificateAuthority authority) =>
        server.Listen(
            IPAddress.Loopback,
            port,
            options =>
            {
                _options = options;
                if (isTls)
                {
                    options.UseHttps(https =>
                    {
                        https.ServerCertificate = authority.Server;
                        https.ServerCertificateChain = [authority.Intermediate, authority.CrossSignedRoot];
                    });
                }

                options.Use(next =>
                    connection =>
                    {
                        connection.Features.Set(this);
                        return next(connection);
                    }
                );
            }
        );
}

/// <summary>All listeners of a sandbox, in one Kestrel server: they start and stop together.</summary>
internal sealed class WebListeners : IAsyncDisposable
{
    private readonly WebApplication _application;

    private WebListeners(WebApplication application) => _application = application;

    public static async Task<WebListeners> StartAsync(
        IReadOnlyList<WebListener> listeners,
        CertificateAuthority authority,
        CancellationToken cancellationToken
    )
    {
        // An empty builder: neither ASPNETCORE_ variables nor an appsettings.json may add or change a port.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder
            .WebHost.UseKestrelCore()
            .UseKestrelHttpsConfiguration()
            .ConfigureKestrel(server =>
            {
                server.AddServerHeader = false;
                server.AllowSynchronousIO = false;
                server.Limits.MinRequestBodyDataRate = null;
                server.Limits.MinResponseDataRate = null;
                foreach (var listener in listeners)
                {
                    listener.Bind(server, authority);
                }
            });
        builder.Services.AddSingleton<IHostLifetime, OwnersLifetime>();
        // Watches and followed logs never end by themselves: do not wait long for them.
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(250));

        var application = builder.Build();
        application.UseWebSockets();
        application.Run(context => context.Features.GetRequiredFeature<WebListener>().Handle(context));
        try
        {
            await application.StartAsync(cancellationToken);
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }

        return new WebListeners(application);
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    /// <summary>Leaves signals such as Ctrl+C to the program that the sandbox is embedded in.</summary>
    private sealed class OwnersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
