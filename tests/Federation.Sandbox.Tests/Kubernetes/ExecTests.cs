using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Federation.Sandbox.Kubernetes;

namespace Federation.Sandbox.Tests.Kubernetes;

/// <summary>Commands in containers: each recorded exchange is had again, with containers that really run.</summary>
public sealed partial class ExecTests
{
    private static readonly Dictionary<string, string> NotCovered = new(StringComparer.Ordinal)
    {
        ["tty: stderr joins stdout, CRLF"] = "the recorded container has no stty; terminals are tested on their own",
    };

    private static IEnumerable<Recording> Recorded =>
        Recording
            .Load("11-exec")
            .Where(static recording => recording.Request["kubectl"] is null && !NotCovered.ContainsKey(recording.Name));

    public static TheoryData<string> Sockets =>
        [.. Recorded.Where(static recording => StatusOf(recording) == 101).Select(static recording => recording.Name)];

    [Theory]
    [MemberData(nameof(Sockets))]
    public async Task The_channels_carry_what_was_recorded(string name)
    {
        await using var cluster = await StartAsync();
        var recording = Recorded.Single(recording => recording.Name == name);
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(recording.Request["headers"].Text("Sec-WebSocket-Protocol"));
        socket.Options.SetRequestHeader("Authorization", "Bearer " + TestCluster.AdminToken);
        await socket.ConnectAsync(
            new Uri(cluster.Address.Replace("http:", "ws:", StringComparison.Ordinal) + PathOf(recording)[1..]),
            TestContext.Current.CancellationToken
        );

        var frames = recording.Response["frames"]!.AsArray().OfType<JsonObject>().ToList();
        var receiving = ReceiveAsync(socket);
        foreach (var frame in frames.Where(static frame => frame.Text("dir") == "client"))
        {
            if (frame.Number("opcode") == 8)
            {
                // What the command had to say first has to be there before.
                await SeeOutputAsync(receiving.Seen, Joined(frames, 1));
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", TestContext.Current.CancellationToken);
            }
            else
            {
                await socket.SendAsync(
                    (byte[])[(byte)frame.Number("channel")!, .. Encoding.UTF8.GetBytes(frame.Text("data"))],
                    WebSocketMessageType.Binary,
                    endOfMessage: true,
                    TestContext.Current.CancellationToken
                );
            }
        }

        var received = await receiving.Done;
        Assert.Equal(
            frames.Where(static frame => frame.Text("dir") == "server").Select(static frame => frame.Number("channel")).First(),
            received[0].Channel
        );
        Assert.Empty(received[0].Data);
        Assert.Equal(Normal(Joined(frames, 1)), Normal(Joined(received, 1)));
        Assert.Equal(Normal(Joined(frames, 2)), Normal(Joined(received, 2)));
        Assert.Equal(Normal(Joined(frames, 3)), Normal(Joined(received, 3)));
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    [Fact]
    public async Task What_is_refused_before_the_upgrade_is_refused_as_recorded()
    {
        await using var cluster = await StartAsync();
        foreach (var recording in Recorded.Where(static recording => StatusOf(recording) != 101))
        {
            using var request = new HttpRequestMessage(new HttpMethod(recording.Request.Text("method")), PathOf(recording));
            request.Headers.Authorization = new("Bearer", TestCluster.AdminToken);
            foreach (var (header, value) in recording.Request["headers"]?.AsObject() ?? [])
            {
                request.Headers.TryAddWithoutValidation(header, value!.ToString());
            }

            using var response = await cluster.Http.SendAsync(request, TestContext.Current.CancellationToken);

            Assert.True(StatusOf(recording) == (int)response.StatusCode, $"{recording.Name}: {response.StatusCode}");
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            var expected =
                recording.Response["body"] is JsonValue body && body.TryGetValue<string>(out var raw)
                    ? raw.TrimEnd()
                    : recording.Response["body"]?.ToJsonString() ?? "";
            Assert.True(
                expected.Length == 0 ? text.Length == 0 : JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(text)),
                $"{recording.Name}: {text}"
            );
        }
    }

    [Fact]
    public async Task A_terminal_is_one_to_the_command()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/script"), "script of util-linux is not installed.");
        await using var cluster = await StartAsync();
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("v5.channel.k8s.io");
        socket.Options.SetRequestHeader("Authorization", "Bearer " + TestCluster.AdminToken);
        var address =
            cluster.Address.Replace("http:", "ws:", StringComparison.Ordinal)
            + "api/v1/namespaces/live2/pods/two/exec?container=a&stdin=true&stdout=true&tty=true&command=sh&command=-c&command="
            + Uri.EscapeDataString("test -t 0 && test -t 1 && echo terminal; exit 3");
        await socket.ConnectAsync(new Uri(address), TestContext.Current.CancellationToken);

        var received = await ReceiveAsync(socket).Done;

