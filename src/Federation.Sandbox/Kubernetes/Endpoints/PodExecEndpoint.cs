using System.Globalization;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubelet;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Kubernetes.Endpoints;

/// <summary>
/// Runs a command in a container: <c>pods/NAME/exec</c> over a WebSocket, whose messages start with the number of their
/// channel. The SPDY protocol of older clients is not supported.
/// See <see href="https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets"/>.
/// </summary>
internal sealed class PodExecEndpoint(Registry registry, Func<IPodRuntime?> runtime)
{
    private const string WithClosing = "v5.channel.k8s.io";
    private const string WithoutClosing = "v4.channel.k8s.io";

    private static readonly string[] Protocols = [WithClosing, WithoutClosing];

    public async Task HandleAsync(Exchange exchange)
    {
        var pod = registry.Get(ResourceTable.Pods, exchange.Info.Namespace, exchange.Info.Name);
        var container = ContainerChoice.Choose(pod, exchange.Query("container"));
        if (pod["spec"].Text("nodeName").Length == 0)
        {
            throw ApiException.BadRequest($"pod {pod.Name} does not have a host assigned");
        }

        var sockets = exchange.Context.WebSockets;
        if (!sockets.IsWebSocketRequest)
        {
            throw ApiException.BadRequest("Upgrade request required");
        }

        if (
            sockets.WebSocketRequestedProtocols.FirstOrDefault(static asked => Protocols.Contains(asked, StringComparer.Ordinal))
            is not { } protocol
        )
        {
            exchange.Context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }

        using var socket = await sockets.AcceptWebSocketAsync(protocol);
        using var session = new Session(socket, protocol, exchange);
        try
        {
            await session.RunAsync(arguments => runtime()?.StartExec(pod.Uid, container, arguments, exchange.Flag("tty")), container);
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or OperationCanceledException)
        {
            // The client has disconnected. The session has ended its command.
        }
    }

    /// <summary>One command, and the socket for its streams.</summary>
    private sealed class Session(WebSocket socket, string protocol, Exchange exchange) : IDisposable
    {
        private const byte Input = 0;
        private const byte Output = 1;
        private const byte Errors = 2;
        private const byte Result = 3;
        private const byte Close = 255;

        // The longest wait for the end of output that a left-over process holds open, and for the client to close.
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

        private readonly SemaphoreSlim _sending = new(1, 1);

        public void Dispose() => _sending.Dispose();

        public async Task RunAsync(Func<IReadOnlyList<string>, ContainerExec?> start, string container)
        {
            var (input, output, errors) = (exchange.Flag("stdin"), exchange.Flag("stdout"), exchange.Flag("stderr"));
            await SendAsync(output || errors || input ? Output : Result, ReadOnlyMemory<byte>.Empty);
            string[] arguments = [.. exchange.Context.Request.Query["command"].Select(static word => word ?? "")];
            ContainerExec? exec;
            try
            {
                if (!(input || output || errors))
                {
                    throw Refusal("unable to upgrade connection: you must specify at least 1 of stdin, stdout, stderr");
                }

                exec =
                    arguments.Length > 0
                        ? start(arguments)
                        : throw NotStarted("OCI runtime exec failed: exec failed: args must not be empty: unknown");
                exec = exec ?? throw Refusal($"unable to upgrade connection: container not found ({FieldError.Quote(container)})");
            }
            catch (ContainerStartException error)
            {
                await EndAsync(NotStarted(error.InExec).Status, Task.CompletedTask);
                return;
            }
            catch (ApiException error)
            {
                await EndAsync(error.Status, Task.CompletedTask);
                return;
            }

            using (exec)
            {
                if (!input)
                {
                    await exec.Input.DisposeAsync();
                }

                var receiving = ReceiveAsync(exec.Input);
                var pumps = Task.WhenAll(PumpAsync(exec.Output, Output, output), PumpAsync(exec.Errors, Errors, errors));
                var ending = exec.WaitAsync();
                if (await Task.WhenAny(ending, receiving) == receiving)
                {
                    // The client has closed: it still gets the output that was sent before.
                    await CloseAsync();
                    return;
                }

                await Task.WhenAny(pumps, Task.Delay(Patience, exchange.Aborted));
                await EndAsync(Outcome(await ending, arguments), receiving);
            }
        }

