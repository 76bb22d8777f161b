using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Federation.Sandbox.Kubernetes;
using Federation.Sandbox.Kubernetes.Resources;

namespace Federation.Sandbox.Tests.Kubernetes;

/// <summary>For any input, the server stays up, answers with a Status, and stores nothing.</summary>
public sealed class AbuseTests
{
    private static readonly string[] Paths =
    [
        "/api/v1/namespaces/default/serviceaccounts",
        "/api/v1/namespaces/default/pods",
        "/api/v1/namespaces/default/configmaps",
        "/apis/apps/v1/namespaces/default/deployments",
        "/apis/batch/v1/namespaces/default/jobs",
        "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        "/api/v1/namespaces",
    ];

    private static readonly (HttpMethod Method, string Type, string Name)[] Writes =
    [
        (HttpMethod.Post, "application/json", ""),
        (HttpMethod.Post, "application/yaml", ""),
        (HttpMethod.Post, "application/vnd.kubernetes.protobuf", ""),
        (HttpMethod.Put, "application/json", "/x"),
        (HttpMethod.Patch, "application/json-patch+json", "/x"),
        (HttpMethod.Patch, "application/merge-patch+json", "/x"),
        (HttpMethod.Patch, "application/strategic-merge-patch+json", "/x"),
        (HttpMethod.Patch, "application/apply-patch+yaml", "/x?fieldManager=fuzz&force=true"),
        (HttpMethod.Delete, "application/json", "/x"),
    ];

    [Fact]
    public async Task A_thousand_watches_that_are_dropped_leave_nothing_behind()
    {
        await using var cluster = await TestCluster.StartAsync();
        var before = cluster.Server.WatchersOf(ResourceTable.ConfigMaps);
        var open = new List<HttpResponseMessage>();
        for (var count = 0; count < 1000; count++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/configmaps?watch=true");
            request.Headers.Authorization = new("Bearer", TestCluster.AdminToken);
            open.Add(
                await cluster.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken)
            );
        }

        Assert.Equal(before + 1000, cluster.Server.WatchersOf(ResourceTable.ConfigMaps));
        open.ForEach(static response => response.Dispose());