        Assert.Equal("terminal\r\n", Joined(received, 1));
        Assert.Contains("\"ExitCode\",\"message\":\"3\"", Joined(received, 3), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_ends_when_its_connection_is_closed()
    {
        await using var cluster = await StartAsync();
        var mark = Path.Combine(Path.GetTempPath(), "exec-" + Guid.NewGuid().ToString("N"));
        using (var socket = new ClientWebSocket())
        {
            socket.Options.AddSubProtocol("v5.channel.k8s.io");
            socket.Options.SetRequestHeader("Authorization", "Bearer " + TestCluster.AdminToken);
            var address =
                cluster.Address.Replace("http:", "ws:", StringComparison.Ordinal)
                + "api/v1/namespaces/live2/pods/two/exec?container=a&stdout=true&command=sh&command=-c&command="
                + Uri.EscapeDataString($"echo $$ > {mark}; echo up; sleep 60");
            await socket.ConnectAsync(new Uri(address), TestContext.Current.CancellationToken);
            await SeeOutputAsync(ReceiveAsync(socket).Seen, "up\n");
            socket.Abort();
        }

        var process = int.Parse(await File.ReadAllTextAsync(mark, TestContext.Current.CancellationToken));
        File.Delete(mark);
        for (var left = 200; left > 0 && Path.Exists($"/proc/{process}/fd/0"); left--)
        {
            await Task.Delay(25, TestContext.Current.CancellationToken);
        }

        Assert.False(Path.Exists($"/proc/{process}/fd/0"), "the command still runs");
    }

    private static async Task<TestCluster> StartAsync()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Pods need a POSIX shell.");
        var cluster = (await TestCluster.StartAsync()).WithNode();
        await cluster.PostAsync("/api/v1/namespaces", """{"metadata":{"name":"live2"}}""");
        await CreateAsync(
            "two",
            """{"initContainers":[{"name":"i","image":"registry.test/busybox:1","command":["true"]}],"containers":["""
                + """{"name":"a","image":"registry.test/busybox:1","command":["sleep","600"]},"""
                + """{"name":"b","image":"registry.test/busybox:1","command":["sleep","600"]}]}"""
        );
        await CreateAsync(
            "logs",
            """{"restartPolicy":"Never","containers":[{"name":"main","image":"registry.test/busybox:1","command":["true"]}]}"""
        );
        await CreateAsync(
            "creating",
            """{"containers":[{"name":"main","image":"registry.test/busybox:1"}],"volumes":[{"name":"v","configMap":{"name":"absent"}}]}"""
        );
        await CreateAsync("unsched", """{"nodeSelector":{"no":"such"},"containers":[{"name":"main","image":"registry.test/busybox:1"}]}""");
        await cluster.SeeAsync(
            "/api/v1/namespaces/live2/pods/two",
            static pod =>
                pod["status"]
                    .Items("conditions")
                    .Any(static condition => condition.Text("type") == "Ready" && condition.Text("status") == "True")
        );
        await cluster.SeeAsync("/api/v1/namespaces/live2/pods/logs", static pod => pod["status"].Text("phase") == "Succeeded");
        await cluster.SeeAsync("/api/v1/namespaces/live2/pods/creating", static pod => pod["spec"].Text("nodeName").Length > 0);
        return cluster;

        async Task CreateAsync(string name, string spec)
        {
            var answer = await cluster.SendAsync(
                HttpMethod.Post,
                "/api/v1/namespaces/live2/pods",
                new JsonObject
                {
                    ["metadata"] = new JsonObject { ["name"] = name },
                    ["spec"] = JsonNode.Parse(spec),
                }
            );
            Assert.True(answer.Status == System.Net.HttpStatusCode.Created, answer.Text);
        }
    }

    private static int StatusOf(Recording recording) => (int)(recording.Response.Number("status") ?? 0);

    private static string PathOf(Recording recording)
    {
        var query = recording.Request["query"]!
            .AsObject()
            .SelectMany(static pair =>
                (pair.Value as JsonArray ?? [pair.Value!.DeepClone()]).Select(value =>
                    $"{pair.Key}={Uri.EscapeDataString(value!.ToString())}"
                )
            );
        return $"{recording.Request.Text("path")}?{string.Join('&', query)}";
    }

    private static (List<(long Channel, string Data)> Seen, Task<List<(long Channel, string Data)>> Done) ReceiveAsync(
        ClientWebSocket socket
    )
    {
        var seen = new List<(long Channel, string Data)>();
        return (seen, RunAsync());

        async Task<List<(long Channel, string Data)>> RunAsync()
        {
            var buffer = new byte[256 * 1024];
            while (true)
            {
                var received = await socket.ReceiveAsync(buffer.AsMemory(), TestContext.Current.CancellationToken);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    return seen;
                }

                lock (seen)
                {
                    seen.Add((buffer[0], Encoding.UTF8.GetString(buffer.AsSpan(1, received.Count - 1))));
                }
            }
        }
    }

    private static async Task SeeOutputAsync(List<(long Channel, string Data)> seen, string output)
    {
        for (var left = 400; left > 0; left--)
        {
            lock (seen)
            {
                if (Joined(seen, 1) == output)
                {
                    return;
                }
            }

            await Task.Delay(25, TestContext.Current.CancellationToken);
        }

        Assert.Fail($"no output {output}");
    }

    private static string Joined(IEnumerable<JsonObject> frames, long channel) =>
        string.Concat(
            frames
                .Where(frame => frame.Text("dir") == "server" && frame.Number("channel") == channel)
                .Select(static frame => Whole(frame.Text("data")))
        );

    private static string Joined(IEnumerable<(long Channel, string Data)> frames, long channel) =>
        string.Concat(frames.Where(frame => frame.Channel == channel).Select(static frame => frame.Data));

    // Long output was recorded by its length alone.
    private static string Whole(string data) =>
        Lengths().Match(data) is { Success: true } length ? new string('x', int.Parse(length.Groups["n"].Value)) : data;

    private static string Normal(string text) => Identities().Replace(text, "ID");

    [GeneratedRegex(@"^\((?<n>\d+) bytes\)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Lengths();

    [GeneratedRegex("[0-9a-f]{64}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Identities();
}