        private JsonObject Outcome(int exitCode, string[] arguments)
        {
            if (exitCode == 0)
            {
                return new JsonObject { ["metadata"] = new JsonObject(), ["status"] = "Success" };
            }

            var code = exitCode.ToString(CultureInfo.InvariantCulture);
            return new JsonObject
            {
                ["metadata"] = new JsonObject(),
                ["status"] = "Failure",
                ["message"] =
                    "command terminated with non-zero exit code: "
                    + (
                        protocol == WithClosing
                            ? $"command terminated with exit code {code}"
                            : $"error executing command [{string.Join(' ', arguments)}], exit code {code}"
                    ),
                ["reason"] = "NonZeroExitCode",
                ["details"] = new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ExitCode", ["message"] = code }) },
            };
        }

        private static ApiException NotStarted(string problem) =>
            Refusal(
                "Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "
                    + $"\"{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32))}\": {problem}"
            );

        // Statuses on this channel have neither kind nor apiVersion.
        private static ApiException Refusal(string message)
        {
            var refusal = ApiException.Failure(
                500,
                "InternalError",
                "Internal error occurred: " + message,
                new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["message"] = message }) }
            );
            refusal.Status.Remove("kind");
            refusal.Status.Remove("apiVersion");
            return refusal;
        }

        private async Task PumpAsync(Stream stream, byte channel, bool wanted)
        {
            var buffer = new byte[16 * 1024];
            while (await stream.ReadAsync(buffer, exchange.Aborted) is > 0 and var count)
            {
                if (wanted)
                {
                    await SendAsync(channel, buffer.AsMemory(0, count));
                }
            }
        }

        /// <summary>Handles the client's messages until it closes. Changes of the terminal's size have no effect.</summary>
        private async Task ReceiveAsync(Stream input)
        {
            var buffer = new byte[32 * 1024];
            byte? channel = null;
            while (true)
            {
                var received = await socket.ReceiveAsync(buffer.AsMemory(), exchange.Aborted);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                var content = buffer.AsMemory(0, received.Count);
                if (channel is null && content.Length > 0)
                {
                    channel = content.Span[0];
                    content = content[1..];
                }

                await TakeAsync(channel, content, input);
                channel = received.EndOfMessage ? null : channel;
            }
        }

        private static async Task TakeAsync(byte? channel, ReadOnlyMemory<byte> content, Stream input)
        {
            try
            {
                if (channel == Input)
                {
                    await input.WriteAsync(content);
                    await input.FlushAsync();
                }
                else if (channel == Close && content.Length > 0 && content.Span[0] == Input)
                {
                    await input.DisposeAsync();
                }
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                // The command has stopped reading.
            }
        }

        private async Task SendAsync(byte channel, ReadOnlyMemory<byte> content)
        {
            await _sending.WaitAsync(exchange.Aborted);
            try
            {
                await socket.SendAsync(
                    (byte[])[channel, .. content.Span],
                    WebSocketMessageType.Binary,
                    endOfMessage: true,
                    exchange.Aborted
                );
            }
            finally
            {
                _sending.Release();
            }
        }

        private async Task EndAsync(JsonObject status, Task receiving)
        {
            await SendAsync(Result, Exchange.Serialize(status));
            await CloseAsync();
            await Task.WhenAny(receiving, Task.Delay(Patience, exchange.Aborted));
        }

        private async Task CloseAsync()
        {
            await _sending.WaitAsync(exchange.Aborted);
            try
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", exchange.Aborted);
            }
            finally
            {
                _sending.Release();
            }
        }
    }
}
