using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubelet;
using Federation.Sandbox.Kubernetes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Federation.Sandbox.Tests.Kubernetes;

/// <summary>An emulated API server on a loopback port, with a stopped clock.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    public const string AdminToken = "admin";
    public const string Issuer = "https://container.googleapis.com/v1/projects/p/locations/l/clusters/c";

    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stop = new();
    private Task _kubelet = Task.CompletedTask;

    private TestCluster(WebApplication app, KubernetesApiServer server, FakeTimeProvider time)
    {
        _app = app;
        Server = server;
        Time = time;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        var address = addresses.Single(static one => one.StartsWith("http:", StringComparison.Ordinal));
        SecureAddress = addresses.Single(static one => one.StartsWith("https:", StringComparison.Ordinal));
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(address) };
    }

    public KubernetesApiServer Server { get; }

    public FakeTimeProvider Time { get; }

    public HttpClient Http { get; }

    public string SecureAddress { get; }

    public string Address => Http.BaseAddress!.ToString();

    public static Task<TestCluster> StartAsync(Func<KubernetesApiOptions, KubernetesApiOptions>? configure = null)
    {
        var options = new KubernetesApiOptions
        {
            Issuer = Issuer,
            ServerAddress = "127.0.0.1:16443",
            AdminTokens = [AdminToken],
            NodeName = "localhost",
            CertificateAuthority = "-----BEGIN CERTIFICATE-----\n",
            MaximumTokenLifetime = null,
        };
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 18, 12, 29, TimeSpan.Zero));
        return StartAsync(new KubernetesApiServer(configure?.Invoke(options) ?? options, time), time);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _kubelet;
        _stop.Dispose();
        Http.Dispose();
        Server.Dispose();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    /// <summary>Has a node run pods, as processes of this machine; <c>registry.test/busybox</c> is its image.</summary>
    public TestCluster WithNode(ContainerIsolation isolation = ContainerIsolation.RewrittenPaths)
    {
        var kubelet = new KubeletAgent(
            Server.Kubelet,
            new KubeletOptions
            {
                Directory = Path.Combine(Path.GetTempPath(), "kubelet-" + Guid.NewGuid().ToString("N")[..12]),
                NodeName = "localhost",
                HostIP = "192.0.2.2",
                Isolation = isolation,
                Images = new Dictionary<string, ContainerImage>(StringComparer.Ordinal)
                {
                    ["registry.test/busybox"] = new() { Command = ["sh"] },
                },
            },
            Time
        );
        Server.Runtime = kubelet;
        _kubelet = kubelet.RunAsync(_stop.Token);
        return this;
    }

    /// <summary>Waits until an object is as it should be.</summary>
    public async Task<JsonObject> SeeAsync(string path, Func<JsonObject, bool> wanted)
    {
        for (var left = 400; left > 0; left--)
        {
            if ((await GetAsync(path)).Json is { } value && wanted(value))
            {
                return value;
            }

            await Task.Delay(25, TestContext.Current.CancellationToken);
        }

        var last = await GetAsync(path);
        throw new TimeoutException($"{path} is still {last.Text}");
    }

    /// <summary>Sends a request as the administrator and reads the answer.</summary>
    public async Task<Answer> SendAsync(
        HttpMethod method,
        string path,
        JsonNode? body = null,
        string contentType = "application/json",
        string? token = AdminToken
    )
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.UserAgent.ParseAdd("curl/8");
        if (token is not null)
        {
            request.Headers.Authorization = new("Bearer", token);
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(
                Encoding.UTF8.GetBytes(body is JsonValue text ? text.GetValue<string>() : body.ToJsonString())
            );
            request.Content.Headers.ContentType = new(contentType);
        }

        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        var content = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var warnings = response.Headers.TryGetValues("Warning", out var values) ? values.ToArray() : [];
        return new Answer(
            response.StatusCode,
            content,
            response.Content.Headers.ContentType?.MediaType == "application/json"
            && content.Length > 0
            && !content.Contains("}\n{", StringComparison.Ordinal)
                ? JsonNode.Parse(content) as JsonObject
                : null,
            warnings
        );
    }

    /// <summary>Reads an answer that may be a stream: the clock moves until it ends.</summary>
    public async Task<string> ReadToEndAsync(HttpResponseMessage response)
    {
        var reading = response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        while (await Task.WhenAny(reading, Task.Delay(20, TestContext.Current.CancellationToken)) != reading)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        return await reading;
    }

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<Answer> PostAsync(string path, string json) => SendAsync(HttpMethod.Post, path, JsonNode.Parse(json));

    public Task<Answer> ApplyAsync(string path, string manager, string json, string query = "") =>
        SendAsync(HttpMethod.Patch, $"{path}?fieldManager={manager}{query}", JsonNode.Parse(json), "application/apply-patch+yaml");

    private static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));

        // A key that was never stored cannot serve TLS on Windows.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
    }

    private static async Task<TestCluster> StartAsync(KubernetesApiServer server, FakeTimeProvider time)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);

            // kubectl sends no token over a connection that is not encrypted.
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.UseHttps(SelfSigned()));
        });
        var app = builder.Build();
        app.UseWebSockets();
        app.Run(server.HandleAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new TestCluster(app, server, time);
    }
}

/// <param name="Json">The body, if it is one JSON object.</param>
internal sealed record Answer(HttpStatusCode Status, string Text, JsonObject? Json, IReadOnlyList<string> Warnings)
{
    public string Message => Json?["message"]?.GetValue<string>() ?? "";
}