        await UntilAsync(() => cluster.Server.WatchersOf(ResourceTable.ConfigMaps) == before);
    }

    [Fact]
    public async Task A_watch_that_is_not_read_is_ended_rather_than_kept()
    {
        await using var cluster = await TestCluster.StartAsync(static options => options with { WatchWindow = 16 });
        using var client = new TcpClient();
        client.ReceiveBufferSize = 1024;
        await client.ConnectAsync(IPAddress.Loopback, new Uri(cluster.Address).Port, TestContext.Current.CancellationToken);
        await client
            .GetStream()
            .WriteAsync(
                Encoding.ASCII.GetBytes(
                    $"GET /api/v1/configmaps?watch=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TestCluster.AdminToken}\r\n\r\n"
                ),
                TestContext.Current.CancellationToken
            );
        await UntilAsync(() => cluster.Server.WatchersOf(ResourceTable.ConfigMaps) == 1);

        var large = new string('x', 200_000);
        for (var count = 0; count < 400 && cluster.Server.WatchersOf(ResourceTable.ConfigMaps) > 0; count++)
        {
            await cluster.PostAsync(
                "/api/v1/namespaces/default/configmaps",
                $$$"""{"metadata":{"name":"c{{{count}}}"},"data":{"a":"{{{large}}}"}}"""
            );
        }

        Assert.Equal(0, cluster.Server.WatchersOf(ResourceTable.ConfigMaps));
    }

    [Theory]
    [InlineData("nonsense\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nno colon\r\n\r\n")]
    [InlineData("GET /%zz\0 HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData(
        "POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\nContent-Type: "
            + "application/json\r\nContent-Length: -5\r\n\r\n{}"
    )]
    [InlineData(
        "POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\nContent-Type: "
            + "application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"
    )]
    public async Task Input_that_is_not_HTTP_is_answered_400_and_disturbs_no_other_client(string request)
    {
        await using var cluster = await TestCluster.StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(cluster.Address).Port, TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(client.GetStream());

        Assert.StartsWith("HTTP/1.1 400", await reader.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await cluster.GetAsync("/readyz")).Status);
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_refused_with_a_Status()
    {
        await using var cluster = await TestCluster.StartAsync();
        var answer = await cluster.SendAsync(
            HttpMethod.Post,
            "/api/v1/namespaces/default/configmaps",
            JsonValue.Create(new string(' ', (3 * 1024 * 1024) + 1))
        );

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "RequestEntityTooLarge"), (answer.Status, answer.Json.Text("reason")));
    }

    [Fact]
    public async Task Whatever_is_written_is_stored_or_refused_with_a_Status()
    {
        await using var cluster = await TestCluster.StartAsync();
        string[] seeds = [.. Bodies()];
        var generator = Gen.Select(Gen.OneOf(Paths), Gen.Int[0, Writes.Length - 1], Gen.OneOf(seeds), Gen.Int[0, int.MaxValue]);
        await generator.SampleAsync(
            async (path, write, seed, random) =>
            {
                var (method, type, name) = Writes[write];
                using var request = new HttpRequestMessage(method, path + name);
                request.Headers.Authorization = new("Bearer", TestCluster.AdminToken);
                request.Content = new ByteArrayContent(Mutated(seed, type, new Random(random)));
                request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
                using var response = await cluster.Http.SendAsync(request, TestContext.Current.CancellationToken);
                var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

                var body = JsonNode.Parse(text);
                Assert.True(
                    (int)response.StatusCode < 500
                        || body.Text("message").StartsWith("failed to create typed patch object", StringComparison.Ordinal),
                    $"{method} {path} {type}: {text}\n{seed}"
                );
                Assert.True(response.IsSuccessStatusCode || body.Text("kind") == "Status", text);
            },
            iter: 6_000
        );

        Assert.Equal(HttpStatusCode.OK, (await cluster.GetAsync("/readyz")).Status);
    }

    [Fact]
    public async Task Applying_twice_changes_nothing_and_keeps_the_fields_of_other_managers()
    {
        await using var cluster = await TestCluster.StartAsync();
        await Gen.Select(Gen.OneOf("a", "b", "c").Array[1, 3], Gen.OneOf("x", "y").Array[3], Gen.OneOf("d", "e", "f").Array[1, 3])
            .SampleAsync(
                async (mine, values, theirs) =>
                {
                    var name = "c" + Guid.NewGuid().ToString("N");
                    var path = "/api/v1/namespaces/default/configmaps/" + name;
                    string Body(IEnumerable<string> keys) =>
                        new JsonObject
                        {
                            ["apiVersion"] = "v1",
                            ["kind"] = "ConfigMap",
                            ["metadata"] = new JsonObject { ["name"] = name },
                            ["data"] = new JsonObject(
                                keys.Distinct().Select((key, index) => KeyValuePair.Create(key, (JsonNode?)JsonValue.Create(values[index])))
                            ),
                        }.ToJsonString();

                    var first = await cluster.ApplyAsync(path, "one", Body(mine));
                    var again = await cluster.ApplyAsync(path, "one", Body(mine));
                    Assert.Equal(first.Json!.ResourceVersion, again.Json!.ResourceVersion);

                    var both = await cluster.ApplyAsync(path, "two", Body(theirs));
                    Assert.Equal(Owned(first, "one"), Owned(both, "one"));
                    Assert.Equal(mine.Union(theirs).Order(StringComparer.Ordinal), Keys(both));

                    // Who applies nothing any more loses what was only theirs, and the rest stays.
                    Assert.Equal(mine.Distinct().Order(StringComparer.Ordinal), Keys(await cluster.ApplyAsync(path, "two", Body([]))));
                },
                iter: 300
            );

        static string Owned(Answer answer, string manager) =>
            answer.Json!["metadata"].Items("managedFields").Single(entry => entry.Text("manager") == manager)["fieldsV1"]!.ToJsonString();

        static IEnumerable<string> Keys(Answer answer) =>
            answer.Json!["data"]!.AsObject().Select(static pair => pair.Key).Order(StringComparer.Ordinal);
    }

    private static IEnumerable<string> Bodies()
    {
        yield return """{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"x","labels":{"a":"b"},"managedFields":["""
            + """{"manager":"m","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":"""
            + """{"f:labels":{"f:a":{}}}}}]},"secrets":[{"name":"s"}]}""";
        yield return """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","finalizers":["a/b"],"ownerReferences":["""
            + """{"apiVersion":"v1","kind":"Pod","name":"n","uid":"u","controller":true}]},"spec":{"containers":["""
            + """{"name":"c","image":"i","env":[{"name":"A","value":"b"}],"ports":[{"containerPort":80}]}],"volumes":["""
            + """{"name":"v","projected":{"sources":[{"serviceAccountToken":{"path":"t"}}]}}]}}""";
        yield return """{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"x"},"spec":{"replicas":0,"selector":"""
            + """{"matchLabels":{"a":"b"},"matchExpressions":[{"key":"a","operator":"In","values":["b"]}]},"strategy":"""
            + """{"rollingUpdate":{"maxSurge":"25%"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":["""
            + """{"name":"c","image":"i"}]}}}}""";
        yield return """{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"x"},"spec":{"suspend":true,"template":{"spec":"""
            + """{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}""";
        yield return """{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"x"},"roleRef":"""
            + """{"kind":"Role","name":"r","apiGroup":"rbac.authorization.k8s.io"},"subjects":["""
            + """{"kind":"ServiceAccount","name":"a","namespace":"b"}]}""";
        yield return """{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{"resourceAttributes":"""
            + """{"verb":"get","resource":"pods"}}}""";
        yield return """[{"op":"add","path":"/metadata/labels","value":{"a":"b"}},{"op":"replace","path":"/spec","value":null},"""
            + """{"op":"copy","from":"/metadata","path":"/data"},{"op":"test","path":"/kind","value":"x"}]""";
        yield return """{"metadata":{"$patch":"replace","labels":{"a":null},"$retainKeys":["name"]},"spec":{"containers":["""
            + """{"$patch":"delete","name":"c"}],"$setElementOrder/containers":[{"name":"c"}]}}""";
        yield return """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"b"},"binaryData":{"c":"AA=="}"""
            + ""","immutable":true}""";
    }

    // Nearly valid bodies find more than noise: a few values are swapped, removed or get another type.
    private static byte[] Mutated(string seed, string type, Random random)
    {
        var root = JsonNode.Parse(seed)!;
        for (var changes = random.Next(3); changes > 0; changes--)
        {
            var nodes = Inner(root).ToList();
            if (nodes.Count == 0)
            {
                break;
            }

            var node = nodes[random.Next(nodes.Count)];
            JsonNode? other = random.Next(7) switch
            {
                0 => null,
                1 => JsonValue.Create(random.Next(-2, 3)),
                2 => JsonValue.Create(""),
                3 => new JsonArray(),
                4 => new JsonObject
                {
                    [""] = "x",
                    ["f:"] = new JsonArray(1),
                    ["$patch"] = "merge",
                },
                5 => JsonValue.Create(1e300),
                _ => nodes[random.Next(nodes.Count)].DeepClone(),
            };
            node.ReplaceWith(other);
        }

        var text = root.ToJsonString();
        var bytes = Encoding.UTF8.GetBytes(text);
        if (
            type == "application/vnd.kubernetes.protobuf"
            && root is JsonObject value
            && ResourceTable.FindKind(value.Text("apiVersion"), value.Text("kind")) is { } kind
        )
        {
            try
            {
                bytes = ProtobufWriting.Object(value.Text("apiVersion"), value.Text("kind"), value, kind.Schema);
            }
            catch (Exception exception)
                when (exception is InvalidOperationException or InvalidCastException or FormatException or NullReferenceException)
            {
                // What does not fit the type cannot be written in this form.
            }
        }

        for (var flips = random.Next(4) == 0 ? random.Next(4) : 0; flips > 0 && bytes.Length > 0; flips--)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return bytes;
    }

    private static IEnumerable<JsonNode> Inner(JsonNode? node) =>
        node switch
        {
            JsonObject map => map.Select(static pair => pair.Value)
                .OfType<JsonNode>()
                .SelectMany(static child => Inner(child).Prepend(child)),
            JsonArray list => list.OfType<JsonNode>().SelectMany(static child => Inner(child).Prepend(child)),
            _ => [],
        };

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var left = 400; left > 0 && !holds(); left--)
        {
            await Task.Delay(25, TestContext.Current.CancellationToken);
        }

        Assert.True(holds());
    }
}
